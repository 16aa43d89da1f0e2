//! What printing a fresh token does not do, watched from outside by `strace`: it asks nobody on the network and reads
//! no element file.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::home::{Home, wait_until};
use crate::support::servers::{self, Server, oidc_element, write_element};

/// What one run opened: its calls of the kernel that make sockets or open files.
fn watched(home: &Home, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("calls");
    let outcome = Command::new("strace")
        .args(["-f", "-qq", "-s", "4096", "-e", "trace=network,open,openat,openat2", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_keyrack"))
        .args(arguments)
        .env_clear()
        .envs(home.environment())
        .output()
        .expect("strace is installed");
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    assert!(!outcome.stdout.is_empty(), "a token was printed");
    fs::read_to_string(log).expect("strace wrote what it saw")
}

fn asks_the_network(calls: &str) -> bool {
    calls.contains("AF_INET")
}

fn reads_an_element(calls: &str) -> bool {
    calls.contains("element.toml") || calls.contains("config/elements")
}

#[test]
fn a_fresh_token_is_printed_without_the_network_and_without_the_catalogue() {
    let home = Home::new();
    let server = Server::oidc_with_client(json!({ "life": 2 }));
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));

    // First the other case, so that it is known what would be seen.
    server.set_life(600);
    let calls = watched(&home, &["token", "Anvils"]);
    assert!(asks_the_network(&calls), "a renewal asks the provider");
    assert!(reads_an_element(&calls), "and needs to know where that is");

    for arguments in [
        &["token", "Anvils"][..],
        &["token", "Anvils", "--json"],
        &["token", "Anvils", "--format", "header"],
        &["token", "Anvils", "--min-ttl", "60"],
    ] {
        let calls = watched(&home, arguments);
        assert!(!asks_the_network(&calls), "{arguments:?}:\n{calls}");
        assert!(!reads_an_element(&calls), "{arguments:?}:\n{calls}");
    }

    // Nor does it need them: the provider is gone, and the catalogue with it.
    drop(server);
    fs::remove_dir_all(home.path().join("config/elements")).expect("removed");
    home.run(&["token", "Anvils"]).ok();
}
