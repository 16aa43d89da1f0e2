//! Sign-ins at independent servers through a real browser: OpenID, OAuth 2 and OAuth 1.0a, and the whole life of their
//! connections.

use base64::Engine;
use serde_json::{Value, json};

use crate::support::browser::Chromium;
use crate::support::elements::{oauth1_element, oidc_element, plain_element};
use crate::support::home::Home;
use crate::support::keyrack::Running;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{self, CLIENT_SECRET, Server, callback_on_free_port, write_element};
use crate::support::visitor::{self, Visitor};

/// Starts a sign-in that prints its address.
fn start_sign_in(home: &Home, arguments: &[&str]) -> Running {
    servers::start_sign_in(home, arguments, &[])
}

/// Finishes a sign-in in Chromium, as `login`.
fn allow(chromium: &Chromium, mut running: Running, login: &str) {
    chromium.open(&running.line("open: "));
    let page = chromium.allow_as(login);
    assert!(page.heading.contains("is connected"), "{}", page.source);
    running.wait().ok();
}

fn secret(home: &Home, member: &str) -> String {
    home.session.items()[0][member].as_str().unwrap_or_else(|| panic!("no {member}")).to_owned()
}

fn token(home: &Home, name: &str) -> String {
    home.run(&["token", name]).ok().stdout.trim_end().to_owned()
}

/// Checks what holds for every connection: its token works, it is renewed, tested, signed in to again, and revoked at the
/// end.
fn check_life(home: &Home, server: &Server, chromium: &Chromium, name: &str, identity: &str, again: Running) {
    home.assert_consistent(1);
    let shown = home.json(&["show", name]);
    assert_eq!((&shown["identity"], &shown["status"]), (&json!(identity), &json!("ok")), "{shown}");
    let first = token(home, name);
    assert!(server.accepts(&first));

    home.run(&["renew", name]).ok();
    let second = token(home, name);
    assert_ne!(first, second);
    assert!(server.accepts(&second));
    assert_eq!(server.token_calls("refresh_token"), 1);

    let tested = home.json(&["test", name]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!(identity)));

    // The form is not needed again, and name, id and tags stay.
    allow(chromium, again, "maria");
    home.assert_consistent(1);
    let after = home.json(&["show", name]);
    for member in ["id", "name", "tags", "element", "identity"] {
        assert_eq!(after[member], shown[member], "{member}");
    }
    let refresh = secret(home, "refresh_token");
    assert_ne!(secret(home, "access_token"), second);

    let removed = home.json(&["remove", name]);
    assert_eq!(removed["revoked"], "yes", "{removed}");
    home.assert_consistent(0);
    assert!(home.session.secrets().iter().all(|kept| !kept.contains(&refresh)), "the keychain is empty");
    assert!(!server.accepts(&refresh), "the grant is revoked");
    let counts = server.counts();
    assert_eq!((&counts["replays"], &counts["token"]["unread"]), (&json!(0), &Value::Null), "{counts}");
}

#[test]
fn an_openid_provider_needs_only_its_address() {
    let server = Server::oidc(json!({}));
    let (home, chromium) = (Home::new(), Chromium::start());
    let issuer = format!("issuer={}", server.url);
    let connect =
        ["connect", "oauth2", "--set", &issuer, "--name", "Anvils", "--tag", "gold", "--no-browser"];
    allow(&chromium, home.start(&connect), "maria");
    assert_eq!(server.counts()["registrations"], 1, "a client was registered");
    let listed = |key: &str| home.json(&["list", "--element", key]).as_array().map(Vec::len);
    assert_eq!((listed("oauth2"), listed("oauth1")), (Some(1), Some(0)), "found by the generic element");
    let again = home.start(&["reconnect", "Anvils", "--no-browser"]);
    check_life(&home, &server, &chromium, "Anvils", "maria", again);
    assert!(server.counts()["registrations"].as_u64() <= Some(2), "at most one per sign-in");
}

#[test]
fn an_existing_client_is_used_with_an_issuer() {
    let server = Server::oidc_with_client(json!({}));
    let (home, chromium) = (Home::new(), Chromium::start());
    let (issuer, callback) = (format!("issuer={}", server.url), callback_on_free_port());
    let connect = ["connect", "oauth2", "--set", &issuer, "--set", &callback, "--name", "Anvils"];
    let scope = ["--set", "scope=openid offline_access email"];
    allow(&chromium, start_sign_in(&home, &[&connect[..], &scope].concat()), "maria");
    let again = home.start(&["reconnect", "Anvils", "--no-browser"]);
    check_life(&home, &server, &chromium, "Anvils", "maria@oidc.example", again);
    assert_eq!(server.counts()["registrations"], 0);
}

#[test]
fn an_element_file_of_the_user_is_used() {
    let server = Server::oidc_with_client(json!({}));
    let (home, chromium) = (Home::new(), Chromium::start());
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    allow(&chromium, start_sign_in(&home, &["connect", "acme", "--name", "Anvils"]), "maria");
    let again = home.start(&["reconnect", "Anvils", "--no-browser"]);
    check_life(&home, &server, &chromium, "Anvils", "maria@oidc.example", again);
}

#[test]
fn a_provider_that_publishes_nothing_is_described_by_hand() {
    let server = Server::mock();
    let (home, chromium) = (Home::new(), Chromium::start());
    let endpoints = [
        ("authorization", "authorize"),
        ("token", "token"),
        ("userinfo", "userinfo"),
        ("revocation", "revoke"),
    ];
    let endpoints =
        endpoints.map(|(name, path)| format!("{name}_endpoint={}", server.at(&format!("/{path}"))));
    let callback = callback_on_free_port();
    let mut arguments =
        vec!["connect", "oauth2", "--name", "Anvils", "--set", "scope=read write", "--set", &callback];
    arguments.extend(endpoints.iter().flat_map(|endpoint| ["--set", endpoint.as_str()]));
    let mut running = start_sign_in(&home, &arguments);
    chromium.open(&running.line("open: "));
    assert!(chromium.last_page().heading.contains("is connected"));
    running.wait().ok();
    assert_eq!(home.json(&["show", "Anvils"])["identity"], "johndoe@mock.example");
    token(&home, "Anvils");
    assert_eq!(server.token_calls("refresh_token"), 1, "the first token had expired");
    home.run(&["remove", "Anvils"]).ok();
    assert_eq!(server.counts()["revocations"], 1);
    home.assert_consistent(0);
}

#[test]
fn a_device_without_a_browser_is_allowed_on_another_device() {
    let server = Server::oidc_with_client(json!({}));
    let (home, chromium) = (Home::new(), Chromium::start());
    let issuer = format!("issuer={}", server.url);
    let device =
        ["connect", "oauth2", "--set", &issuer, "--set", "oauth.grant=device_code", "--name", "Anvils"];
    let mut running = start_sign_in(&home, &device);
    let code = running.line("code: ");
    let address = running.line("open: ");
    assert!(address.contains(&code), "the address with the code in it (RFC 8628 §3.3.1)");
    chromium.open(&address);
    // RFC 8628 §3.3.1: both devices show the same code.
    chromium.wait_for_heading(&code);
    chromium.press("button[name=confirmed]");
    chromium.fill("input[name=login]", "maria");
    chromium.press("button[name=decision][value=allow]");
    chromium.wait_for_heading("Signed in");
    running.wait().ok();
    home.assert_consistent(1);
    assert!(server.accepts(&token(&home, "Anvils")));
    assert!(server.token_calls("urn:ietf:params:oauth:grant-type:device_code") >= 1);
    assert_eq!(server.token_calls("authorization_code"), 0);
    home.run(&["renew", "Anvils"]).ok();
    assert_eq!(server.token_calls("refresh_token"), 1);

    // Denied on the other device.
    let denied = [&device[..6], &["--name", "Other", "--json"]].concat();
    let mut running = start_sign_in(&home, &denied);
    let code = running.line("code: ");
    running.line("open: ");
    let mut visitor = Visitor::new();
    let mut place = visitor.get(&server.at("/device"));
    for fields in [&[("user_code", code.as_str())][..], &[("abort", "yes")]] {
        let visitor::Place::Page(url, page) = place else { panic!("redirected: {place:?}") };
        place = visitor.submit(&url, &page, fields);
    }
    running.wait().error(14, "access_denied");
    home.assert_consistent(1);
}

#[test]
fn an_application_signs_in_with_client_credentials() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let issuer = format!("issuer={}", server.url);
    let grant =
        ["connect", "oauth2", "--set", &issuer, "--set", "oauth.grant=client_credentials", "--name", "Robot"];
    start_sign_in(&home, &grant).wait().ok();
    home.assert_consistent(1);
    let first = token(&home, "Robot");
    assert!(server.accepts(&first));
    // Without a refresh token the grant is repeated (RFC 6749 §4.4.3).
    home.run(&["renew", "Robot"]).ok();
    let second = token(&home, "Robot");
    assert!(first != second && server.accepts(&second));
    assert_eq!((server.token_calls("client_credentials"), server.token_calls("refresh_token")), (2, 0));
    assert!(home.opened_addresses().is_empty(), "no browser was opened");
    home.run(&["remove", "Robot"]).ok();
    assert!(!server.accepts(&second));

    let wrong = [&grant[..6], &["--json"]].concat();
    let refused = servers::start_sign_in(&home, &wrong, &[("APP_SECRET", "another-secret")]).wait();
    refused.error(15, "provider_rejected");
    home.assert_consistent(0);
}

#[test]
fn a_sign_in_of_another_account_does_not_replace_a_connection() {
    let server = Server::oidc_with_client(json!({}));
    let (home, chromium) = (Home::new(), Chromium::start());
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    let before = home.session.items().remove(0);

    let mut running = home.start(&["reconnect", "Anvils", "--no-browser", "--json"]);
    chromium.open(&running.line("open: "));
    chromium.fill("input[name=login]", "bob");
    chromium.press("button[name=decision][value=allow]");
    let error = running.wait().error(10, "wrong_account");
    assert_eq!(
        (&error["expected"], &error["found"]),
        (&json!("maria@oidc.example"), &json!("bob@oidc.example"))
    );
    assert_eq!(home.session.items(), std::slice::from_ref(&before), "nothing has changed");
    home.assert_consistent(1);
    assert!(server.accepts(before["refresh_token"].as_str().expect("one")), "the old grant is valid");
    assert_eq!(server.counts()["revocations"], 1, "the other grant is revoked");

    // With --other-account it is accepted.
    let running = home.start(&["reconnect", "Anvils", "--no-browser", "--other-account"]);
    allow(&chromium, running, "bob");
    assert_eq!(home.list()[0]["identity"], "bob@oidc.example");
    assert_eq!(home.list()[0]["id"], before["id"]);
    home.assert_consistent(1);
}

#[test]
fn a_revocation_that_fails_temporarily_is_retried() {
    let home = Home::new();
    let server = Scripted::start();
    server.set_life(3600);
    write_element(&home, "acme", &plain_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    server.set_revocation_response(Some(Response::json("503 Service Unavailable", "")));
    let removed = home.run(&["remove", "Anvils"]).ok();
    assert!(removed.stderr.contains("did not answer"), "{}", removed.stderr);
    assert!(home.list().is_empty(), "removed here in any case");
    home.run(&["token", "Anvils", "--json"]).error(3, "connection_unknown");
    // RFC 7009 §2.2.1: the token still exists, and revocation is retried.
    home.run(&["renew", "--all"]).ok();
    assert_eq!(server.revocation_count(), 2);
    server.set_revocation_response(None);
    home.run(&["renew", "--all"]).ok();
    assert_eq!(server.revocation_count(), 3);
    home.assert_consistent(0);
    assert!(home.session.secrets().is_empty(), "the keychain is empty");
    home.run(&["renew", "--all"]).ok();
    assert_eq!(server.revocation_count(), 3);
}

#[test]
fn a_grant_ended_by_the_provider_needs_a_sign_in_at_once() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    // A thief uses the refresh token. Ours is now the older one, and using it ends the grant.
    let form = format!("grant_type=refresh_token&refresh_token={}", secret(&home, "refresh_token"));
    // RFC 6749 §2.3.1: both are form-encoded first.
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(servers::CLIENT_ID), encoded(CLIENT_SECRET));
    let head = format!(
        "Authorization: Basic {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        base64::engine::general_purpose::STANDARD.encode(pair)
    );
    let stolen = visitor::send(&server.at("/token"), "POST", &head, &form);
    assert_eq!(stolen.status, 200, "{}", stolen.body);
    let renewed = home.run(&["renew", "Anvils", "--json"]);
    assert_eq!(renewed.code(), Some(10), "{}{}", renewed.stdout, renewed.stderr);
    assert_eq!(renewed.json()[0]["failure"]["code"], "sign_in_expired");
    assert_eq!(home.list()[0]["status"], "needs_sign_in");
    assert_eq!(server.counts()["replays"], 1);
    let stolen: Value = serde_json::from_str(&stolen.body).expect("JSON");
    assert!(
        !server.accepts(stolen["access_token"].as_str().expect("a token")),
        "the stolen token is revoked too"
    );
    let asked = server.token_calls("refresh_token");
    let again = home.run(&["renew", "Anvils", "--json"]);
    assert_eq!((again.code(), &again.json()[0]["failure"]["code"]), (Some(10), &json!("sign_in_expired")));
    assert_eq!(home.list()[0]["status"], "needs_sign_in");
    assert_eq!(server.token_calls("refresh_token"), asked, "no further request");
}

#[test]
fn a_deleted_client_needs_settings_and_works_once_it_is_registered_again() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    let refresh = secret(&home, "refresh_token");
    server.control("forget_client", json!({ "client_id": servers::CLIENT_ID }));
    assert_eq!(home.run(&["renew", "Anvils"]).code(), Some(10));
    assert_eq!(home.list()[0]["status"], "needs_settings");
    assert_eq!(secret(&home, "refresh_token"), refresh, "only invalid_grant deletes it");
    server.register(json!({}));
    home.run(&["renew", "Anvils"]).ok();
    assert_eq!(home.list()[0]["status"], "ok");
}

#[test]
fn a_refresh_token_that_does_not_rotate_is_used_again() {
    let server = Server::oidc_with_client(json!({ "rotate": false }));
    let home = Home::new();
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    let refresh = secret(&home, "refresh_token");
    for _ in 0..2 {
        let before = token(&home, "Anvils");
        home.run(&["renew", "Anvils"]).ok();
        assert_ne!(token(&home, "Anvils"), before);
        assert_eq!(secret(&home, "refresh_token"), refresh);
    }
    assert_eq!(server.counts()["granted"]["refresh_token"], 2);
}

#[test]
fn an_unregistered_redirect_address_is_refused_by_the_provider() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    write_element(&home, "elsewhere", &oidc_element("elsewhere", &server.url));
    let mut running = start_sign_in(&home, &["connect", "elsewhere"]);
    let address = running.line("open: ");
    // The provider must not redirect to it (RFC 6749 §4.1.2.1).
    let visitor::Place::Page(_, page) = Visitor::new().get(&address.parse().expect("an address")) else {
        panic!("an unregistered address was accepted");
    };
    assert!(page.body.contains("redirect_uri"), "{}", page.body);
    running.interrupt();
    assert_eq!(running.wait().code(), Some(17));
    home.assert_consistent(0);
}

/// The form of "Other (OAuth 1.0a)" for this server.
fn oauth1_form(server: &Server, method: &str) -> Vec<String> {
    let endpoints = [
        ("request_token_endpoint", "/request_token"),
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/access_token"),
        ("userinfo_endpoint", "/me"),
    ];
    let mut set: Vec<_> = endpoints.map(|(name, path)| format!("{name}={}", server.at(path))).into();
    set.push(format!("signature_method={method}"));
    set.push(callback_on_free_port());
    set.into_iter().flat_map(|set| ["--set".to_owned(), set]).collect()
}

#[test]
fn oauth_1_0a_requests_are_signed_with_each_method() {
    let server = Server::oauth1();
    let (home, chromium) = (Home::new(), Chromium::start());
    for method in ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"] {
        let form = oauth1_form(&server, method);
        let form: Vec<_> = form.iter().map(String::as_str).collect();
        let connect = [&["connect", "oauth1", "--name", method], &form[..]].concat();
        allow(&chromium, start_sign_in(&home, &connect), "maria");
        let tested = home.json(&["test", method]);
        assert_eq!(
            (&tested[0]["ok"], &tested[0]["identity"]),
            (&json!(true), &json!("maria@oauth1.example"))
        );
        assert!(server.counts()["methods"][method].as_u64() >= Some(3), "{}", server.counts());
        // OAuth 1.0a tokens do not expire, so there is nothing to renew.
        home.run(&["renew", method]).ok();
    }
    home.assert_consistent(3);
    assert_eq!(server.counts()["nonce_used"], 0);
    allow(&chromium, home.start(&["reconnect", "HMAC-SHA1", "--no-browser"]), "maria");
    home.run(&["remove", "HMAC-SHA1"]).ok();
    home.assert_consistent(2);

    // RFC 5849 §3.3: the server refuses a repeated request.
    let last = server.counts()["last"].as_str().expect("a header").to_owned();
    let replayed = visitor::send(&server.at("/me"), "GET", &format!("Authorization: {last}\r\n"), "");
    assert_eq!(replayed.status, 401);
    assert!(replayed.body.contains("nonce_used"), "{}", replayed.body);
}

#[test]
fn a_denial_of_oauth_1_0a_is_reported() {
    let server = Server::oauth1();
    let (home, chromium) = (Home::new(), Chromium::start());
    write_element(&home, "oauth1-acme", &oauth1_element("oauth1-acme", &server.url, "HMAC-SHA1"));
    let mut running = start_sign_in(&home, &["connect", "oauth1-acme", "--json"]);
    chromium.open(&running.line("open: "));
    assert!(chromium.deny().heading.contains("was not connected"));
    running.wait().error(14, "access_denied");
    home.assert_consistent(0);
    assert_eq!(server.counts()["access"], 0);
}

#[test]
fn a_wrong_clock_is_corrected_by_the_date_of_the_server() {
    let server = Server::oauth1();
    let home = Home::new();
    write_element(&home, "oauth1-acme", &oauth1_element("oauth1-acme", &server.url, "HMAC-SHA1"));
    for (name, offset) in [("Ahead", 600), ("Behind", -600)] {
        server.control("clock", json!({ "offset": offset }));
        servers::connect(&home, "oauth1-acme", "maria", &["--name", name]).ok();
        assert_eq!(home.json(&["test", name])[0]["ok"], true);
        assert!(
            server.counts()["timestamp_refused"].as_u64() > Some(0),
            "the server refused the first request"
        );
    }
    // A server that refuses the corrected time too ends the sign-in with the cause.
    server.control("clock", json!({ "offset": 600, "date_offset": 0 }));
    let never = ["connect", "oauth1-acme", "--name", "Never", "--json"];
    start_sign_in(&home, &never).wait().error(15, "clock_wrong");
    home.assert_consistent(2);
}

#[test]
fn an_unfinished_device_sign_in_ends_at_the_timeout() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let issuer = format!("issuer={}", server.url);
    let begun = std::time::SystemTime::now();
    let device = [
        "connect",
        "oauth2",
        "--set",
        &issuer,
        "--set",
        "oauth.grant=device_code",
        "--timeout",
        "2",
        "--json",
    ];
    start_sign_in(&home, &device).wait().error(16, "callback_timeout");
    assert!(begun.elapsed().is_ok_and(|took| took.as_secs() < 20));
    home.assert_consistent(0);
}
