//! Signing in again, renewing and revoking after something has changed at the provider, in the keychain or in the program.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::elements::{oidc_element, plain_element};
use crate::support::home::Home;
use crate::support::keyrack::Outcome;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{self, Server, callback_on_free_port, write_element};
use crate::support::user;
use crate::support::visitor::Visitor;

const UNAVAILABLE: &str = "503 Service Unavailable";

/// A scripted provider whose tokens live for an hour, with a connection to it.
fn connect(home: &Home, element: impl Fn(&str) -> String) -> Scripted {
    let server = Scripted::start();
    server.set_life(3600);
    write_element(home, "acme", &element(&server.url));
    servers::connect(home, "acme", "maria", &["--name", "Anvils"]).ok();
    server
}

fn plain(url: &str) -> String {
    plain_element("acme", url)
}

/// Revocation is a DELETE with the access token.
fn delete_with_token(url: &str) -> String {
    let style = format!("endpoint = \"{url}/revoke\"\nstyle = \"delete_with_token\"");
    plain(url).replace(&format!("endpoint = \"{url}/revoke\""), &style)
}

fn row(home: &Home, name: &str) -> Value {
    home.list().into_iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no row {name}"))
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}"))
}

/// The only item in the keychain.
fn item(home: &Home) -> Value {
    let mut items = home.session.items();
    assert_eq!(items.len(), 1, "one item");
    items.remove(0)
}

fn reconnect(home: &Home, more: &[&str]) -> Outcome {
    servers::sign_in(home, &[&["reconnect", "Anvils", "--json"], more].concat(), "maria", &[])
}

/// Asserts that nothing is left of a removed connection.
fn assert_gone(home: &Home) {
    home.assert_consistent(0);
    assert!(home.session.secrets().is_empty(), "the keychain is empty");
}

#[test]
fn a_postponed_revocation_is_sent_with_the_newest_token() {
    // Lifetime of the renewed token, the command that retries, and the token that it sends.
    for (life, later, newest) in [
        (3600, &["doctor"][..], "access-2"),
        (3600, &["renew", "--all"], "access-2"),
        (0, &["doctor"], "access-3"),
        (0, &["renew", "--all"], "access-3"),
    ] {
        let home = Home::new();
        let server = Scripted::start();
        write_element(&home, "acme", &delete_with_token(&server.url));
        // The token expires at once, and an expired one cannot delete itself.
        servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
        server.set_life(life);
        server.set_revocation_response(Some(Response::json(UNAVAILABLE, "")));
        let removed = home.json(&["remove", "Anvils"]);
        assert_eq!(removed["revoked"], "later", "{removed}");
        assert!(home.list().is_empty(), "no longer listed");
        assert_eq!(server.last_revocation(), "DELETE Bearer access-2 ");
        assert!(
            server.token_requests()[1].contains("refresh_token=refresh-1"),
            "{:?}",
            server.token_requests()
        );

        server.set_revocation_response(None);
        home.run(later).ok();
        let case = format!("life {life}, {later:?}: {:?}", server.token_requests());
        assert_eq!(server.last_revocation(), format!("DELETE Bearer {newest} "), "{case}");
        assert_eq!(server.revocation_count(), 2, "{case}");
        if life == 0 {
            assert!(server.token_requests()[2].contains("refresh_token=refresh-2"), "{case}");
        }
        assert_gone(&home);
        home.run(later).ok();
        assert_eq!(server.revocation_count(), 2, "revoked once");
    }
}

#[test]
fn a_removal_whose_grant_has_ended_postpones_no_revocation() {
    let home = Home::new();
    let server = Scripted::start();
    write_element(&home, "acme", &delete_with_token(&server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    server.enqueue(Response::json("400 Bad Request", r#"{"error":"invalid_grant"}"#));
    let removed = home.json(&["remove", "Anvils"]);
    // Whether the grant has ended or cannot be ended, there is nothing to retry.
    assert!(["yes", "no"].contains(&text(&removed, "revoked")), "{removed}");
    assert_gone(&home);
    let (asked, revoked) = (server.token_requests().len(), server.revocation_count());
    home.run(&["renew", "--all"]).ok();
    assert_eq!(
        (server.token_requests().len(), server.revocation_count()),
        (asked, revoked),
        "no further request"
    );
}

#[test]
fn a_revocation_refused_for_its_client_is_reported_as_not_revoked() {
    let only_access = r#"{"access_token":"access","token_type":"Bearer","expires_in":3600}"#;
    let both = only_access.replace('}', r#","refresh_token":"refresh"}"#);
    for tokens in [only_access, &both] {
        let home = Home::new();
        let server = Scripted::start();
        write_element(&home, "acme", &plain(&server.url));
        server.enqueue(Response::json("200 OK", tokens));
        servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
        // RFC 7009 §2.2.1: clients are refused as at the token endpoint (RFC 6749 §5.2).
        server.set_revocation_response(Some(Response::json(
            "401 Unauthorized",
            r#"{"error":"invalid_client"}"#,
        )));
        let removed = home.json(&["remove", "Anvils"]);
        assert_eq!(removed["revoked"], "no", "{tokens}: {removed}");
        assert_eq!(server.revocation_count(), 1);
        assert_gone(&home);
    }
}

/// Connects maria at a real provider, then starts a sign-in again as `login`, renews the old token meanwhile, and kills
/// the sign-in after its new token was saved under the attempt's id. Returns the renewed item and the new one.
fn killed_after_a_renewal(home: &Home, server: &Server, login: &str) -> (Value, Value) {
    write_element(home, "acme", &oidc_element("acme", &server.url));
    servers::connect(home, "acme", "maria", &["--name", "Anvils"]).ok();
    let mut again =
        home.start_with(&["reconnect", "Anvils", "--no-browser"], &[("KEYRACK_FAULT", "set_aside")]);
    let callback = Visitor::new().allow(&again.line("open: "), login);
    home.run(&["renew", "Anvils"]).ok();
    let renewed = item(home);
    let tab = user::open_tab(&callback);
    again.line("fault: set_aside");
    again.kill();
    let _ = tab.join().expect("a tab");
    let (mut own, mut aside): (Vec<_>, Vec<_>) =
        home.session.items().into_iter().partition(|item| item["id"] == renewed["id"]);
    assert_eq!(own, std::slice::from_ref(&renewed), "the connection is unchanged");
    assert_eq!(aside.len(), 1, "the new token is set aside");
    (own.remove(0), aside.remove(0))
}

#[test]
fn a_killed_sign_in_again_is_finished_although_the_old_token_was_renewed() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let (renewed, aside) = killed_after_a_renewal(&home, &server, "maria");
    home.run(&["doctor"]).ok();
    home.assert_consistent(1);
    let kept = item(&home);
    assert_eq!(kept["refresh_token"], aside["refresh_token"], "the new sign-in is used");
    assert_eq!((&kept["id"], &kept["name"]), (&renewed["id"], &renewed["name"]));
    assert!(server.accepts(text(&kept, "refresh_token")));
    assert_eq!(row(&home, "Anvils")["identity"], "maria@oidc.example");
    home.run(&["renew", "Anvils"]).ok();
    home.run(&["test", "Anvils"]).ok();
    assert_eq!(home.session.secrets().len(), 1, "one item");
}

#[test]
fn a_killed_sign_in_of_another_account_is_revoked_and_the_renewed_token_is_kept() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let (renewed, aside) = killed_after_a_renewal(&home, &server, "bob");
    assert!(server.accepts(text(&aside, "refresh_token")));
    home.run(&["doctor"]).ok();
    home.assert_consistent(1);
    assert!(!server.accepts(text(&aside, "refresh_token")), "the grant is revoked");
    assert!(!server.accepts(text(&aside, "access_token")), "and its access token");
    assert_eq!(item(&home), renewed, "the old item is unchanged");
    assert!(server.accepts(text(&renewed, "refresh_token")));
    home.run(&["renew", "Anvils"]).ok();
    let tested = home.json(&["test", "Anvils"]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@oidc.example")));
    assert_eq!(home.session.secrets().len(), 1, "one item");
}

/// Connects at a provider by its issuer, with these scopes.
fn describe(home: &Home, server: &Server, name: &str, scope: &str) {
    let (issuer, callback) = (format!("issuer={}", server.url), callback_on_free_port());
    let scope = format!("scope={scope}");
    let connect =
        ["connect", "oauth2", "--set", &issuer, "--set", &callback, "--set", &scope, "--name", name];
    servers::sign_in(home, &connect, "maria", &[]).ok();
}

/// The element file of a connection.
fn element_file(home: &Home, name: &str) -> std::path::PathBuf {
    home.path().join("config/elements").join(text(&row(home, name), "element")).join("element.toml")
}

#[test]
fn another_connection_with_other_scopes_leaves_the_first_one_unchanged() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    describe(&home, &server, "First", "openid offline_access email");
    let before = home.json(&["show", "First"]);
    assert_eq!(before["identity"], "maria@oidc.example");
    // Without OpenID scopes there is no identity endpoint.
    describe(&home, &server, "Second", "read");
    home.assert_consistent(2);

    let tested = home.json(&["test", "First"]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@oidc.example")));
    home.run(&["renew", "First"]).ok();
    assert!(server.accepts(home.run(&["token", "First"]).ok().stdout.trim_end()));
    assert!(server.accepts(home.run(&["token", "Second"]).ok().stdout.trim_end()));
    let after = home.json(&["show", "First"]);
    for member in ["id", "element", "identity", "scopes", "missing", "status"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(home.json(&["remove", "First"])["revoked"], "yes");
    home.assert_consistent(1);
    home.run(&["token", "Second"]).ok();
}

#[test]
fn an_element_file_edited_by_the_user_is_not_overwritten() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    describe(&home, &server, "First", "openid offline_access email");
    let file = element_file(&home, "First");
    let written = fs::read_to_string(&file).expect("read");
    let name = written.lines().find(|line| line.starts_with("name = ")).expect("a name");
    let edited = written.replacen(name, "# The smithy's own words.\nname = \"The smithy\"", 1);
    fs::write(&file, &edited).expect("written");
    home.run(&["elements", "check", file.to_str().expect("a plain path")]).ok();

    describe(&home, &server, "Second", "openid offline_access email");
    describe(&home, &server, "Third", "openid offline_access");
    assert_eq!(fs::read_to_string(&file).expect("read"), edited, "unchanged");
    home.assert_consistent(3);
    for name in ["First", "Second", "Third"] {
        home.run(&["test", name]).ok();
        home.run(&["renew", name]).ok();
    }
    assert_eq!(row(&home, "First")["identity"], "maria@oidc.example");

    // The same after all its connections were removed.
    for name in ["First", "Second", "Third"] {
        home.run(&["remove", name]).ok();
    }
    describe(&home, &server, "Fourth", "openid offline_access email");
    assert_eq!(fs::read_to_string(&file).expect("read"), edited);
}

/// Responses that do not name the account.
fn responses_without_identity() -> [(&'static str, Response); 3] {
    [
        ("503", Response::json(UNAVAILABLE, "")),
        ("401", Response::json("401 Unauthorized", r#"{"error":"invalid_token"}"#)),
        ("silence", Response::Silence),
    ]
}

#[test]
fn a_sign_in_again_of_an_unknown_account_is_refused() {
    let home = Home::new();
    let server = connect(&home, plain);
    let before = item(&home);
    for (number, (what, response)) in responses_without_identity().into_iter().enumerate() {
        server.publish("/userinfo", response);
        let outcome = reconnect(&home, &[]);
        assert_eq!(outcome.code(), Some(10), "{what}: {}{}", outcome.stdout, outcome.stderr);
        let error = outcome.error(10, "wrong_account");
        assert_eq!(error["expected"], "maria@scripted.example", "{what}: {error}");
        assert_eq!(error["found"], Value::Null, "{what}: the account is not known: {error}");
        assert_eq!(item(&home), before, "{what}: the old sign-in is kept");
        home.assert_consistent(1);
        assert_eq!(row(&home, "Anvils")["identity"], "maria@scripted.example", "{what}");
        assert_eq!(server.revocation_count(), number + 1, "{what}: the new grant is revoked");
        let revoked_token = format!("token=refresh-{}", server.token_requests().len());
        assert!(server.last_revocation().contains(&revoked_token), "{what}: {}", server.last_revocation());
    }
}

#[test]
fn an_account_is_identified_by_its_key_and_not_by_its_name() {
    let home = Home::new();
    let keyed = |url: &str| plain(url).replace(r#"at = ["/email"]"#, "at = [\"/name\"]\nkey = \"/sub\"");
    let server = connect(&home, keyed);
    let is = |name: &str, key: &str| {
        let found = json!({ "name": name, "sub": key }).to_string();
        server.publish("/userinfo", Response::json("200 OK", &found));
    };
    is("Maria", "1");
    assert_eq!(home.json(&["test", "Anvils"])[0]["identity"], "Maria");
    is("Maria", "2");
    reconnect(&home, &[]).error(10, "wrong_account");
    is("Maria Smith", "1");
    reconnect(&home, &[]).ok();
    assert_eq!(row(&home, "Anvils")["identity"], "Maria Smith");
    home.assert_consistent(1);
}

#[test]
fn a_sign_in_again_of_an_unknown_account_is_accepted_with_other_account() {
    let home = Home::new();
    let server = connect(&home, plain);
    let id = row(&home, "Anvils")["id"].clone();
    for (what, response) in responses_without_identity() {
        server.publish("/userinfo", response);
        let outcome = reconnect(&home, &["--other-account"]);
        assert_eq!(outcome.code(), Some(0), "{what}: {}{}", outcome.stdout, outcome.stderr);
        home.assert_consistent(1);
        let newest = format!("refresh-{}", server.token_requests().len());
        assert_eq!(item(&home)["refresh_token"], newest, "{what}: the new token is used");
        let row = row(&home, "Anvils");
        assert_eq!(row["identity"], Value::Null, "{what}: the account is not known: {row}");
        assert_eq!((&row["id"], &row["status"]), (&id, &json!("ok")), "{what}");

        // The next test queries it again.
        let found = json!({ "email": format!("bob-{what}@scripted.example") });
        server.publish("/userinfo", Response::json("200 OK", &found.to_string()));
        let tested = home.json(&["test", "Anvils"]);
        assert_eq!(tested[0]["identity"], found["email"], "{what}");
        assert_eq!(self::row(&home, "Anvils")["identity"], found["email"], "{what}");
    }
    assert_eq!(server.revocation_count(), 0, "nothing was revoked");
}

#[test]
fn a_registered_client_that_the_provider_forgot_is_registered_again() {
    let server = Server::oidc(json!({}));
    let home = Home::new();
    let issuer = format!("issuer={}", server.url);
    let sign_in = |arguments: &[&str]| {
        let mut running = home.start(arguments);
        let address = running.line("open: ");
        let tab = user::open_tab(&Visitor::new().allow(&address, "maria"));
        running.wait().ok();
        assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
        let address: url::Url = address.parse().expect("an address");
        let client = address.query_pairs().find(|(name, _)| name == "client_id").expect("a client");
        client.1.into_owned()
    };
    let client = sign_in(&["connect", "oauth2", "--set", &issuer, "--name", "Anvils", "--no-browser"]);
    assert_eq!(server.counts()["registrations"], 1);
    let before = row(&home, "Anvils");

    server.control("forget_client", json!({ "client_id": client }));
    assert_eq!(home.run(&["renew", "Anvils"]).code(), Some(10));
    // The user has no setting to correct: Keyrack registered the client.
    assert_eq!(row(&home, "Anvils")["status"], "needs_sign_in");
    let another = sign_in(&["reconnect", "Anvils", "--no-browser"]);
    assert_ne!(another, client, "a new client");
    assert_eq!(server.counts()["registrations"], 2);
    home.assert_consistent(1);
    let after = row(&home, "Anvils");
    assert_eq!((&after["id"], &after["identity"]), (&before["id"], &before["identity"]));
    assert_eq!(after["status"], "ok");
    home.run(&["renew", "Anvils"]).ok();
    assert!(server.accepts(home.run(&["token", "Anvils"]).ok().stdout.trim_end()));
}

#[test]
fn a_requested_renewal_without_a_response_fails() {
    let home = Home::new();
    let (unavailable, healthy) = (Scripted::start(), Scripted::start());
    for (key, server) in [("first", &unavailable), ("second", &healthy)] {
        server.set_life(3600);
        write_element(&home, key, &plain_element(key, &server.url));
        servers::connect(&home, key, "maria", &["--name", key]).ok();
    }
    let assert_failed = |row: &Value| {
        assert_eq!((&row["name"], &row["ok"]), (&json!("first"), &json!(false)), "{row}");
        assert_eq!(row["failure"]["code"], "provider_unreachable", "{row}");
    };
    unavailable.enqueue(Response::json(UNAVAILABLE, ""));
    let outcome = home.run(&["renew", "first", "--json"]);
    assert_eq!(outcome.code(), Some(12), "{}{}", outcome.stdout, outcome.stderr);
    let rows = outcome.json();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    assert_failed(&rows[0]);
    unavailable.enqueue(Response::json(UNAVAILABLE, ""));
    let outcome = home.run(&["renew", "first"]);
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(12), ""));
    assert!(outcome.stderr.contains("can't be reached"), "{}", outcome.stderr);
    // The token is still valid and printed.
    assert_eq!(home.run(&["token", "first"]).ok().stdout, "access-1\n");

    unavailable.enqueue(Response::json(UNAVAILABLE, ""));
    let outcome = home.run(&["renew", "--all", "--json"]);
    assert_eq!(outcome.code(), Some(12), "{}{}", outcome.stdout, outcome.stderr);
    let rows = outcome.json();
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 2, "the others are renewed: {rows:?}");
    assert_failed(rows.iter().find(|row| row["name"] == "first").expect("its row"));
    let second = rows.iter().find(|row| row["name"] == "second").expect("its row");
    assert_eq!((&second["ok"], &second["renewed"]), (&json!(true), &json!(true)), "{second}");
    assert_eq!(home.run(&["token", "second"]).ok().stdout, "access-2\n");
}

#[test]
fn a_connection_whose_keychain_item_was_deleted_needs_a_sign_in() {
    let home = Home::new();
    let server = connect(&home, plain);
    let cleared = Command::new("secret-tool")
        .args(["clear", "service", "keyrack"])
        .env_clear()
        .envs(home.session.environment())
        .status();
    assert!(cleared.expect("secret-tool is installed").success());
    assert!(home.session.items().is_empty());
    home.run(&["token", "Anvils", "--json"]).error(10, "sign_in_expired");
    assert_eq!(row(&home, "Anvils")["status"], "needs_sign_in");
    assert_eq!(server.token_requests().len(), 1, "no token is left to send");
    let again = servers::sign_in(&home, &["reconnect", "Anvils"], "maria", &[]);
    again.ok();
    assert_eq!(row(&home, "Anvils")["status"], "ok");
    home.assert_consistent(1);
}

#[test]
fn a_test_at_an_unavailable_provider_does_not_change_the_status() {
    let home = Home::new();
    let server = connect(&home, plain);
    server.publish("/userinfo", Response::json(UNAVAILABLE, ""));
    let outcome = home.run(&["test", "Anvils", "--json"]);
    assert_eq!(outcome.code(), Some(12), "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.json()[0]["failure"]["code"], "provider_unreachable");
    assert_eq!(row(&home, "Anvils")["status"], "ok");
    assert_eq!(server.token_requests().len(), 1, "no renewal");
}

#[test]
fn a_refused_test_renews_once_and_is_repeated() {
    let home = Home::new();
    let server = connect(&home, plain);
    // The provider refuses the token before it expires; the grant is valid.
    server.invalidate("access-1");
    let tested = home.json(&["test", "Anvils"]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@scripted.example")));
    let requests = server.token_requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(requests[1].contains("refresh_token=refresh-1"), "{requests:?}");
    assert_eq!(item(&home)["access_token"], "access-2");
    assert_eq!(row(&home, "Anvils")["status"], "ok");
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, "access-2\n");
}

#[test]
fn a_test_that_is_refused_with_the_new_token_too_fails() {
    let home = Home::new();
    let server = connect(&home, plain);
    server.publish("/userinfo", Response::json("401 Unauthorized", r#"{"error":"invalid_token"}"#));
    let outcome = home.run(&["test", "Anvils", "--json"]);
    assert_eq!(outcome.code(), Some(10), "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.json()[0]["failure"]["code"], "sign_in_expired");
    assert_eq!(server.token_requests().len(), 2, "renewed once");
    assert_eq!(row(&home, "Anvils")["status"], "needs_sign_in");
}
