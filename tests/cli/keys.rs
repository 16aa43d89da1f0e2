//! Keys: their end, and replacing them.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::support::home::Home;
use crate::support::session::Session;

/// The day after so many days, as the program reads it.
fn day_in(days: i64) -> String {
    (OffsetDateTime::now_utc() + Duration::days(days)).date().to_string()
}

/// Connects Stripe in practice with a key that ends in so many days.
#[track_caller]
fn connect_key(home: &Home, name: &str, days: i64) -> Value {
    let day = day_in(days);
    home.practise(&["stripe", "--name", name, "--ends", &day, "--json"], &[]).wait().ok().json()
}

#[track_caller]
fn key_of(home: &Home, name: &str) -> String {
    home.run(&["token", name, "--workspace", "practice"]).ok().stdout.trim().to_owned()
}

#[test]
fn keys_that_end_are_counted_a_week_before() {
    let home = Home::new();
    for (name, days, end) in
        [("Far", 30, None), ("Near", 4, Some("week")), ("Next", 1, Some("day")), ("Past", -3, Some("over"))]
    {
        let connected = connect_key(&home, name, days);
        // At noon of the first and the last day either is right.
        if days != 1 {
            assert_eq!(connected["key_end"].as_str(), end, "{name}");
        }
    }
    let listed = home.run(&["list"]).ok();
    assert!(listed.stderr.contains("2 keys end within a week."), "{}", listed.stderr);
    assert!(listed.stderr.contains("The end of 1 key has passed."), "{}", listed.stderr);
    let line =
        format!("Near ends on {}. To replace it: keyrack replace-key Near --workspace practice", day_in(4));
    assert!(listed.stderr.contains(&line), "{}", listed.stderr);
    assert!(listed.stderr.contains("made at https://dashboard.stripe.com/apikeys"), "{}", listed.stderr);
    assert!(!listed.stderr.contains("Far"), "{}", listed.stderr);
}

#[test]
fn a_replaced_key_keeps_the_connection_and_not_the_end_of_the_old_one() {
    let home = Home::new();
    let before = connect_key(&home, "Shop", 2);
    let old = key_of(&home, "Shop");
    let arguments = ["replace-key", "Shop", "--secret", "api.key=env:NEW_KEY", "--json"];
    let replaced = home.start_with(&arguments, &[("NEW_KEY", "sk_new_1")]).wait().ok();
    let after = replaced.json();
    assert_eq!(replaced.stderr, "");
    assert_eq!((&after["id"], &after["name"]), (&before["id"], &before["name"]));
    assert!(before["expires_at"].is_i64() && after["expires_at"].is_null(), "{after}");
    assert_eq!(key_of(&home, "Shop"), "sk_new_1");
    assert_ne!(old, "sk_new_1");
    assert!(!home.run(&["list"]).ok().stderr.contains("within a week"));
}

#[test]
fn an_end_may_be_given_without_a_new_key() {
    let home = Home::new();
    connect_key(&home, "Shop", 2);
    let key = key_of(&home, "Shop");
    let day = day_in(400);
    let after = home.json(&["reconnect", "Shop", "--ends", &day]);
    assert!(after["key_end"].is_null() && after["expires_at"].is_i64(), "{after}");
    assert_eq!(key_of(&home, "Shop"), key);
}

#[test]
fn what_cannot_replace_a_key_is_said_before_anything_changes() {
    let home = Home::new();
    connect_key(&home, "Shop", 20);
    home.connect(&["zendesk"]);
    let key = key_of(&home, "Shop");
    // Standard input of a test is no terminal.
    let error = home.run(&["replace-key", "Shop", "--json"]).error(2, "form_invalid");
    assert_eq!(error["fields"][0]["key"], "api.key");
    let plain = home.run(&["replace-key", "Shop"]);
    assert!(plain.stderr.contains("--secret api.key="), "{}", plain.stderr);
    let error = home.run(&["replace-key", "Zendesk", "--json"]).error(2, "usage");
    assert!(error["detail"].as_str().is_some_and(|text| text.contains("keyrack reconnect")), "{error}");
    for day in ["tomorrow", "2027-02-30", "31.01.2027"] {
        let error = home.run(&["reconnect", "Shop", "--ends", day, "--json"]).error(2, "form_invalid");
        assert_eq!(error["fields"][0]["key"], "keyrack.ends", "{day}");
    }
    assert_eq!(key_of(&home, "Shop"), key);
}

#[test]
fn a_product_without_a_key_has_no_end() {
    let home = Home::in_session(Session::without_keyring());
    let arguments = ["connect", "zendesk", "--workspace", "practice", "--ends", "2031-01-31", "--json"];
    let error = home.run(&arguments).error(2, "form_invalid");
    assert_eq!(error["fields"][0]["key"], "keyrack.ends");
}
