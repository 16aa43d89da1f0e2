//! The pass-through: a script uses an account without getting its token. Streaming is tested in `io/stream`; these tests
//! use the practice provider.

use serde_json::Value;

use super::{CALLBACK, Served, parameters};
use crate::support::home::{Home, wait_until};
use crate::support::platform::Platform;
use crate::support::user;

#[test]
fn a_call_is_forwarded_with_a_token_that_the_caller_does_not_get() {
    let home = Home::new();
    let served = Served::start(&home);
    let token = served.create("Support")["token"].as_str().expect("a token").to_owned();
    let answer = served.call_as(&token, "GET", "/raw/me?fields=all");
    assert_eq!(answer.ok()["email"], "maria@practice.example");
    assert!(answer.header("elements-request-id").is_some());
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    let access = home.session.items()[0]["access_token"].as_str().expect("one").to_owned();
    assert!(!answer.head.contains(&access) && !answer.text().contains(&access));
    // Refusals of the product are unchanged.
    let missing = served.call_as(&token, "GET", "/raw/nothing");
    assert_eq!(missing.status, 404);
    assert!(!missing.text().contains("requestId"));
    // Without the secrets of an instance nothing is forwarded.
    served.call("GET", "/raw/me").refused(401);
    served.bare("/raw/me", &[]).refused(401);
    served.call_as("wrong", "GET", "/raw/me").refused(401);
    // A refused body of a client that waits for 100 Continue.
    let large = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(large.path(), vec![b'a'; 3 * 1024 * 1024]).expect("written");
    let data = format!("@{}", large.path().display());
    let header = served.element(&token);
    let posted = served
        .bare("/raw/me", &["-X", "PUT", "-H", &header, "-H", "Expect: 100-continue", "--data-binary", &data]);
    assert_eq!(posted.status, 405, "{}", posted.head);
}

#[test]
fn paths_out_of_the_api_are_refused() {
    let home = Home::new();
    let served = Served::start(&home);
    let token = served.create("Support")["token"].as_str().expect("a token").to_owned();
    let header = served.element(&token);
    for path in [
        "/raw/../desk/me",
        "/raw/%2e%2e/desk/me",
        "/raw/a/.%2E/b",
        "/raw/a/./b",
        "/raw/..%2fdesk/me",
        "/raw/..%5cdesk",
    ] {
        served.bare(path, &["--path-as-is", "-H", &header]).refused(400);
    }
    // Two slashes do not start another host.
    let answer = served.bare("/raw//evil.example/me", &["--path-as-is", "-H", &header]);
    assert_eq!(answer.status, 404, "{}", answer.head);
}

#[test]
fn a_redirect_is_returned_and_not_followed() {
    let home = Home::new();
    let served = Served::start(&home);
    let token = served.create("Support")["token"].as_str().expect("a token").to_owned();
    // The authorization endpoint redirects with an error to an incomplete request.
    let query = format!("client_id=app&redirect_uri={CALLBACK}&response_type=none");
    let answer = served.call_as(&token, "GET", &format!("/raw/oauth2/authorize?{query}"));
    assert_eq!(answer.status, 303, "{}", answer.head);
    let location = answer.header("location").expect("a location");
    assert!(location.starts_with(CALLBACK) && location.contains("unsupported_response_type"), "{location}");
}

#[test]
fn an_expired_token_is_renewed_before_the_call() {
    let home = Home::new();
    let platform =
        Platform::start_with(&home, &["--workspace", "practice"], &[("KEYRACK_PRACTICE_LIFE", "2")]);
    let served = Served { platform };
    let token = served.create("Support")["token"].as_str().expect("a token").to_owned();
    let ends = home.list()[0]["expires_at"].as_i64().expect("an end");
    let before = home.session.items()[0]["access_token"].clone();
    wait_until(ends);
    served.call_as(&token, "GET", "/raw/me").ok();
    assert_ne!(home.session.items()[0]["access_token"], before);
}

#[test]
fn an_oauth_1_call_is_signed() {
    let home = Home::new();
    let served = Served::start(&home);
    let query = format!("apiKey=app&apiSecret=s3cret&callbackUrl={CALLBACK}&siteAddress=acme");
    let issued = served.bare(&format!("/elements/desk/oauth/token?{query}"), &[]).ok();
    let request_token = issued["token"].as_str().expect("one");
    let begin = format!("/elements/desk/oauth/url?{query}&requestToken={request_token}");
    let callback = user::allow(served.bare(&begin, &[]).ok()["oauthUrl"].as_str().expect("an address"));
    let mut provider_data = parameters(&callback);
    provider_data["secret"] = issued["secret"].clone();
    let body = serde_json::json!({
        "name": "Desk", "element": { "key": "desk" }, "providerData": provider_data,
        "configuration": { "oauth.api.key": "app", "oauth.api.secret": "s3cret", "oauth.callback.url": CALLBACK },
    });
    let made: Value = served.send("POST", "/instances", &body).ok();
    let token = made["token"].as_str().expect("a token");
    // The practice provider checks the signature, which includes the query.
    assert_eq!(served.call_as(token, "GET", "/raw/me?a=b%20c&a=%2B&empty").ok()["id"], "practice-1");
    // The caller may not send a parameter of the signature.
    let message = served.call_as(token, "GET", "/raw/me?oauth_token=x").refused(400);
    assert_eq!(message, "The request cannot be signed: the parameter oauth_token is given twice.");
}
