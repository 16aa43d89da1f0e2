//! Tests of the command line program with the keychain of Windows or macOS: the real program and real sockets. Those with
//! the keyring of Linux are in tests/cli.

#![cfg(any(windows, target_os = "macos"))]

#[path = "../support/elements.rs"]
#[allow(dead_code)]
mod elements;
#[path = "../support/http.rs"]
mod http;
#[path = "../support/keyrack.rs"]
#[allow(dead_code)]
mod keyrack;
#[path = "../support/scripted.rs"]
#[allow(dead_code)]
mod scripted;
#[path = "../support/user.rs"]
mod user;

mod home;

use std::time::Duration;

use http::get;
use scripted::{Response, Scripted};
use serde_json::json;

use home::{Home, SECRET, UTF16_SECRET, items_of};

/// Everything that is waited for should happen within a second or two; test machines are small and shared.
const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn a_practice_account_is_connected_renewed_and_removed() {
    let home = Home::new();
    let connected = home.practise("Jörgs Zendesk");
    assert_eq!(connected.stdout.trim_end(), "Jörgs Zendesk");
    let token = || home.run(&["token", "Jörgs Zendesk"]).ok().stdout;
    let before = token();
    assert_eq!(before, token(), "a token that lives on is not renewed");
    home.run(&["renew", "jörgs zendesk"]).ok();
    assert_ne!(before, token());
    let list = home.run(&["list", "--json"]).ok().json();
    assert_eq!((&list[0]["name"], &list[0]["status"]), (&json!("Jörgs Zendesk"), &json!("ok")));
    home.run(&["doctor"]).ok();
    home.run(&["remove", "Jörgs Zendesk"]).ok();
    assert_eq!(home.run(&["list", "--json"]).ok().json(), json!([]));
    assert_eq!(items_of(list[0]["id"].as_str().expect("an id")), 0);
}

#[test]
fn variables_are_printed_for_each_shell() {
    let home = Home::new();
    home.practise("Zendesk");
    let token = home.run(&["token", "Zendesk"]).ok().stdout;
    let token = token.trim_end();
    for (format, wanted) in [
        ("env", format!("export KEYRACK_TOKEN='{token}'")),
        ("powershell", format!("$env:KEYRACK_TOKEN = '{token}'")),
    ] {
        let printed = home.run(&["token", "Zendesk", "--format", format]).ok().stdout;
        assert_eq!(printed.lines().next(), Some(wanted.as_str()));
    }
}

#[test]
fn each_failure_has_its_exit_status() {
    let home = Home::new();
    home.practise("Zendesk");
    let missing = home.folder().join("missing").display().to_string();
    let secret = format!("oauth.api.secret=file:{missing}");
    let practice = ["connect", "zendesk", "--workspace", "practice"];
    for (arguments, wanted) in [
        (vec!["--version"], 0),
        (vec!["token", "Zendesk", "--format", "other"], 2),
        (vec!["connect", "acme-that-is-unknown"], 3),
        (vec!["token", "Anvils"], 3),
        ([&practice[..], &["--name", "zendesk", "--no-browser"]].concat(), 2),
        ([&practice[..], &["--secret", &secret, "--no-browser"]].concat(), 2),
        ([&practice[..], &["--no-browser", "--timeout", "1"]].concat(), 16),
    ] {
        let outcome = home.run(&arguments);
        assert_eq!(outcome.code(), Some(wanted), "{arguments:?}: {}", outcome.stderr);
    }
    let mut denied = home.start(&[&practice[..], &["--no-browser"]].concat());
    let tab = user::open_tab(&user::deny(&denied.line("open: ")));
    assert_eq!(denied.wait().code(), Some(14));
    tab.join().expect("a tab").expect("a page");
}

#[test]
fn an_interrupted_sign_in_is_cancelled() {
    let home = Home::new();
    let mut running = home.start(&["connect", "zendesk", "--workspace", "practice", "--no-browser"]);
    running.line("open: ");
    running.interrupt();
    let outcome = running.wait();
    assert_eq!(outcome.code(), Some(17), "{}", outcome.stderr);
    assert_eq!(home.run(&["list", "--json"]).ok().json(), json!([]));
}

#[test]
fn a_server_that_is_interrupted_at_once_ends_cleanly() {
    let home = Home::new();
    for round in 0..6 {
        let (mut child, first) = home.serve();
        assert!(first.starts_with("base_url: http://127.0.0.1:"), "{first}");
        child.interrupt();
        let outcome = child.wait();
        assert_eq!(outcome.code(), Some(0), "round {round}: {}", outcome.stderr);
    }
}

#[test]
fn one_of_eight_programs_renews() {
    let home = Home::new();
    let server = Scripted::start();
    home.connect(&server, SECRET);
    // The token of the sign-in has expired; the next one lives.
    server.set_life(600);
    let before = server.token_requests().len();
    let running: Vec<_> = (0..8).map(|_| home.start(&["token", "Anvils", "--min-ttl", "60"])).collect();
    let tokens: Vec<_> = running.into_iter().map(|running| running.wait().ok().stdout).collect();
    assert_eq!(server.token_requests().len(), before + 1);
    let wanted = format!("access-{}", before + 1);
    assert!(tokens.iter().all(|token| token.trim_end() == wanted), "{tokens:?}");
}

#[test]
fn a_long_token_is_kept_whole_and_all_of_it_is_removed() {
    let home = Home::new();
    let server = Scripted::start();
    let long: String = ('a'..='z').cycle().take(16 * 1024).collect();
    let body = json!({ "access_token": long, "token_type": "Bearer", "expires_in": 3600 });
    server.enqueue(Response::json("200 OK", &body.to_string()));
    home.connect(&server, SECRET);
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout.trim_end(), long);
    let id = home.run(&["show", "Anvils", "--json"]).ok().json()["id"].as_str().expect("an id").to_owned();
    let items = items_of(&id);
    // Windows: the head and its parts. macOS: one item, for which it asks once.
    assert!(if cfg!(windows) { items > 7 } else { items == 1 }, "{items} items");
    home.run(&["doctor"]).ok();
    home.run(&["remove", "Anvils"]).ok();
    assert_eq!(items_of(&id), 0);
}

#[test]
fn secrets_that_other_programs_wrote_are_read() {
    let home = Home::new();
    let server = Scripted::start();
    for secret in [SECRET, UTF16_SECRET] {
        home.connect(&server, secret);
        let form = server.token_requests().pop().expect("a request");
        assert!(
            form.contains("client_secret=s3cr%C3%A9t&") || form.ends_with("client_secret=s3cr%C3%A9t"),
            "{form}"
        );
        home.run(&["remove", "Anvils"]).ok();
    }
}

#[test]
fn a_browser_whose_path_has_a_space_is_opened() {
    let home = Home::new();
    let (browser, opened) = home.browser();
    // This program is the browser: it runs the test below, and takes the address for the name of another one.
    let command = format!("\"{browser}\" --ignored --exact record_the_address");
    let arguments = ["connect", "zendesk", "--workspace", "practice", "--browser", &command];
    let mut running = home.start_with(&arguments, ("KEYRACK_TEST_OPENED", &opened));
    running.line("Finish in the browser");
    let address = std::fs::read_to_string(&opened).expect("opened");
    let tab = user::open_tab(&user::allow(&address));
    running.wait().ok();
    tab.join().expect("a tab").expect("a page");

    let missing = format!("{browser} that is missing");
    let arguments = [&arguments[..5], &[&missing, "--timeout", "1"]].concat();
    let outcome = home.run(&arguments);
    assert!(outcome.stderr.contains(&missing), "{}", outcome.stderr);
}

#[test]
#[ignore = "this is the browser of another test"]
fn record_the_address() {
    let file = std::env::var("KEYRACK_TEST_OPENED").expect("started by that test");
    std::fs::write(file, std::env::args().next_back().expect("an address")).expect("written");
}

/// Allows at a provider without a page: it redirects to the callback.
fn allow_at_once(address: &str) -> url::Url {
    let answer = get(&address.parse().expect("an address")).expect("a response");
    answer.header("location").expect("a location").parse().expect("an address")
}
