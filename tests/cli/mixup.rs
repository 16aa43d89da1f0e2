//! Callbacks of another provider, of another sign-in, or from a web page. None is exchanged, and those that do not belong
//! to the sign-in do not end it. Two honest providers and an attacker.

use std::net::TcpListener;
use std::thread;

use serde_json::json;
use url::Url;

use crate::callback::with;
use crate::support::elements::{oidc_element, plain_element};
use crate::support::home::Home;
use crate::support::http;
use crate::support::keyrack::Running;
use crate::support::scripted::Scripted;
use crate::support::servers::{self, Server, write_element};
use crate::support::user;
use crate::support::visitor::{self, Visitor};

fn start_sign_in(home: &Home, key: &str) -> Running {
    servers::start_sign_in(home, &["connect", key, "--json"], &[])
}

fn parameter(address: &Url, name: &str) -> String {
    let found = address.query_pairs().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} in {address}")).1.into_owned()
}

/// Two providers with the elements `first` and `second`.
fn start_two(home: &Home) -> (Server, Server) {
    let servers = (Server::oidc_with_client(json!({})), Server::oidc_with_client(json!({})));
    write_element(home, "first", &oidc_element("first", &servers.0.url));
    write_element(home, "second", &oidc_element("second", &servers.1.url));
    servers
}

fn exchanges(server: &Server) -> u64 {
    server.token_calls("authorization_code")
}

#[test]
fn a_callback_with_a_missing_or_wrong_issuer_is_not_exchanged() {
    let home = Home::new();
    let (first, second) = start_two(&home);
    for (what, error) in [("another", false), ("none", false), ("another", true), ("none", true)] {
        let mut running = start_sign_in(&home, "first");
        let address = running.line("open: ");
        // RFC 9207 §2.4: on error responses too, which could otherwise be forged.
        let callback =
            if error { Visitor::new().deny(&address) } else { Visitor::new().allow(&address, "maria") };
        assert_eq!(parameter(&callback, "iss"), first.url);
        let value = (what == "another").then_some(second.url.as_str());
        let page = http::get(&with(&callback, "iss", value)).expect("a page");
        assert!(page.body.contains("was not connected"), "{what}: {}", page.body);
        running.wait().error(15, "issuer_mismatch");
    }
    assert_eq!((exchanges(&first), exchanges(&second)), (0, 0), "no code was sent anywhere");
    home.assert_consistent(0);
}

#[test]
fn a_callback_of_one_provider_is_not_accepted_for_another() {
    let home = Home::new();
    let (first, second) = start_two(&home);
    let mut one = start_sign_in(&home, "first");
    let mut other = start_sign_in(&home, "second");
    let to_first = Visitor::new().allow(&one.line("open: "), "maria");
    let to_second = Visitor::new().allow(&other.line("open: "), "maria");
    assert_ne!(to_first.path(), to_second.path(), "each provider has its own callback path");

    // The second callback at the first address, with its own path and with the first path.
    let port = to_first.port();
    let mut misled = to_second.clone();
    misled.set_port(port).expect("a port");
    assert_eq!(http::get(&misled).expect("an answer").status, 404);
    misled.set_path(to_first.path());
    assert_eq!(http::get(&misled).expect("an answer").status, 404);
    // The first callback with the second path.
    let mut misled = to_first.clone();
    misled.set_path(to_second.path());
    assert_eq!(http::get(&misled).expect("an answer").status, 404);
    assert_eq!((exchanges(&first), exchanges(&second)), (0, 0));

    // Both sign-ins continue.
    for (running, callback) in [(one, to_first), (other, to_second)] {
        let tab = user::open_tab(&callback);
        running.wait().ok();
        assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
    }
    home.assert_consistent(2);
    assert_eq!((exchanges(&first), exchanges(&second)), (1, 1));
}

#[test]
fn a_code_stolen_from_another_provider_is_refused() {
    let home = Home::new();
    let (first, second) = start_two(&home);
    let mut one = start_sign_in(&home, "first");
    let mut other = start_sign_in(&home, "second");
    let right = Visitor::new().allow(&one.line("open: "), "maria");
    let stolen = Visitor::new().allow(&other.line("open: "), "mallory");
    // With state and path of the pending sign-in, which is the best possible forgery.
    let mut forged = with(&right, "code", Some(&parameter(&stolen, "code")));
    forged = with(&forged, "iss", Some(&second.url));
    let page = http::get(&forged).expect("a page");
    assert!(page.body.contains("was not connected"), "{}", page.body);
    one.wait().error(15, "issuer_mismatch");
    other.interrupt();
    other.wait().error(17, "cancelled");
    assert_eq!((exchanges(&first), exchanges(&second)), (0, 0));
    home.assert_consistent(0);
}

#[test]
fn a_code_of_another_sign_in_is_refused_by_the_provider() {
    let home = Home::new();
    let server = Server::oidc_with_client(json!({}));
    write_element(&home, "first", &oidc_element("first", &server.url));
    let mut theirs = start_sign_in(&home, "first");
    let stolen = Visitor::new().allow(&theirs.line("open: "), "mallory");
    let mut ours = start_sign_in(&home, "first");
    let right = Visitor::new().allow(&ours.line("open: "), "maria");
    // PKCE: the code was issued for another verifier.
    let tab = user::open_tab(&with(&right, "code", Some(&parameter(&stolen, "code"))));
    let outcome = ours.wait();
    assert_eq!(outcome.code(), Some(15), "{}{}", outcome.stdout, outcome.stderr);
    assert!(tab.join().expect("a tab").expect("a page").body.contains("was not connected"));
    assert_eq!(server.counts()["granted"]["authorization_code"], json!(null));
    theirs.interrupt();
    theirs.wait().error(17, "cancelled");
    home.assert_consistent(0);
}

/// A provider that redirects users to an honest one, with the client of the honest one and the state of its own sign-in,
/// to get the honest code.
struct Attacker {
    url: String,
}

impl Attacker {
    fn start(honest: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let honest = honest.at("/auth");
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut line = String::new();
                let mut reader = std::io::BufReader::new(&stream);
                let _ = std::io::BufRead::read_line(&mut reader, &mut line);
                let target = line.split(' ').nth(1).unwrap_or("/").to_owned();
                let mut to = honest.clone();
                to.set_query(target.split_once('?').map(|(_, query)| query));
                let to = with(&with(&to, "scope", Some("openid")), "client_id", Some("keyrack"));
                let head = format!(
                    "HTTP/1.1 303 See Other\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let _ = std::io::Write::write_all(&mut stream, head.as_bytes());
            }
        });
        Self { url }
    }
}

#[test]
fn a_provider_that_redirects_to_another_does_not_get_its_codes() {
    let home = Home::new();
    let honest = Server::oidc_with_client(json!({}));
    // Records all requests to the attacker's token endpoint.
    let trap = Scripted::start();
    let attacker = Attacker::start(&honest);
    let element = plain_element("second", &trap.url)
        .replace(&format!("{}/authorize", trap.url), &format!("{}/authorize", attacker.url));
    write_element(&home, "first", &oidc_element("first", &honest.url));

    // RFC 8252 §8.10: only the honest callback path is registered, and the other is refused.
    honest.register(json!({ "redirect_uris": ["http://127.0.0.1/callback/first"] }));
    write_element(&home, "second", &element);
    let mut running = start_sign_in(&home, "second");
    let redirected = Visitor::new().follow(&running.line("open: "));
    let page = visitor::send(&redirected, "GET", "", "");
    assert!(page.body.contains("redirect_uri"), "{}", page.body);
    running.interrupt();
    running.wait().error(17, "cancelled");

    // With the other path registered, `iss` shows that the callback is another provider's.
    honest.register(json!({ "redirect_uris": ["http://127.0.0.1/callback/second"] }));
    let element =
        element.replace("[auth.oauth2]\n", &format!("[auth.oauth2]\nissuer = \"{}\"\n", attacker.url));
    write_element(&home, "second", &element);
    let mut running = start_sign_in(&home, "second");
    let redirected = Visitor::new().follow(&running.line("open: "));
    let callback = Visitor::new().allow(redirected.as_str(), "maria");
    assert_eq!(parameter(&callback, "iss"), honest.url);
    assert!(http::get(&callback).expect("a page").body.contains("was not connected"));
    running.wait().error(15, "issuer_mismatch");
    assert!(trap.token_requests().is_empty(), "the attacker did not get the code");
    home.assert_consistent(0);
}

#[test]
fn requests_of_a_web_page_do_not_end_a_sign_in() {
    let home = Home::new();
    let server = Server::oidc_with_client(json!({}));
    write_element(&home, "first", &oidc_element("first", &server.url));
    let mut running = start_sign_in(&home, "first");
    let callback = Visitor::new().allow(&running.line("open: "), "maria");
    for forged in [with(&callback, "state", Some("forged")), with(&callback, "state", None)] {
        assert_eq!(http::get(&forged).expect("an answer").status, 404);
    }
    let (target, host) = (http::target(&callback), http::authority(&callback));
    let length = "Content-Length: 0\r\n";
    for (what, text) in [
        ("DNS rebinding", format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n")),
        ("DNS rebinding with the port", {
            let port = callback.port().expect("a port");
            format!("GET {target} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n")
        }),
        ("two hosts", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n")),
        ("no host", format!("GET {target} HTTP/1.0\r\n\r\n")),
        ("Origin", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://evil.example\r\n\r\n")),
        ("Origin null", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\n\r\n")),
        ("HEAD", format!("HEAD {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")),
        ("POST", format!("POST {target} HTTP/1.1\r\nHost: {host}\r\n{length}\r\n")),
        ("OPTIONS", format!("OPTIONS {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")),
        ("prefetch", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nSec-Purpose: prefetch\r\n\r\n")),
        (
            "prerender",
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nSec-Purpose: prefetch;prerender\r\n\r\n"),
        ),
        ("old prefetch", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nPurpose: prefetch\r\n\r\n")),
    ] {
        let answer = http::send(&callback, &text);
        assert!(answer.as_ref().is_ok_and(|a| a.status == 404 || a.status == 400), "{what}: {answer:?}");
    }
    assert_eq!(exchanges(&server), 0);

    // A replay: the same page and no second exchange, which would end the grant at the provider.
    let tab = user::open_tab(&callback);
    let first = tab.join().expect("a tab").expect("a page");
    assert!(first.body.contains("is connected"), "{}", first.body);
    let again = http::get(&callback);
    assert!(again.is_err() || again.is_ok_and(|again| again.body == first.body), "the same page or none");
    running.wait().ok();
    assert!(http::get(&callback).is_err(), "the port is closed");
    home.assert_consistent(1);
    let counts = server.counts();
    assert_eq!((exchanges(&server), &counts["revoked_grants"]), (1, &json!(0)));
}
