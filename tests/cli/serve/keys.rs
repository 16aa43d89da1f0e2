//! Products with a key, and products with several ways to connect.

use serde_json::json;

use super::{CALLBACK, Served};
use crate::support::home::Home;
use crate::support::user;

#[test]
fn a_key_is_kept_and_added_to_calls_that_are_passed_through() {
    let home = Home::new();
    let served = Served::start(&home);
    let body = json!({
        "name": "Metrics", "element": { "key": "datadog" },
        "configuration": { "api.key": "practice-key-1", "datadog.application.key": "practice-app-1" },
    });
    let made = served.send("POST", "/instances", &body).ok();
    let token = made["token"].as_str().expect("a token").to_owned();
    assert_eq!(served.call_as(&token, "GET", "/raw/me").ok()["email"], "maria@practice.example");
    assert_eq!(home.list()[0]["element"], "datadog");
    let printed = home.run(&["token", "Metrics", "--format", "header"]).ok().stdout;
    assert!(printed.contains("DD-API-KEY: practice-key-1"), "{printed}");
    served
        .send("POST", "/instances", &json!({ "name": "None", "element": { "key": "datadog" } }))
        .refused(400);
    home.assert_consistent(1);
}

/// Linear takes a key, which is easiest, and an app.
#[test]
fn a_sign_in_that_began_in_one_way_is_finished_in_it() {
    let home = Home::new();
    let served = Served::start(&home);
    let form = [
        ("apiKey", "app"),
        ("apiSecret", "s3cret"),
        ("callbackUrl", CALLBACK),
        ("state", "s-0123456789abcdef"),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let address = served.call("GET", &format!("/elements/linear/oauth/url?{query}")).ok();
    let callback = user::allow(address["oauthUrl"].as_str().expect("an address"));
    let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let body = json!({
        "name": "Tasks", "element": { "key": "linear" },
        "configuration": { "oauth.api.key": "app", "oauth.api.secret": "s3cret" },
        "providerData": { "code": code, "state": "s-0123456789abcdef" },
    });
    let made = served.send("POST", "/instances", &body).ok();
    assert_eq!(made["name"], "Tasks");
    let row = home.list().remove(0);
    assert_eq!(row["way"], "own-app", "{row}");
    home.run(&["renew", "Tasks"]).ok();
    home.run(&["test", "Tasks"]).ok();
    home.assert_consistent(1);
}
