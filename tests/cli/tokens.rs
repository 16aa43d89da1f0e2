//! `keyrack token`: its formats and renewals.

use crate::support::home::{Home, wait_until};
use crate::support::rounds;

#[test]
fn a_token_is_printed_in_the_requested_format() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Support"]);
    let item = &home.session.items()[0];
    let text = |member: &str| item[member].as_str().expect("a text").to_owned();
    let (token, element_token) = (text("access_token"), text("element_token"));
    let printed = |arguments: &[&str]| home.run(&[&["token", "support"], arguments].concat()).ok().stdout;
    assert_eq!(printed(&[]), format!("{token}\n"));
    assert_eq!(printed(&["--format", "header"]), format!("Authorization: Bearer {token}\n"));
    assert_eq!(printed(&["--element-token"]), format!("{element_token}\n"));
    // The header that `keyrack serve` expects: the caller and the instance.
    let header = printed(&["--element-token", "--format", "header"]);
    assert!(header.starts_with("Authorization: User "), "{header}");
    assert!(header.ends_with(&format!(", Element {element_token}\n")), "{header}");
    let environment = printed(&["--format", "env"]);
    let mut lines = environment.lines();
    assert_eq!(lines.next(), Some(format!("export KEYRACK_TOKEN='{token}'").as_str()));
    assert!(lines.next().is_some_and(|line| line.starts_with("export KEYRACK_EXPIRES_AT=")));
    let environment = printed(&["--format", "powershell"]);
    let mut lines = environment.lines();
    assert_eq!(lines.next(), Some(format!("$env:KEYRACK_TOKEN = '{token}'").as_str()));
    assert!(lines.next().is_some_and(|line| line.starts_with("$env:KEYRACK_EXPIRES_AT = ")));
    let json = home.json(&["token", "Support"]);
    assert_eq!((&json["token"], &json["token_type"]), (&item["access_token"], &"Bearer".into()));
    assert_eq!(json["header"], format!("Authorization: Bearer {token}"));
    assert_eq!(json["id"], item["id"]);
    assert!(json["expires_at"].is_i64());
    let by_id = home.run(&["token", &text("id")]).ok();
    assert_eq!(by_id.stdout.trim_end(), token, "by id");
}

#[test]
fn an_oauth_1_token_has_a_secret_and_no_header() {
    let home = Home::new();
    home.connect(&["desk"]);
    let item = &home.session.items()[0];
    let json = home.json(&["token", "Desk.com"]);
    assert_eq!((&json["token"], &json["token_secret"]), (&item["access_token"], &item["token_secret"]));
    assert!(json.get("header").is_none());
    let environment = home.run(&["token", "Desk.com", "--format", "env"]).ok().stdout;
    assert!(
        environment
            .contains(&format!("KEYRACK_TOKEN_SECRET='{}'", item["token_secret"].as_str().expect("a text")))
    );
    let header = home.run(&["token", "Desk.com", "--format", "header"]);
    assert_eq!((header.code(), header.stdout.as_str()), (Some(2), ""));
    assert!(header.stderr.contains("signs each request"), "{}", header.stderr);
    let element = home.run(&["token", "Desk.com", "--format", "header", "--element-token"]).ok();
    let token = item["element_token"].as_str().expect("a text");
    assert!(element.stdout.ends_with(&format!(", Element {token}\n")), "{}", element.stdout);
}

#[test]
fn all_practice_connections_are_tested_and_renewed_in_one_run() {
    let home = Home::new();
    for name in ["One", "Two", "Three"] {
        home.connect(&["zendesk", "--name", name]);
    }
    home.connect(&["desk", "--name", "Four"]);
    for command in [["test", "--all"], ["renew", "--all"]] {
        let rows = home.json(&[&command[..], &["--workspace", "practice"]].concat());
        let ok = rows.as_array().expect("rows").iter().filter(|row| row["ok"] == true).count();
        assert_eq!(ok, 4, "{command:?}: {rows}");
    }
    assert!(home.list().iter().all(|row| row["status"] == "ok"), "{:?}", home.list());
}

/// Connects with an access token that has expired.
fn connect_expired(home: &Home) {
    home.connect_with(&["zendesk"], &[("KEYRACK_PRACTICE_LIFE", "1")]);
    wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));
}

#[test]
fn an_expired_token_is_renewed_and_saved() {
    let home = Home::new();
    connect_expired(&home);
    let old = home.session.items().remove(0);
    let printed = home.run(&["token", "Zendesk"]).ok().stdout;
    let new = home.session.items().remove(0);
    assert_eq!(printed.trim_end(), new["access_token"]);
    assert_ne!(old["access_token"], new["access_token"]);
    assert_ne!(old["refresh_token"], new["refresh_token"], "the provider rotates");
    assert_eq!(old["element_token"], new["element_token"], "the Element token stays");
    let row = &home.list()[0];
    assert!(row["renewed_at"].as_i64() > row["created_at"].as_i64());
    let again = home.run(&["token", "Zendesk", "--min-ttl", "100000"]).ok().stdout;
    assert_eq!(again, printed, "--min-ttl is limited to a third of the lifetime");
}

#[test]
fn eight_concurrent_processes_make_one_renewal() {
    for _ in 0..rounds() {
        let home = Home::new();
        connect_expired(&home);
        let running: Vec<_> = (0..8).map(|_| home.start(&["token", "Zendesk"])).collect();
        let printed: Vec<_> = running.into_iter().map(|running| running.wait().ok().stdout).collect();
        assert!(printed.iter().all(|token| *token == printed[0]), "all got the same token");
        assert_eq!(home.session.items()[0]["access_token"], printed[0].trim_end());
        let issued = home.count("SELECT count(*) FROM practice_credential WHERE kind = 'refresh'");
        assert_eq!(issued, 2, "one at the sign-in and one at the renewal");
        assert_eq!(home.count("SELECT count(*) FROM practice_grant WHERE revoked <> 0"), 0, "no replay");
    }
}

#[test]
fn a_grant_ended_by_the_provider_needs_a_sign_in() {
    let home = Home::new();
    connect_expired(&home);
    home.index().execute("UPDATE practice_grant SET revoked = 1", []).expect("revoked");
    home.run(&["token", "Zendesk", "--json"]).error(10, "sign_in_expired");
    assert_eq!(home.list()[0]["status"], "needs_sign_in");
    assert!(home.session.items()[0]["refresh_token"].is_null(), "a refused token is deleted");
}

#[test]
fn a_connection_without_an_item_needs_a_sign_in() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    let id = home.list()[0]["id"].as_str().expect("an id").to_owned();
    home.index().execute("UPDATE connection SET id = 'another'", []).expect("changed");
    home.run(&["token", "Zendesk", "--json"]).error(10, "sign_in_expired");
    home.run(&["show", &id, "--json"]).error(3, "connection_unknown");
}
