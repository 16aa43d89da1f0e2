//! System calls of printing a fresh token, recorded by `strace`: it uses no network and reads no element file.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::elements::oidc_element;
use crate::support::home::{Home, wait_until};
use crate::support::servers::{self, Server, write_element};

/// The system calls of a run that create sockets or open files.
fn trace(home: &Home, arguments: &[&str]) -> String {
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
    fs::read_to_string(log).expect("a trace")
}

fn uses_network(calls: &str) -> bool {
    calls.contains("AF_INET")
}

fn reads_an_element(calls: &str) -> bool {
    calls.contains("element.toml") || calls.contains("config/elements")
}

#[test]
fn a_fresh_token_is_printed_without_the_network_and_the_catalogue() {
    let home = Home::new();
    let server = Server::oidc_with_client(json!({ "life": 2 }));
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));

    // A renewal does both, which shows that the trace would contain them.
    server.set_life(600);
    let calls = trace(&home, &["token", "Anvils"]);
    assert!(uses_network(&calls), "a renewal sends a request");
    assert!(reads_an_element(&calls), "to the endpoint in the element file");

    for arguments in [
        &["token", "Anvils"][..],
        &["token", "Anvils", "--json"],
        &["token", "Anvils", "--format", "header"],
        &["token", "Anvils", "--min-ttl", "60"],
    ] {
        let calls = trace(&home, arguments);
        assert!(!uses_network(&calls), "{arguments:?}:\n{calls}");
        assert!(!reads_an_element(&calls), "{arguments:?}:\n{calls}");
    }

    // It works without the provider and the catalogue.
    drop(server);
    fs::remove_dir_all(home.path().join("config/elements")).expect("removed");
    home.run(&["token", "Anvils"]).ok();
}
