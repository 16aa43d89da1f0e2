//! A keyring that is locked, missing, or locked before the token is saved; and an index that cannot be written.

use crate::support::home::Home;
use crate::support::http;
use crate::support::session::{KeyringItem, Session};
use crate::support::user;

#[test]
fn a_locked_keyring_is_reported_before_a_browser_opens() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    home.session.lock();
    home.run(&["connect", "desk", "--workspace", "practice", "--json"]).error(11, "keychain_locked");
    home.run(&["token", "Zendesk", "--json"]).error(11, "keychain_locked");
    let doctor = home.run(&["doctor"]);
    assert_eq!(doctor.code(), Some(11));
    assert!(doctor.stdout.contains("is locked"), "{}", doctor.stdout);
    assert_eq!(home.list().len(), 1, "the list needs no keyring");
    assert!(home.opened_addresses().is_empty());
    home.session.unlock();
    home.run(&["token", "Zendesk"]).ok();
    home.assert_consistent(1);
}

/// A sign-in at the real product, for errors before the browser opens.
const LOCAL: [&str; 9] = [
    "connect",
    "zendesk",
    "--set",
    "zendesk.subdomain=acme",
    "--set",
    "oauth.api.key=client",
    "--secret",
    "oauth.api.secret=env:APP_SECRET",
    "--json",
];

#[test]
fn the_keyring_and_the_index_are_probed_before_a_browser_opens() {
    let home = Home::new();
    home.run(&["list"]).ok();
    home.session.lock();
    let connect = || home.start_with(&LOCAL, &[("APP_SECRET", "hidden")]).wait();
    connect().error(11, "keychain_locked");
    home.session.unlock();
    let index = home.index();
    index.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    connect().error(1, "index_unwritable");
    index.execute_batch("ROLLBACK").expect("unlocked");
    assert!(home.opened_addresses().is_empty());
    home.assert_consistent(0);
}

#[test]
fn without_a_keyring_nothing_is_connected() {
    let home = Home::in_session(Session::without_keyring());
    home.run(&["connect", "zendesk", "--workspace", "practice", "--json"]).error(11, "keychain_missing");
    assert_eq!(home.run(&["doctor"]).code(), Some(11));
    assert!(home.opened_addresses().is_empty());
    assert!(home.list().is_empty());
    assert_eq!(home.count("SELECT count(*) FROM attempt"), 0);
}

/// A sign-in during which the keyring is locked after the token was issued and before it is saved.
fn lock_before_saving(home: &Home, arguments: &[&str]) -> crate::support::keyrack::Running {
    let gate = home.gate();
    let mut running = home.practise(arguments, &gate.variables("instance_created"));
    let callback = user::allow(&running.line("open: "));
    let tab = user::open_tab(&callback);
    running.line("fault: instance_created");
    home.session.lock();
    gate.open();
    running.line("The keychain is locked.");
    let page = tab.join().expect("a tab").expect("a page");
    assert!(page.body.contains("is not saved yet"), "{}", page.body);
    running
}

#[test]
fn a_token_waits_in_memory_until_the_keyring_is_unlocked() {
    let home = Home::new();
    let running = lock_before_saving(&home, &["zendesk"]);
    assert!(home.list().is_empty());
    home.session.unlock();
    assert_eq!(running.wait().ok().stdout, "Zendesk\n");
    home.assert_consistent(1);
    assert_eq!(
        home.run(&["token", "Zendesk"]).ok().stdout.trim_end(),
        home.session.items()[0]["access_token"]
    );
}

#[test]
fn a_token_that_cannot_be_saved_in_time_is_revoked() {
    let home = Home::new();
    let running = lock_before_saving(&home, &["zendesk", "--timeout", "2", "--json"]);
    let outcome = running.wait();
    outcome.error(11, "keychain_locked");
    assert!(outcome.stderr.contains("given back to the provider"), "{}", outcome.stderr);
    assert_eq!(
        home.count("SELECT count(*) FROM practice_grant WHERE revoked = 0"),
        0,
        "the grant is revoked"
    );
    home.session.unlock();
    // A write that was in progress may have succeeded, which is only known after unlocking.
    home.run(&["doctor"]).ok();
    home.assert_consistent(0);
}

#[test]
fn a_signal_while_the_token_waits_revokes_it() {
    for signal in ["-INT", "-TERM", "-HUP", "-QUIT"] {
        let home = Home::new();
        let running = lock_before_saving(&home, &["zendesk"]);
        running.signal(signal);
        assert_eq!(running.wait().code(), Some(11), "{signal}");
        assert_eq!(home.count("SELECT count(*) FROM practice_grant WHERE revoked = 0"), 0, "{signal}");
        home.session.unlock();
        // A write that was in progress may have succeeded, which is only known after unlocking.
        home.run(&["doctor"]).ok();
        home.assert_consistent(0);
    }
}

#[test]
fn a_saved_token_that_is_missing_in_the_index_is_listed_later() {
    let home = Home::new();
    let gate = home.gate();
    let mut running =
        home.practise(&["zendesk", "--name", "Support", "--json"], &gate.variables("vault_written"));
    let callback = user::allow(&running.line("open: "));
    let tab = user::open_tab(&callback);
    running.line("fault: vault_written");
    let index = home.index();
    index.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    gate.open();
    let outcome = running.wait();
    assert_eq!(outcome.error(1, "index_unwritable")["name"], "Support");
    let page = tab.join().expect("a tab").expect("a page");
    assert!(page.body.contains("is not in the list yet"), "{}", page.body);
    index.execute_batch("ROLLBACK").expect("unlocked");
    assert_eq!(home.session.items().len(), 1, "the token is saved");
    assert!(home.list().is_empty(), "listing repairs nothing");
    home.connect(&["desk"]);
    home.assert_consistent(2);
    assert_eq!(home.json(&["show", "Support"])["status"], "ok");
    home.run(&["token", "Support"]).ok();
    assert!(http::get(&callback).is_err());
}

#[test]
fn an_index_of_a_newer_version_is_refused_by_name() {
    let home = Home::new();
    home.run(&["list"]).ok();
    home.index().pragma_update(None, "user_version", 99).expect("set");
    let error = home.run(&["list", "--json"]).error(1, "index_newer");
    assert!(error["name"].as_str().is_some_and(|file| file.ends_with("index.sqlite3")), "{error}");
    home.run(&["connect", "zendesk", "--workspace", "practice", "--json"]).error(1, "index_newer");
    assert!(home.opened_addresses().is_empty());
}

#[test]
fn of_an_item_that_the_keyring_holds_twice_the_newest_counts() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    let item = |home: &Home| {
        let mut items = home.session.keyring();
        items.retain(|item| item.secret.contains("access_token"));
        items
    };
    let old = item(&home).remove(0);
    let newer =
        KeyringItem { secret: old.secret.replace("\"access_token\":\"", "\"access_token\":\"newer-"), ..old };
    home.session.copy_into_keyring(&newer);
    assert_eq!(item(&home).len(), 2, "the keyring holds it twice");
    assert!(home.run(&["token", "Zendesk"]).ok().stdout.starts_with("newer-"));
    // A write leaves one, a removal none.
    home.run(&["renew", "Zendesk"]).ok();
    let renewed = item(&home);
    assert_eq!(renewed.len(), 1);
    assert!(!renewed[0].secret.contains("newer-"));
    home.session.copy_into_keyring(&renewed[0]);
    home.run(&["remove", "Zendesk"]).ok();
    assert!(item(&home).is_empty(), "both are gone");
}
