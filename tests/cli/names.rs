//! Names: unique, ambiguous, changed, removed.

use crate::support::home::Home;
use crate::support::rounds;
use crate::support::user;

#[test]
fn an_existing_name_in_any_case_is_refused_before_a_browser_opens() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Support EU"]);
    let outcome =
        home.run(&["connect", "zendesk", "--workspace", "practice", "--name", " support  eu ", "--json"]);
    assert_eq!(outcome.error(2, "name_taken")["name"], "support eu");
    assert!(home.opened_addresses().is_empty());
    home.assert_consistent(1);
}

#[test]
fn a_connection_without_a_name_gets_the_numbered_name_of_its_product() {
    let home = Home::new();
    for expected in ["Zendesk", "Zendesk 2", "Zendesk 3"] {
        assert_eq!(home.connect(&["zendesk"]).stdout.trim_end(), expected);
    }
    home.assert_consistent(3);
}

#[test]
fn concurrent_sign_ins_get_different_names() {
    for _ in 0..rounds() {
        let home = Home::new();
        let mut running: Vec<_> = (0..2).map(|_| home.practise(&["zendesk"], &[])).collect();
        let callbacks: Vec<_> = running.iter_mut().map(|one| user::allow(&one.line("open: "))).collect();
        let tabs: Vec<_> = callbacks.iter().map(user::open_tab).collect();
        let mut names: Vec<_> =
            running.into_iter().map(|one| one.wait().ok().stdout.trim_end().to_owned()).collect();
        names.sort();
        assert_eq!(names, ["Zendesk", "Zendesk 2"]);
        for tab in tabs {
            assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
        }
        home.assert_consistent(2);
        // The item has the numbered name too.
        let mut kept: Vec<_> = home
            .session
            .items()
            .iter()
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect();
        kept.sort();
        assert_eq!(kept, names);
    }
}

#[test]
fn an_ambiguous_name_lists_its_candidates() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Support"]);
    let copied = "INSERT INTO connection (id, workspace, element, name, folded, created_at)
                  SELECT 'second', 'local', element, name, folded, created_at FROM connection";
    home.index().execute(copied, []).expect("a second row");
    let error = home.run(&["token", "support", "--json"]).error(4, "name_ambiguous");
    let candidates = error["candidates"].as_array().expect("candidates");
    assert_eq!(candidates.len(), 2);
    assert!(
        candidates.iter().any(|one| one.as_str().is_some_and(|text| text.starts_with("second ("))),
        "{error}"
    );
    let plain = home.run(&["token", "support"]);
    assert_eq!((plain.code(), plain.stdout.as_str()), (Some(4), ""));
    home.run(&["token", "support", "--workspace", "practice"]).ok();
    assert_eq!(home.json(&["show", "second"])["workspace"], "local", "an id is never ambiguous");
}

#[test]
fn a_renamed_connection_has_its_new_name_in_the_index_and_the_keyring() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Old"]);
    home.connect(&["zendesk", "--name", "Other"]);
    assert_eq!(home.json(&["rename", "old", " New  name "])["name"], "New name");
    home.run(&["token", "Old", "--json"]).error(3, "connection_unknown");
    home.run(&["token", "new name"]).ok();
    assert!(home.session.items().iter().any(|item| item["name"] == "New name"));
    home.run(&["rename", "New name", "OTHER", "--json"]).error(2, "name_taken");
    home.run(&["rename", "New name", "  ", "--json"]).error(2, "form_invalid");
    home.run(&["rename", "New name", "NEW NAME"]).ok();
    home.assert_consistent(2);
}

#[test]
fn a_connection_is_not_renamed_while_the_keyring_is_locked() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Old"]);
    home.session.lock();
    home.run(&["rename", "Old", "New", "--json"]).error(11, "keychain_locked");
    home.run(&["remove", "Old", "--json"]).error(11, "keychain_locked");
    home.session.unlock();
    assert_eq!(home.list()[0]["name"], "Old");
    home.assert_consistent(1);
}

#[test]
fn a_removed_connection_leaves_no_row_and_no_item_and_its_name_is_free() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Support"]);
    let id = home.list()[0]["id"].clone();
    assert_eq!(home.json(&["remove", "support"])["removed"], id);
    home.assert_consistent(0);
    assert_eq!(
        home.count("SELECT count(*) FROM practice_grant WHERE revoked = 0"),
        0,
        "the grant is revoked"
    );
    home.connect(&["zendesk", "--name", "Support"]);
    assert_ne!(home.list()[0]["id"], id, "ids are not reused");
}
