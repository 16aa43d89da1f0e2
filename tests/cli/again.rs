//! The second time: signing in again, renewing and giving back when something has happened since the first, at the
//! provider, in the keychain or in the program itself.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::home::Home;
use crate::support::keyrack::Outcome;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{
    self, Server, callback_on_free_port, oidc_element, plain_element, write_element,
};
use crate::support::user;
use crate::support::visitor::Visitor;

const AWAY: &str = "503 Service Unavailable";

/// A scripted provider whose tokens live for an hour, and a connection to it.
fn connected(home: &Home, element: impl Fn(&str) -> String) -> Scripted {
    let server = Scripted::start();
    server.set_life(3600);
    write_element(home, "acme", &element(&server.url));
    servers::connect(home, "acme", "maria", &["--name", "Anvils"]).ok();
    server
}

fn plain(url: &str) -> String {
    plain_element("acme", url)
}

/// Where an access token ends itself.
fn ended_by_itself(url: &str) -> String {
    let style = format!("endpoint = \"{url}/revoke\"\nstyle = \"delete_with_token\"");
    plain(url).replace(&format!("endpoint = \"{url}/revoke\""), &style)
}

fn row(home: &Home, name: &str) -> Value {
    home.list().into_iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no row {name}"))
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}"))
}

/// The one item in the keychain.
fn item(home: &Home) -> Value {
    let mut items = home.session.items();
    assert_eq!(items.len(), 1, "one item");
    items.remove(0)
}

fn reconnect(home: &Home, more: &[&str]) -> Outcome {
    servers::sign_in(home, &[&["reconnect", "Anvils", "--json"], more].concat(), "maria", &[])
}

/// Nothing that can be removed is left of a removal.
fn assert_gone(home: &Home) {
    home.assert_consistent(0);
    assert!(home.session.secrets().is_empty(), "nothing of it is left in the keychain");
}

#[test]
fn a_removal_that_renewed_first_is_told_later_with_the_newest_token() {
    // How long the token lives that the renewal brings, how it is told later, and which token it then is.
    for (life, later, newest) in [
        (3600, &["doctor"][..], "access-2"),
        (3600, &["renew", "--all"], "access-2"),
        (0, &["doctor"], "access-3"),
        (0, &["renew", "--all"], "access-3"),
    ] {
        let home = Home::new();
        let server = Scripted::start();
        write_element(&home, "acme", &ended_by_itself(&server.url));
        // It ends at once, and what has ended cannot delete itself.
        servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
        server.set_life(life);
        server.set_revocation_response(Some(Response::json(AWAY, "")));
        let removed = home.json(&["remove", "Anvils"]);
        assert_eq!(removed["revoked"], "later", "{removed}");
        assert!(home.list().is_empty(), "it is gone from the list");
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
        assert_eq!(server.revocation_count(), 2, "what is done is not done again");
    }
}

#[test]
fn a_removal_whose_grant_is_over_leaves_nothing_to_be_told_later() {
    let home = Home::new();
    let server = Scripted::start();
    write_element(&home, "acme", &ended_by_itself(&server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    server.enqueue(Response::json("400 Bad Request", r#"{"error":"invalid_grant"}"#));
    let removed = home.json(&["remove", "Anvils"]);
    // The grant has ended, or nobody here can end it: either way there is nothing to wait for.
    assert!(["yes", "no"].contains(&text(&removed, "revoked")), "{removed}");
    assert_gone(&home);
    let (asked, revoked) = (server.token_requests().len(), server.revocation_count());
    home.run(&["renew", "--all"]).ok();
    assert_eq!(
        (server.token_requests().len(), server.revocation_count()),
        (asked, revoked),
        "it is not asked again"
    );
}

#[test]
fn a_provider_that_does_not_take_a_revocation_from_this_client_has_not_ended_the_access() {
    let only_access = r#"{"access_token":"access","token_type":"Bearer","expires_in":3600}"#;
    let both = only_access.replace('}', r#","refresh_token":"refresh"}"#);
    for tokens in [only_access, &both] {
        let home = Home::new();
        let server = Scripted::start();
        write_element(&home, "acme", &plain(&server.url));
        server.enqueue(Response::json("200 OK", tokens));
        servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
        // RFC 7009 §2.2.1: refused as a client is at the token endpoint (RFC 6749 §5.2).
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

/// A connection of maria's at a real provider; a sign-in again as `login` that is killed with its token set aside, and
/// before that a renewal by another program. Returns what the renewal had put into the keychain, and what was set aside.
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
    assert_eq!(own, std::slice::from_ref(&renewed), "the connection is as it was");
    assert_eq!(aside.len(), 1, "the new token is set aside");
    (own.remove(0), aside.remove(0))
}

#[test]
fn a_sign_in_again_that_was_killed_is_finished_although_the_old_token_was_renewed_meanwhile() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let (renewed, aside) = killed_after_a_renewal(&home, &server, "maria");
    home.run(&["doctor"]).ok();
    home.assert_consistent(1);
    let kept = item(&home);
    assert_eq!(kept["refresh_token"], aside["refresh_token"], "the new sign-in is in place");
    assert_eq!((&kept["id"], &kept["name"]), (&renewed["id"], &renewed["name"]));
    assert!(server.accepts(text(&kept, "refresh_token")));
    assert_eq!(row(&home, "Anvils")["identity"], "maria@oidc.example");
    home.run(&["renew", "Anvils"]).ok();
    home.run(&["test", "Anvils"]).ok();
    assert_eq!(home.session.secrets().len(), 1, "nothing is left over");
}

#[test]
fn somebody_elses_sign_in_that_was_killed_is_given_back_and_the_renewed_one_works_on() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let (renewed, aside) = killed_after_a_renewal(&home, &server, "bob");
    assert!(server.accepts(text(&aside, "refresh_token")));
    home.run(&["doctor"]).ok();
    home.assert_consistent(1);
    assert!(!server.accepts(text(&aside, "refresh_token")), "it was given back");
    assert!(!server.accepts(text(&aside, "access_token")), "with all that came of it");
    assert_eq!(item(&home), renewed, "the old one is in its place");
    assert!(server.accepts(text(&renewed, "refresh_token")));
    home.run(&["renew", "Anvils"]).ok();
    let tested = home.json(&["test", "Anvils"]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@oidc.example")));
    assert_eq!(home.session.secrets().len(), 1, "nothing is left over");
}

/// Describes a provider by its issuer, asking for these scopes, and connects there.
fn describe(home: &Home, server: &Server, name: &str, scope: &str) {
    let (issuer, callback) = (format!("issuer={}", server.url), callback_on_free_port());
    let scope = format!("scope={scope}");
    let connect =
        ["connect", "oauth2", "--set", &issuer, "--set", &callback, "--set", &scope, "--name", name];
    servers::sign_in(home, &connect, "maria", &[]).ok();
}

/// The file of the element that a connection was made with.
fn element_file(home: &Home, name: &str) -> std::path::PathBuf {
    home.path().join("config/elements").join(text(&row(home, name), "element")).join("element.toml")
}

#[test]
fn a_provider_that_is_described_again_for_something_else_keeps_its_first_connection() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    describe(&home, &server, "First", "openid offline_access email");
    let before = home.json(&["show", "First"]);
    assert_eq!(before["identity"], "maria@oidc.example");
    // Nothing of OpenID: this one has nobody to ask whose account it is.
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
fn an_element_file_that_a_person_edited_is_not_written_over() {
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
    assert_eq!(fs::read_to_string(&file).expect("read"), edited, "byte for byte as the person left it");
    home.assert_consistent(3);
    for name in ["First", "Second", "Third"] {
        home.run(&["test", name]).ok();
        home.run(&["renew", name]).ok();
    }
    assert_eq!(row(&home, "First")["identity"], "maria@oidc.example");

    // The same where nothing is connected with it any more.
    for name in ["First", "Second", "Third"] {
        home.run(&["remove", name]).ok();
    }
    describe(&home, &server, "Fourth", "openid offline_access email");
    assert_eq!(fs::read_to_string(&file).expect("read"), edited);
}

/// Ways of not telling whose account it is.
fn silences() -> [(&'static str, Response); 3] {
    [
        ("503", Response::json(AWAY, "")),
        ("401", Response::json("401 Unauthorized", r#"{"error":"invalid_token"}"#)),
        ("silence", Response::Silence),
    ]
}

#[test]
fn a_sign_in_again_of_whom_nobody_knows_does_not_silently_take_the_place() {
    let home = Home::new();
    let server = connected(&home, plain);
    let before = item(&home);
    for (number, (what, say)) in silences().into_iter().enumerate() {
        server.publish("/userinfo", say);
        let outcome = reconnect(&home, &[]);
        assert_eq!(outcome.code(), Some(10), "{what}: {}{}", outcome.stdout, outcome.stderr);
        let error = outcome.error(10, "wrong_account");
        assert_eq!(error["expected"], "maria@scripted.example", "{what}: {error}");
        assert_eq!(error["found"], Value::Null, "{what}: nobody said who it is: {error}");
        assert_eq!(item(&home), before, "{what}: the old sign-in stays");
        home.assert_consistent(1);
        assert_eq!(row(&home, "Anvils")["identity"], "maria@scripted.example", "{what}");
        assert_eq!(server.revocation_count(), number + 1, "{what}: the new one is given back");
        let given_back = format!("token=refresh-{}", server.token_requests().len());
        assert!(server.last_revocation().contains(&given_back), "{what}: {}", server.last_revocation());
    }
}

#[test]
fn an_account_is_known_by_its_key_and_not_by_a_name_that_another_one_bears() {
    let home = Home::new();
    let keyed = |url: &str| plain(url).replace(r#"at = ["/email"]"#, "at = [\"/name\"]\nkey = \"/sub\"");
    let server = connected(&home, keyed);
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
fn a_sign_in_again_of_whom_nobody_knows_is_taken_if_any_account_will_do() {
    let home = Home::new();
    let server = connected(&home, plain);
    let id = row(&home, "Anvils")["id"].clone();
    for (what, say) in silences() {
        server.publish("/userinfo", say);
        let outcome = reconnect(&home, &["--other-account"]);
        assert_eq!(outcome.code(), Some(0), "{what}: {}{}", outcome.stdout, outcome.stderr);
        home.assert_consistent(1);
        let newest = format!("refresh-{}", server.token_requests().len());
        assert_eq!(item(&home)["refresh_token"], newest, "{what}: the new one is in place");
        let row = row(&home, "Anvils");
        assert_eq!(row["identity"], Value::Null, "{what}: whose it is now is not known: {row}");
        assert_eq!((&row["id"], &row["status"]), (&id, &json!("ok")), "{what}");

        // The next test asks again.
        let found = json!({ "email": format!("bob-{what}@scripted.example") });
        server.publish("/userinfo", Response::json("200 OK", &found.to_string()));
        let tested = home.json(&["test", "Anvils"]);
        assert_eq!(tested[0]["identity"], found["email"], "{what}");
        assert_eq!(self::row(&home, "Anvils")["identity"], found["email"], "{what}");
    }
    assert_eq!(server.revocation_count(), 0, "nothing was given back");
}

#[test]
fn a_client_that_registered_itself_and_was_forgotten_is_registered_anew() {
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
    // There is no setting that the person could mend: the client was never theirs.
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
fn a_renewal_that_was_asked_for_and_did_not_happen_is_a_failure() {
    let home = Home::new();
    let (away, well) = (Scripted::start(), Scripted::start());
    for (key, server) in [("first", &away), ("second", &well)] {
        server.set_life(3600);
        write_element(&home, key, &plain_element(key, &server.url));
        servers::connect(&home, key, "maria", &["--name", key]).ok();
    }
    let unanswered = |row: &Value| {
        assert_eq!((&row["name"], &row["ok"]), (&json!("first"), &json!(false)), "{row}");
        assert_eq!(row["failure"]["code"], "provider_unreachable", "{row}");
    };
    away.enqueue(Response::json(AWAY, ""));
    let outcome = home.run(&["renew", "first", "--json"]);
    assert_eq!(outcome.code(), Some(12), "{}{}", outcome.stdout, outcome.stderr);
    let rows = outcome.json();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    unanswered(&rows[0]);
    away.enqueue(Response::json(AWAY, ""));
    let outcome = home.run(&["renew", "first"]);
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(12), ""));
    assert!(outcome.stderr.contains("can't be reached"), "{}", outcome.stderr);
    // The token lives, and is handed out as if nothing had been.
    assert_eq!(home.run(&["token", "first"]).ok().stdout, "access-1\n");

    away.enqueue(Response::json(AWAY, ""));
    let outcome = home.run(&["renew", "--all", "--json"]);
    assert_eq!(outcome.code(), Some(12), "{}{}", outcome.stdout, outcome.stderr);
    let rows = outcome.json();
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 2, "the others go on: {rows:?}");
    unanswered(rows.iter().find(|row| row["name"] == "first").expect("its row"));
    let second = rows.iter().find(|row| row["name"] == "second").expect("its row");
    assert_eq!((&second["ok"], &second["renewed"]), (&json!(true), &json!(true)), "{second}");
    assert_eq!(home.run(&["token", "second"]).ok().stdout, "access-2\n");
}

#[test]
fn an_item_that_somebody_took_out_of_the_keychain_needs_a_sign_in() {
    let home = Home::new();
    let server = connected(&home, plain);
    let cleared = Command::new("secret-tool")
        .args(["clear", "service", "keyrack"])
        .env_clear()
        .envs(home.session.environment())
        .status();
    assert!(cleared.expect("secret-tool is installed").success());
    assert!(home.session.items().is_empty());
    home.run(&["token", "Anvils", "--json"]).error(10, "sign_in_expired");
    assert_eq!(row(&home, "Anvils")["status"], "needs_sign_in");
    assert_eq!(server.token_requests().len(), 1, "there is nothing to ask the provider with");
    let again = servers::sign_in(&home, &["reconnect", "Anvils"], "maria", &[]);
    again.ok();
    assert_eq!(row(&home, "Anvils")["status"], "ok");
    home.assert_consistent(1);
}

#[test]
fn a_provider_that_is_away_when_it_is_tested_says_nothing_of_the_sign_in() {
    let home = Home::new();
    let server = connected(&home, plain);
    server.publish("/userinfo", Response::json(AWAY, ""));
    let outcome = home.run(&["test", "Anvils", "--json"]);
    assert_eq!(outcome.code(), Some(12), "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.json()[0]["failure"]["code"], "provider_unreachable");
    assert_eq!(row(&home, "Anvils")["status"], "ok");
    assert_eq!(server.token_requests().len(), 1, "and is no reason to renew");
}

#[test]
fn a_test_that_is_refused_renews_once_and_asks_again() {
    let home = Home::new();
    let server = connected(&home, plain);
    // Ended at the provider before its time; the grant lives on.
    server.invalidate("access-1");
    let tested = home.json(&["test", "Anvils"]);
    assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!("maria@scripted.example")));
    let heard = server.token_requests();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[1].contains("refresh_token=refresh-1"), "{heard:?}");
    assert_eq!(item(&home)["access_token"], "access-2");
    assert_eq!(row(&home, "Anvils")["status"], "ok");
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, "access-2\n");
}

#[test]
fn a_test_that_is_refused_with_the_new_token_too_says_so() {
    let home = Home::new();
    let server = connected(&home, plain);
    server.publish("/userinfo", Response::json("401 Unauthorized", r#"{"error":"invalid_token"}"#));
    let outcome = home.run(&["test", "Anvils", "--json"]);
    assert_eq!(outcome.code(), Some(10), "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.json()[0]["failure"]["code"], "sign_in_expired");
    assert_eq!(server.token_requests().len(), 2, "it was renewed once, and no more");
    assert_eq!(row(&home, "Anvils")["status"], "needs_sign_in");
}
