//! SIGKILL at every point of a sign-in. Either a complete connection is left or none.

use crate::support::home::Home;
use crate::support::rounds;
use crate::support::user;

/// Starts a sign-in and kills it at this point.
fn kill_at(home: &Home, point: &str, answered: bool) {
    let mut running = home.practise(&["zendesk", "--name", "Support"], &[("KEYRACK_FAULT", point)]);
    let tab = answered.then(|| user::open_tab(&user::allow(&running.line("open: "))));
    running.line(&format!("fault: {point}"));
    running.kill();
    if let Some(tab) = tab {
        // Its connection broke, or it got its page before.
        let _ = tab.join().expect("a tab");
    }
}

#[test]
fn a_program_killed_before_the_token_is_saved_leaves_nothing() {
    for _ in 0..rounds() {
        for (point, answered) in [
            ("attempt_written", false),
            ("browser_opened", false),
            ("callback_parsed", true),
            ("instance_created", true),
        ] {
            let home = Home::new();
            kill_at(&home, point, answered);
            assert_eq!(home.count("SELECT count(*) FROM attempt"), 1, "{point}: the attempt is left open");
            home.run(&["doctor"]).ok();
            home.assert_consistent(0);
            home.connect(&["zendesk", "--name", "Support"]);
            home.assert_consistent(1);
        }
    }
}

#[test]
fn the_name_of_an_interrupted_sign_in_is_taken() {
    let home = Home::new();
    kill_at(&home, "vault_written", true);
    home.run(&["connect", "zendesk", "--workspace", "practice", "--name", "support", "--json"])
        .error(2, "name_taken");
    home.assert_consistent(1);
}

#[test]
fn a_program_killed_after_the_token_is_saved_leaves_a_connection() {
    for _ in 0..rounds() {
        for point in ["vault_written", "index_written", "page_shown"] {
            let home = Home::new();
            kill_at(&home, point, true);
            home.run(&["doctor"]).ok();
            home.assert_consistent(1);
            let token = home.run(&["token", "Support"]).ok().stdout;
            assert_eq!(token.trim_end(), home.session.items()[0]["access_token"], "{point}");
        }
    }
}

#[test]
fn a_program_killed_during_a_sign_in_again_leaves_the_old_sign_in_or_the_new_one() {
    for _ in 0..rounds() {
        for (point, is_new) in [
            ("callback_parsed", false),
            ("instance_created", false),
            ("set_aside", true),
            ("vault_written", true),
            ("index_written", true),
        ] {
            let home = Home::new();
            home.connect(&["zendesk", "--name", "Support"]);
            let before = home.session.items()[0]["access_token"].clone();
            let mut again =
                home.start_with(&["reconnect", "Support", "--no-browser"], &[("KEYRACK_FAULT", point)]);
            let tab = user::open_tab(&user::allow(&again.line("open: ")));
            again.line(&format!("fault: {point}"));
            again.kill();
            let _ = tab.join().expect("a tab");
            home.run(&["doctor"]).ok();
            home.assert_consistent(1);
            let kept = home.session.items()[0]["access_token"].clone();
            assert_eq!(kept != before, is_new, "{point}");
            home.run(&["test", "Support"]).ok();
        }
    }
}

#[test]
fn the_next_sign_in_finishes_an_interrupted_one() {
    let home = Home::new();
    kill_at(&home, "vault_written", true);
    let taken = home.run(&[
        "connect",
        "zendesk",
        "--workspace",
        "practice",
        "--name",
        "Other",
        "--timeout",
        "0",
        "--json",
    ]);
    taken.error(16, "callback_timeout");
    home.assert_consistent(1);
}

#[test]
fn concurrent_repairs_do_not_conflict() {
    for _ in 0..rounds() {
        let home = Home::new();
        let mut early =
            home.practise(&["zendesk", "--name", "Early"], &[("KEYRACK_FAULT", "attempt_written")]);
        early.line("fault: attempt_written");
        let mut late = home.practise(&["zendesk", "--name", "Late"], &[("KEYRACK_FAULT", "vault_written")]);
        let tab = user::open_tab(&user::allow(&late.line("open: ")));
        late.line("fault: vault_written");
        early.kill();
        late.kill();
        let _ = tab.join().expect("a tab");
        assert_eq!(home.count("SELECT count(*) FROM attempt"), 2);
        let doctors: Vec<_> = (0..4).map(|_| home.start(&["doctor"])).collect();
        for doctor in doctors {
            doctor.wait().ok();
        }
        home.assert_consistent(1);
        assert_eq!(home.list()[0]["identity"], "maria@practice.example", "the identity was queried again");
    }
}

#[test]
fn a_sign_in_in_progress_is_not_repaired() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk"], &[]);
    let address = running.line("open: ");
    home.run(&["doctor"]).ok();
    assert_eq!(home.count("SELECT count(*) FROM attempt"), 1);
    let tab = user::open_tab(&user::allow(&address));
    running.wait().ok();
    assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
    home.assert_consistent(1);
}

#[test]
fn an_interrupted_removal_is_finished_and_its_name_is_free_at_once() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Support"]);
    let mut running = home.start_with(&["remove", "Support"], &[("KEYRACK_FAULT", "removal_begun")]);
    running.line("fault: removal_begun");
    running.kill();
    assert!(home.list().is_empty(), "a removal in progress is not listed");
    assert_eq!(home.session.items().len(), 1);
    home.run(&["token", "Support", "--json"]).error(3, "connection_unknown");
    home.connect(&["zendesk", "--name", "Support"]);
    home.run(&["doctor"]).ok();
    home.assert_consistent(1);
}
