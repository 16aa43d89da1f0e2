//! The callback: which requests are accepted, and the addresses it needs.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use url::Url;

use crate::support::attackers::{Attackers, median_time};
use crate::support::home::Home;
use crate::support::http;
use crate::support::keyrack::Running;
use crate::support::rounds;
use crate::support::user;

/// The callback address with a parameter replaced or removed.
pub(super) fn with(callback: &Url, name: &str, value: Option<&str>) -> Url {
    let others = callback.query_pairs().into_owned().filter(|(known, _)| known != name);
    let pairs: Vec<_> = others.chain(value.map(|value| (name.to_owned(), value.to_owned()))).collect();
    let mut changed = callback.clone();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    changed
}

/// An answer with the `state` of a callback, byte for byte.
fn ill_formed(callback: &Url, query: &str) -> std::io::Result<http::Answer> {
    let (_, state) = callback.query_pairs().find(|(name, _)| name == "state").expect("a state");
    let target = format!("{}?{query}&state={state}", callback.path());
    http::send(callback, &format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", http::authority(callback)))
}

#[test]
fn an_ill_formed_answer_with_our_state_ends_the_sign_in() {
    let home = Home::new();
    for (query, exit, code) in [
        ("error=access_denied&error_description=introducci%u00f3n", 14, "access_denied"),
        ("error=user_denied&error_description=<a b\u{1}>", 14, "access_denied"),
        ("code=c&code=d", 15, "provider_bad_response"),
        ("code=c&state=forged", 15, "provider_bad_response"),
    ] {
        let mut running = home.practise(&["zendesk", "--json"], &[]);
        let callback = user::allow(&running.line("open: "));
        let page = ill_formed(&callback, query).expect("a page");
        assert!(page.body.contains("was not connected"), "{}", page.body);
        running.wait().error(exit, code);
    }
    home.assert_consistent(0);
}

#[test]
fn an_answer_without_state_is_reported_once_and_the_sign_in_goes_on() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk", "--json"], &[]);
    let callback = user::allow(&running.line("open: "));
    for _ in 0..2 {
        assert_eq!(http::get(&with(&callback, "state", None)).expect("an answer").status, 404);
    }
    running.line("Something came back that does not belong to this sign-in.");
    assert!(http::get(&callback).expect("a page").body.contains("is connected"));
    let outcome = running.wait().ok();
    assert_eq!(outcome.stderr.matches("Something came back").count(), 1, "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("Something came back"));
    home.assert_consistent(1);
}

#[test]
fn idle_dripping_and_reopening_connections_do_not_delay_the_callback() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk"], &[]);
    let callback = user::allow(&running.line("open: "));
    let attackers = Attackers::without_requests(&http::authority(&callback), 512);
    let delay = median_time(|| {
        assert_eq!(http::get(&with(&callback, "state", None)).expect("an answer").status, 404);
    });
    assert!(delay < Duration::from_secs(1), "{delay:?}");
    assert!(http::get(&callback).expect("a page").body.contains("is connected"));
    drop(attackers);
    running.wait().ok();
}

#[test]
fn requests_that_are_not_the_callback_get_404_and_do_not_end_the_sign_in() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk"], &[]);
    let callback = user::allow(&running.line("open: "));
    for other in [
        with(&callback, "state", Some("forged")),
        with(&callback, "state", None),
        with(&callback, "state", Some("")),
        callback.join("/favicon.ico").expect("an address"),
        callback.join("/").expect("an address"),
        callback.join("/callback/desk").expect("an address"),
        callback.join("/.well-known/appspecific").expect("an address"),
    ] {
        assert_eq!(http::get(&other).expect("an answer").status, 404, "{}", other.path());
    }
    let (target, host) = (http::target(&callback), http::authority(&callback));
    for (what, text) in [
        ("HEAD", format!("HEAD {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")),
        ("prefetch", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nSec-Purpose: prefetch\r\n\r\n")),
        (
            "a script",
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://evil.example\r\n\r\n"),
        ),
        ("another name", format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n")),
        ("another method", format!("DELETE {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")),
    ] {
        assert_eq!(http::send(&callback, &text).expect("an answer").status, 404, "{what}");
    }
    drop(http::connect(&callback).expect("a connection that is closed at once"));
    let _ = http::send(&callback, "\x16\x03\x01 not HTTP at all\r\n\r\n");
    let silent = http::connect(&callback).expect("a connection that stays silent");
    let page = http::get(&callback).expect("a page");
    assert!(page.body.contains("Zendesk is connected"), "{}", page.body);
    assert_eq!(running.wait().ok().stdout, "Zendesk\n");
    drop(silent);
    assert_eq!(home.count("SELECT count(*) FROM practice_credential WHERE kind = 'access'"), 1);
    home.assert_consistent(1);
}

#[test]
fn an_oauth_1_callback_is_bound_to_its_request_token() {
    let home = Home::new();
    let mut running = home.practise(&["desk"], &[]);
    let callback = user::allow(&running.line("open: "));
    for other in [with(&callback, "oauth_token", Some("forged")), with(&callback, "oauth_token", None)] {
        assert_eq!(http::get(&other).expect("an answer").status, 404);
    }
    assert!(http::get(&callback).expect("a page").body.contains("Desk.com is connected"));
    running.wait().ok();
    home.assert_consistent(1);
}

#[test]
fn the_same_callback_twice_gets_the_same_page_and_makes_one_exchange() {
    for _ in 0..rounds() {
        let home = Home::new();
        let gate = home.gate();
        let mut running = home.practise(&["zendesk"], &gate.variables("callback_parsed"));
        let callback = user::allow(&running.line("open: "));
        let first = user::open_tab(&callback);
        running.line("fault: callback_parsed");
        // Connected before the program continues, so that the request arrives during the exchange.
        let mut second = http::connect(&callback).expect("a connection");
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\n\r\n",
            http::target(&callback),
            http::authority(&callback)
        );
        std::io::Write::write_all(&mut second, request.as_bytes()).expect("sent");
        gate.open();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut second, &mut answer).expect("read");
        running.wait().ok();
        let first = first.join().expect("a tab").expect("a page");
        assert!(first.body.contains("Zendesk is connected"));
        assert_eq!(answer.split_once("\r\n\r\n").map(|(_, body)| body), Some(first.body.as_str()));
        assert_eq!(
            home.count("SELECT count(*) FROM practice_credential WHERE kind = 'access'"),
            1,
            "one exchange"
        );
        assert_eq!(home.count("SELECT count(*) FROM practice_grant WHERE revoked <> 0"), 0, "no replay");
        home.assert_consistent(1);
    }
}

#[test]
fn the_callback_address_is_closed_after_the_sign_in() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk"], &[]);
    let callback = user::allow(&running.line("open: "));
    let port = callback.port().expect("a port");
    let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(listens(), "during the sign-in");
    let tab = user::open_tab(&callback);
    running.wait().ok();
    assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
    assert!(!listens(), "after it");
}

#[test]
fn a_denial_by_the_user_saves_nothing() {
    let home = Home::new();
    for key in ["zendesk", "desk", "sfdc"] {
        let mut running = home.practise(&[key, "--json"], &[]);
        let callback = user::deny(&running.line("open: "));
        let page = http::get(&callback).expect("a page");
        assert!(
            page.body.contains("was not connected") && page.body.contains("Access was declined"),
            "{}",
            page.body
        );
        running.wait().error(14, "access_denied");
    }
    home.assert_consistent(0);
}

#[test]
fn a_sign_in_without_a_callback_ends_at_the_timeout() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk", "--timeout", "1", "--json"], &[]);
    let callback = user::allow(&running.line("open: "));
    running.wait().error(16, "callback_timeout");
    assert!(http::get(&callback).is_err(), "the port is closed");
    home.assert_consistent(0);
}

#[test]
fn control_c_cancels_a_sign_in_and_saves_nothing() {
    let home = Home::new();
    let mut running = home.practise(&["zendesk", "--json"], &[]);
    let callback = user::allow(&running.line("open: "));
    running.interrupt();
    running.wait().error(17, "cancelled");
    assert!(http::get(&callback).is_err(), "the port is closed");
    home.assert_consistent(0);
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("bound").port()
}

fn at(port: u16) -> String {
    format!("oauth.callback.url=http://localhost:{port}/callback/zendesk")
}

#[test]
fn a_port_in_use_is_named_and_a_free_one_is_offered() {
    let home = Home::new();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(holder) = TcpListener::bind(address) else { continue };
        let port = port_of(&holder);
        let outcome =
            home.run(&["connect", "zendesk", "--workspace", "practice", "--set", &at(port), "--json"]);
        let error = outcome.error(2, "port_in_use");
        assert_eq!(error["port"], port);
        let free = u16::try_from(error["free_port"].as_u64().expect("a free port")).expect("a port");
        assert_ne!(free, port);
        let plain = home.run(&["connect", "zendesk", "--workspace", "practice", "--set", &at(port)]);
        assert!(plain.stderr.contains(&port.to_string()), "{}", plain.stderr);
    }
    assert!(home.opened_addresses().is_empty());
    home.assert_consistent(0);
}

#[test]
fn an_address_in_use_by_another_sign_in_is_busy_and_the_first_one_continues() {
    let home = Home::new();
    // A port that is free now.
    let port = port_of(&TcpListener::bind("127.0.0.1:0").expect("a port"));
    let mut first = home.practise(&["zendesk", "--set", &at(port)], &[]);
    let address = first.line("open: ");
    let second = home.run(&["connect", "zendesk", "--workspace", "practice", "--set", &at(port), "--json"]);
    assert_eq!(second.error(13, "callback_busy")["port"], port);
    assert!(home.opened_addresses().is_empty());
    let callback = user::allow(&address);
    assert_eq!((callback.host_str(), callback.port()), (Some("localhost"), Some(port)));
    assert!(http::get(&callback).expect("a page").body.contains("is connected"));
    first.wait().ok();
    home.assert_consistent(1);
}

#[test]
fn without_a_browser_the_address_is_printed_and_the_sign_in_continues() {
    let home = Home::new();
    let mut command: Command = home.command(&["connect", "zendesk", "--workspace", "practice"]);
    // Neither this browser nor the system's opener works.
    command.env("BROWSER", "/bin/false").env("PATH", "/nonexistent");
    let mut running = Running::start(command);
    running.line("No browser opened.");
    let callback = user::allow(&running.line("open: "));
    assert!(http::get(&callback).expect("a page").body.contains("is connected"));
    running.wait().ok();
    home.assert_consistent(1);
}

#[test]
fn a_browser_whose_path_has_a_space_is_opened_or_named() {
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a folder");
    let browser = folder.path().join("My Browser.AppImage");
    let opened = folder.path().join("opened");
    let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\n", opened.display());
    fs::write(&browser, script).expect("written");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).expect("executable");
    let browser = browser.to_str().expect("a plain path");
    let connect = ["connect", "zendesk", "--workspace", "practice", "--timeout", "1"];
    let quoted = format!("'{browser}' --new");
    for named in [browser, &quoted] {
        let outcome = home.run(&[&connect[..], &["--browser", named]].concat());
        assert!(outcome.stderr.contains("Finish in the browser"), "{}", outcome.stderr);
    }
    for listed in [browser, &quoted] {
        let outcome = home.start_with(&connect, &[("BROWSER", listed)]).wait();
        assert!(outcome.stderr.contains("Finish in the browser"), "{}", outcome.stderr);
    }
    let lines = fs::read_to_string(&opened).expect("opened");
    assert_eq!(lines.lines().filter(|line| line.starts_with("http://")).count(), 2, "{lines}");
    assert_eq!(lines.lines().filter(|line| line.starts_with("--new http://")).count(), 2, "{lines}");
    for (failing, why) in [("/nonexistent/b\u{1b} -x", "/nonexistent/b -x: not found"), ("'x", "'x: a quote")]
    {
        let outcome = home.run(&[&connect[..], &["--browser", failing]].concat());
        assert!(outcome.stderr.contains(&format!("No browser opened. {why}")), "{}", outcome.stderr);
    }
}

#[test]
fn the_named_browser_is_used() {
    let home = Home::new();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let named = format!("tee {}", file.path().display());
    let arguments = ["connect", "zendesk", "--workspace", "practice", "--timeout", "1", "--browser", &named];
    assert_eq!(home.run(&arguments).code(), Some(16));
    assert!(home.opened_addresses().is_empty(), "not the default browser");
}

const ELSEWHERE: &str = "https://www.mycoolapp.com/auth";

#[test]
fn the_callback_of_another_host_is_pasted_and_wrong_texts_are_refused() {
    let home = Home::new();
    let elsewhere = format!("oauth.callback.url={ELSEWHERE}");
    let mut running = home.practise(&["zendesk", "--paste", "--set", &elsewhere], &[]);
    let callback = user::allow(&running.line("open: "));
    assert!(callback.as_str().starts_with(ELSEWHERE));
    for (wrong, answer) in [
        ("what is this".to_owned(), "This is not the address"),
        (callback.as_str().replace("/auth", "/other"), "This is not the address"),
        (ELSEWHERE.to_owned(), "This is not the address"),
        (with(&callback, "state", Some("forged")).into(), "The pasted address belongs to another sign-in"),
    ] {
        running.type_line(&wrong);
        running.line(answer);
    }
    running.type_line(callback.as_str());
    let outcome = running.wait().ok();
    assert_eq!(outcome.stdout, "Zendesk\n");
    home.assert_consistent(1);
}

#[test]
fn pasting_works_while_the_callback_address_is_open() {
    let home = Home::new();
    let mut running = home.practise(&["desk", "--paste"], &[]);
    let callback = user::allow(&running.line("open: "));
    running.type_line(callback.as_str());
    running.wait().ok();
    home.assert_consistent(1);
}

#[test]
fn an_https_callback_on_this_computer_is_pasted() {
    let home = Home::new();
    let callback = "oauth.callback.url=https://localhost:14999/callback/zendesk";
    let mut running = home.practise(&["zendesk", "--set", callback, "--paste"], &[]);
    let answer = user::allow(&running.line("open: "));
    running.type_line(answer.as_str());
    running.wait().ok();
    home.assert_consistent(1);
}
