//! Signing in at servers that others wrote, through a real browser: OpenID, OAuth 2 and OAuth 1.0a, with all that comes
//! after it. What they refuse is refused for their reasons.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::browser::Chromium;
use crate::support::home::{Home, eventually, wait_until};
use crate::support::servers::{
    self, AS_CLIENT, CLIENT_SECRET, OAUTH1_SECRET, Server, oauth1_element, oidc_element, plain_element,
    write_element,
};
use crate::support::visitor::{self, Visitor};

/// Begins a sign-in whose address is printed.
fn begin(home: &Home, arguments: &[&str], secret: &str) -> crate::support::keyrack::Running {
    home.start_with(&[arguments, &AS_CLIENT[..]].concat(), &[("APP_SECRET", secret)])
}

fn secret(home: &Home, member: &str) -> String {
    home.session.items()[0][member].as_str().unwrap_or_else(|| panic!("no {member}")).to_owned()
}

/// Signs in through Chromium, as `login`.
fn in_the_browser(home: &Home, chromium: &Chromium, arguments: &[&str], secret: &str, login: &str) {
    let mut running = begin(home, arguments, secret);
    chromium.open(&running.line("open: "));
    let page = chromium.allow_as(login);
    assert!(page.heading.contains("is connected"), "{}", page.source);
    running.wait().ok();
}

#[test]
fn a_connection_to_an_openid_provider_lives_from_sign_in_to_revocation() {
    let server = Server::oidc_with_client(json!({}));
    let (home, chromium) = (Home::new(), Chromium::start());
    write_element(&home, "acme", &oidc_element("acme", &server.url));

    in_the_browser(&home, &chromium, &["connect", "acme", "--name", "Anvils"], CLIENT_SECRET, "maria");
    home.assert_whole(1);
    let shown = home.json(&["show", "Anvils"]);
    assert_eq!((&shown["identity"], &shown["status"]), (&"maria@oidc.example".into(), &"ok".into()));

    let token = home.run(&["token", "Anvils"]).ok().stdout.trim_end().to_owned();
    assert!(server.honours(&token));
    let tested = home.json(&["test", "Anvils"]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@oidc.example")));

    // In place: nothing is asked twice, and name and id stay.
    let id = shown["id"].clone();
    in_the_browser(&home, &chromium, &["reconnect", "Anvils"], CLIENT_SECRET, "maria");
    home.assert_whole(1);
    assert_eq!((&home.list()[0]["id"], &home.list()[0]["name"]), (&id, &json!("Anvils")));
    let (access, refresh) = (secret(&home, "access_token"), secret(&home, "refresh_token"));
    assert_ne!(access, token);

    home.run(&["remove", "Anvils"]).ok();
    home.assert_whole(0);
    assert!(!server.honours(&refresh), "the grant is given back");
    assert_eq!(server.counts()["replays"], 0);
}

#[test]
fn oauth_1_0a_is_signed_as_the_server_wants_with_each_method() {
    let server = Server::oauth1();
    let (home, chromium) = (Home::new(), Chromium::start());
    for method in ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"] {
        let key = format!("oauth1-{}", method.to_lowercase());
        write_element(&home, &key, &oauth1_element(&key, &server.url, method));
        in_the_browser(&home, &chromium, &["connect", &key, "--name", method], OAUTH1_SECRET, "maria");
        let tested = home.json(&["test", method]);
        assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@oauth1.example")));
        assert!(server.counts()["methods"][method].as_u64() >= Some(3), "{}", server.counts());
    }
    home.assert_whole(3);
    assert_eq!(server.counts()["nonce_used"], 0);
}

#[test]
fn oauth_1_0a_denial_is_a_denial() {
    let server = Server::oauth1();
    let (home, chromium) = (Home::new(), Chromium::start());
    write_element(&home, "oauth1", &oauth1_element("oauth1", &server.url, "HMAC-SHA1"));
    let mut running = begin(&home, &["connect", "oauth1", "--json"], OAUTH1_SECRET);
    chromium.open(&running.line("open: "));
    assert!(chromium.deny().heading.contains("was not connected"));
    running.wait().error(14, "access_denied");
    home.assert_whole(0);
    assert_eq!(server.counts()["access"], 0);
}
