//! Standard output that cannot be written: a script must not go on with half a result.

use std::process::{Command, Stdio};

use crate::support::home::Home;
use crate::support::keyrack::Running;
use crate::support::session::Session;
use crate::support::user;

/// Every command that prints a result, with a connection called Zendesk.
const COMMANDS: [&[&str]; 25] = [
    &["token", "Zendesk"],
    &["token", "Zendesk", "--format", "header"],
    &["token", "Zendesk", "--format", "env"],
    &["token", "Zendesk", "--format", "json"],
    &["token", "Zendesk", "--json"],
    &["list"],
    &["list", "--json"],
    &["show", "Zendesk"],
    &["test", "Zendesk"],
    &["test", "--all", "--json"],
    &["renew", "Zendesk", "--json"],
    &["tag", "Zendesk"],
    &["note", "Zendesk"],
    &["rename", "Zendesk", "Zendesk", "--json"],
    &["disable", "Zendesk", "--json"],
    &["enable", "Zendesk", "--json"],
    &["elements", "list"],
    &["elements", "show", "zendesk"],
    &["workspaces", "list"],
    &["trust", "list", "--json"],
    &["doctor"],
    &["version"],
    &["completions", "bash"],
    &["--help"],
    &["token", "--help"],
];

fn connected() -> Home {
    let home = Home::new();
    home.connect(&["zendesk", "--tag", "eu"]);
    home.run(&["note", "Zendesk", "ours"]).ok();
    home
}

fn start_into_full(home: &Home, arguments: &[&str]) -> Running {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" > /dev/full", env!("CARGO_BIN_EXE_keyrack")]);
    command.args(arguments).env_clear().envs(home.environment());
    Running::start(command)
}

const FAILED: &str = "keyrack: The result could not be written to standard output: no storage space.\n";

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let home = connected();
    for arguments in COMMANDS {
        let outcome = start_into_full(&home, arguments).wait();
        assert_eq!(outcome.code(), Some(1), "{arguments:?} {}", outcome.stderr);
        assert!(outcome.stderr.ends_with(FAILED), "{arguments:?} {}", outcome.stderr);
    }
    // A failure that standard output should have described keeps its status.
    for (arguments, status) in [(&["show", "nothing", "--json"][..], 3), (&["token", "--json"], 2)] {
        let outcome = start_into_full(&home, arguments).wait();
        assert_eq!((outcome.code(), outcome.stderr.as_str()), (Some(status), FAILED), "{arguments:?}");
    }
    // Without its address nothing calls the server.
    let serve = ["serve", "--workspace", "practice", "--listen", "127.0.0.1:0"];
    let outcome = start_into_full(&home, &serve).wait();
    assert_eq!((outcome.code(), outcome.stderr.as_str()), (Some(1), FAILED));
}

#[test]
fn a_sign_in_whose_result_cannot_be_written_is_kept() {
    let home = Home::new();
    let mut running =
        start_into_full(&home, &["connect", "zendesk", "--workspace", "practice", "--no-browser"]);
    let tab = user::open_tab(&user::allow(&running.line("open: ")));
    let outcome = running.wait();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with(FAILED), "{}", outcome.stderr);
    tab.join().expect("a tab").expect("a page");
    home.assert_consistent(1);
}

#[test]
fn a_completion_script_keeps_its_lines() {
    let home = Home::in_session(Session::without_keyring());
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&["completions", shell]).ok().stdout;
        assert!(script.lines().filter(|line| line.contains("doctor")).count() > 1, "{shell}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let home = connected();
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = home.command(arguments);
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = command.spawn().expect("started").wait_with_output().expect("ended");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("could not"), "{arguments:?} {stderr}");
    }
}
