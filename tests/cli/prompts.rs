//! A keyring that asks its user: for its password when it is locked, or for each item.

use std::process::{Command, Output, Stdio};

use nix::pty::openpty;

use crate::support::home::Home;
use crate::support::prompting_keyring::{Asking, PromptingKeyring};
use crate::support::session::Session;

/// Starts a keyring and a home with one connection, made before the user is asked.
fn connected(asking: Asking) -> (PromptingKeyring, Home) {
    let home = Home::in_session(Session::without_keyring());
    let keyring = PromptingKeyring::start(&home.session, asking);
    home.connect(&["zendesk"]);
    (keyring, home)
}

/// Runs a command whose messages go to a terminal, at which a user can be asked.
fn run_at_terminal(home: &Home, arguments: &[&str]) -> Output {
    let pair = openpty(None, None).expect("a pseudoterminal");
    let mut command: Command = home.command(arguments);
    command.stdin(Stdio::null()).stderr(Stdio::from(pair.slave));
    command.output().expect("started")
}

#[test]
fn a_locked_keyring_is_unlocked_by_its_own_prompt() {
    let (keyring, home) = connected(Asking::WhenLocked);
    keyring.lock();
    home.run(&["token", "Zendesk", "--json"]).error(11, "keychain_locked");
    assert_eq!(keyring.prompts(), 0, "a script shows no prompt");
    keyring.set_allows(false);
    home.run(&["unlock", "--json"]).error(11, "keychain_locked");
    keyring.set_allows(true);
    home.run(&["unlock"]).ok();
    assert_eq!(keyring.prompts(), 2);
    home.run(&["unlock"]).ok();
    assert_eq!(keyring.prompts(), 2, "an unlocked keyring is not asked");
    home.run(&["token", "Zendesk"]).ok();
}

#[test]
fn a_lost_index_stays_as_it_is_while_the_keyring_is_locked() {
    let (keyring, home) = connected(Asking::WhenLocked);
    keyring.lock();
    home.delete_index();
    home.run(&["doctor", "--json"]).error(11, "keychain_locked");
    home.run(&["list", "--json"]).error(1, "index_damaged");
    home.run(&["unlock"]).ok();
    home.run(&["doctor"]).ok();
    assert_eq!(home.list().len(), 1);
}

#[test]
fn a_script_is_refused_at_once_what_the_keyring_asks_for() {
    let (keyring, home) = connected(Asking::ForEachItem);
    let outcome = home.run(&["token", "Zendesk", "--json"]);
    outcome.error(11, "keychain_denied");
    assert!(!outcome.stderr.contains("locked"), "{}", outcome.stderr);
    assert_eq!(keyring.prompts(), 0, "no prompt is shown");
}

#[test]
fn a_user_at_a_terminal_allows_or_denies_each_item() {
    let (keyring, home) = connected(Asking::ForEachItem);
    let allowed = run_at_terminal(&home, &["token", "Zendesk"]);
    assert!(allowed.status.success(), "{allowed:?}");
    assert_eq!(keyring.prompts(), 1);
    keyring.set_allows(false);
    let denied = run_at_terminal(&home, &["token", "Zendesk"]);
    assert_eq!(denied.status.code(), Some(11));
    assert!(denied.stdout.is_empty());
    assert_eq!(keyring.prompts(), 2);
    let denied = run_at_terminal(&home, &["token", "Zendesk", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&denied.stdout).expect("one document");
    assert_eq!(document["error"]["code"], "keychain_denied");
}
