//! A disk on which nothing can be written: what only reads works, and what must write says so.

use std::process::Command;

use crate::support::home::Home;
use crate::support::keyrack::{Outcome, Running};

/// Runs the program where no file can grow, as on a full disk.
fn run_on_full_disk(home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_keyrack")]);
    command.args(arguments).env_clear().envs(home.environment());
    Running::start(command).wait()
}

#[test]
fn what_only_reads_works_on_a_full_disk() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    let token = home.run(&["token", "Zendesk"]).ok().stdout;
    assert_eq!(run_on_full_disk(&home, &["token", "Zendesk"]).ok().stdout, token);
    assert!(run_on_full_disk(&home, &["list"]).ok().stdout.starts_with("Zendesk "));
    assert!(run_on_full_disk(&home, &["show", "Zendesk"]).ok().stdout.contains("status      ok"));
    run_on_full_disk(&home, &["rename", "Zendesk", "Other", "--json"]).error(1, "index_unwritable");
    assert_eq!(home.list()[0]["name"], "Zendesk", "nothing has changed");
}

#[test]
fn a_full_disk_reads_what_a_killed_program_left_in_the_log_of_the_index() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    // An open connection to the index keeps the last changes in its write-ahead log.
    let index = home.index();
    index.execute("UPDATE connection SET name = 'Renamed', folded = 'renamed'", []).expect("renamed");
    let copy = Home::new();
    let (from, to) = (home.path().join("data"), copy.path().join("data"));
    std::fs::create_dir_all(&to).expect("a folder");
    for file in ["index.sqlite3", "index.sqlite3-wal", "home-id"] {
        std::fs::copy(from.join(file), to.join(file)).expect("copied");
    }
    for folder in ["config", "state", "run"] {
        std::fs::create_dir_all(copy.path().join(folder)).expect("a folder");
    }
    assert!(run_on_full_disk(&copy, &["list"]).ok().stdout.starts_with("Renamed "));
}
