//! The client against a scripted platform, over real loopback sockets.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::*;
use crate::domain::credential::Credential;
use crate::domain::error::PlatformAnswer;
use crate::domain::form::{FieldProblem, Problem};
use crate::platform::{Issued, NotCreated};
use crate::scripted::{Reply, Seen, Server, json, status, with};

const ATTEMPT: &str = "0123456789abcdef0123456789abcdef";
const TAG: &str = "keyrack:0123456789abcdef0123456789abcdef";
/// With the characters that secrets have and that a query would encode.
const USER: &str = "us+er/secret=";
const ORGANIZATION: &str = "0123456789abcdef";

fn client(server: &Server) -> Hosted {
    let secrets = Secrets { user: USER.into(), organization: ORGANIZATION.into() };
    let mut hosted = Hosted::new(&Http::default(), server.base.clone(), secrets);
    // The same rules in less time.
    hosted.pace.call = Duration::from_secs(5);
    hosted.pace.first_pause = Duration::from_millis(4);
    hosted.pace.looks = [0, 10, 20, 40].map(Duration::from_millis);
    hosted
}

fn body() -> InstanceBody {
    InstanceBody {
        element: "zendesk".into(),
        name: "Support".into(),
        tags: vec!["mine".into()],
        provider_data: vec![("code".into(), "c0de-value".into())],
        configuration: vec![
            ("oauth.api.key".into(), "the-key".into()),
            ("oauth.api.secret".into(), "s3cr3t/value".into()),
            ("zendesk.subdomain".into(), "acme".into()),
        ],
    }
}

/// A new sign-in to the instance 7, in place.
async fn sign_in_again(hosted: &Hosted) -> Result<Instance, Failure> {
    let InstanceBody { provider_data, configuration, .. } = body();
    let (provider_data, configuration) = (Some(provider_data), Some(configuration));
    let change = InstanceChange { provider_data, configuration, ..InstanceChange::default() };
    hosted.patch_element("zendesk", "7", &change).await
}

fn call(query: &[(&str, &str)]) -> OauthCall {
    let query = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).into())).collect();
    OauthCall { path_key: "zendesk".into(), query }
}

fn created(id: &str, token: &str, tags: &str) -> String {
    format!(
        r#"{{"id":{id},"name":"Support","token":"{token}","tags":[{tags}],"valid":true,"disabled":false,
            "element":{{"id":41,"key":"zendesk","name":"Zendesk"}},
            "configuration":{{"zendesk.subdomain":"acme","oauth.api.secret":"********"}}}}"#
    )
}

fn said(failure: &Failure) -> PlatformAnswer {
    failure.platform.as_deref().cloned().expect("the platform's answer")
}

/// A script that answers each call of a kind with the next reply of its list; the last stays.
fn in_turn(replies: Vec<fn() -> Reply>) -> impl FnMut(&Seen) -> Reply {
    let mut next = 0;
    move |_| {
        let reply = replies[next.min(replies.len() - 1)]();
        next += 1;
        reply
    }
}

async fn always(reply: fn() -> Reply) -> (Server, Hosted) {
    let server = Server::start(move |_| reply()).await;
    let hosted = client(&server);
    (server, hosted)
}

// ---- the calls ----

#[tokio::test]
async fn each_call_carries_its_own_authorization() {
    let server = Server::start(|seen| match seen.target.as_str() {
        target if target.starts_with("/instances?") => json("[]"),
        target if target.starts_with("/elements?") => json("[]"),
        "/elements/zendesk" => json(r#"{"key":"zendesk","name":"Zendesk","configuration":[{"key":"a"}]}"#),
        target if target.contains("/oauth/token") => json(r#"{"token":"t","secret":"s"}"#),
        target if target.contains("/oauth/url") => json(r#"{"oauthUrl":"https://x.example/a"}"#),
        target if target.starts_with("/instances") && seen.method != "DELETE" => {
            json(&created("7", "et", &format!("\"{TAG}\"")))
        }
        _ => json("{}"),
    })
    .await;
    let hosted = client(&server);
    hosted.check().await.unwrap();
    hosted.oauth_token(&call(&[("apiKey", "k")])).await.unwrap();
    hosted.oauth_url(&call(&[("apiKey", "k")])).await.unwrap();
    hosted.create_instance(&body(), ATTEMPT).await.unwrap();
    hosted.find_attempt(ATTEMPT).await.unwrap();
    hosted.instances().await.unwrap();
    hosted.instance("7").await.unwrap();
    hosted.patch("7", &InstanceChange { name: Some("x".into()), ..Default::default() }).await.unwrap();
    sign_in_again(&hosted).await.unwrap();
    hosted.take_tag_off("7", ATTEMPT).await.unwrap();
    hosted.set_enabled("7", true).await.unwrap();
    hosted.set_enabled("7", false).await.unwrap();
    hosted.delete("7").await.unwrap();
    hosted.elements().await.unwrap();
    hosted.element("zendesk").await.unwrap();
    hosted.ping(&"el/em+ent=".into()).await.unwrap();
    let lines = server.lines();
    assert_eq!(
        lines,
        [
            "GET /organizations/me",
            "GET /elements/zendesk/oauth/token?apiKey=k",
            "GET /elements/zendesk/oauth/url?apiKey=k",
            "POST /instances",
            &format!("GET /instances?tags%5B%5D=keyrack%3A{ATTEMPT}&pageSize=200"),
            "GET /instances?pageSize=200",
            "GET /instances/7",
            "PATCH /instances/7",
            "PATCH /instances/7",
            "GET /instances/7",
            "PATCH /instances/7",
            "PUT /instances/7/enabled",
            "DELETE /instances/7/enabled",
            "DELETE /instances/7",
            "GET /elements?pageSize=200",
            "GET /elements/zendesk",
            "GET /ping",
        ]
    );
    for seen in server.seen() {
        let expected = match seen.target.as_str() {
            "/ping" => "User us+er/secret=, Organization 0123456789abcdef, Element el/em+ent=",
            _ => "User us+er/secret=, Organization 0123456789abcdef",
        };
        assert_eq!(seen.header("authorization"), Some(expected), "{}", seen.line());
        assert_eq!(seen.header("accept"), Some("application/json"));
        assert_eq!(seen.header("content-type").is_some(), !seen.body.is_empty());
        assert!(!seen.target.contains("secret"), "{}", seen.target);
    }
}

#[tokio::test]
async fn the_query_is_encoded_and_comes_back_byte_for_byte() {
    let (server, hosted) =
        always(|| json(r#"{"oauthUrl":" https://x.example/a?b=c ","element":"other"}"#)).await;
    let query =
        [("callbackUrl", "https://www.mycoolapp.com/auth?a=b&c=d"), ("apiSecret", "a+b/c= d"), ("x.y", "ä")];
    let answer = hosted.oauth_url(&call(&query)).await.unwrap();
    assert_eq!(answer.oauth_url, "https://x.example/a?b=c");
    assert!(answer.verifier.is_none());
    let seen = &server.seen()[0];
    let address = Url::parse(&format!("http://x{}", seen.target)).unwrap();
    let back: Vec<(String, String)> = address.query_pairs().map(|(n, v)| (n.into(), v.into())).collect();
    assert_eq!(back, query.map(|(n, v)| (n.to_owned(), v.to_owned())));
}

#[tokio::test]
async fn an_instance_is_made_with_its_tag_and_known_by_its_token() {
    let (server, hosted) = always(|| json(&created("5821", "t0ken/=", "\"mine\""))).await;
    let Issued { token, instance, credential, hosts, .. } =
        hosted.create_instance(&body(), ATTEMPT).await.unwrap();
    assert_eq!(token.expose(), "t0ken/=");
    assert_eq!(instance.as_deref(), Some("5821"));
    assert!(matches!(credential, Credential::ElementTokenOnly));
    assert_eq!(hosts, ["127.0.0.1"]);
    let sent = server.seen()[0].json();
    assert_eq!(sent["element"]["key"], "zendesk");
    assert_eq!(sent["name"], "Support");
    assert_eq!(sent["tags"], serde_json::json!(["mine", TAG]));
    assert_eq!(sent["providerData"], serde_json::json!({"code": "c0de-value"}));
    assert_eq!(sent["configuration"]["oauth.api.secret"], "s3cr3t/value");
    // Without a browser there is nothing to hand over.
    let without = InstanceBody { provider_data: vec![], ..body() };
    hosted.create_instance(&without, ATTEMPT).await.unwrap();
    assert!(server.seen()[1].json().get("providerData").is_none());
}

#[tokio::test]
async fn a_change_names_only_what_changes() {
    let (server, hosted) = always(|| json(&created("7", "t", ""))).await;
    let name = InstanceChange { name: Some("New".into()), ..Default::default() };
    assert_eq!(hosted.patch("7", &name).await.unwrap().id, "7");
    assert_eq!(server.seen()[0].json(), serde_json::json!({"name": "New"}));
}

#[tokio::test]
async fn only_the_own_mark_is_taken_off() {
    let (server, hosted) =
        always(|| json(&created("7", "t", &format!(r#""mine","{TAG}","word","keyrack:other""#)))).await;
    hosted.take_tag_off("7", ATTEMPT).await.unwrap();
    assert_eq!(server.lines(), ["GET /instances/7", "PATCH /instances/7"]);
    assert_eq!(server.seen()[1].json(), serde_json::json!({"tags": ["mine", "word", "keyrack:other"]}));
    // Without it there is nothing to change.
    hosted.take_tag_off("7", "another").await.unwrap();
    assert_eq!(server.lines()[2..], ["GET /instances/7"]);
}

#[tokio::test]
async fn a_change_that_is_only_confirmed_is_read_afterwards() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "PATCH" => json(""),
        _ => json(&created("7", "t", "")),
    })
    .await;
    assert_eq!(sign_in_again(&client(&server)).await.unwrap().name, "Support");
    assert_eq!(server.lines(), ["PATCH /instances/7", "GET /instances/7"]);
}

// ---- an instance is made exactly once ----

/// A platform that carries out `POST` but answers as `post` says; the instance is found from look `from` on.
async fn half_broken(post: fn() -> Reply, from: usize) -> Server {
    let looks = Arc::new(Mutex::new(0));
    Server::start(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", _) => post(),
        ("GET", target) if target.starts_with("/instances?") => {
            let mut looks = looks.lock().unwrap();
            *looks += 1;
            if *looks < from {
                return status(404, r#"{"message":"No instances found"}"#);
            }
            // The list masks the token, and holds another that does not carry the tag.
            let (other, ours) = (created("6", "other", ""), created("7", "********", &format!("\"{TAG}\"")));
            json(&format!("[{other},{ours}]"))
        }
        ("GET", "/instances/7") => json(&created("7", "the-token", &format!("\"{TAG}\""))),
        ("GET", "/elements/zendesk") => status(404, "{}"),
        other => panic!("not expected: {other:?}"),
    })
    .await
}

#[tokio::test]
async fn a_connection_cut_after_the_call_leaves_one_instance_which_is_adopted() {
    let server = half_broken(|| Reply::Cut, 1).await;
    let issued = client(&server).create_instance(&body(), ATTEMPT).await.unwrap();
    assert_eq!(issued.token.expose(), "the-token");
    assert_eq!(issued.instance.as_deref(), Some("7"));
    assert_eq!(server.count("POST"), 1);
    assert_eq!(server.lines()[2], "GET /instances/7");
}

#[tokio::test]
async fn a_platform_that_is_still_working_is_looked_at_again() {
    for post in [
        || status(500, r#"{"requestId":"abc","message":"An unexpected error occurred"}"#),
        || status(504, "<html>gateway</html>"),
        || json("<html>done?</html>"),
        || json(r#"{"name":"no id"}"#),
        || Reply::Flood(2 * 1024 * 1024),
    ] as [fn() -> Reply; 5]
    {
        let server = half_broken(post, 2).await;
        let issued = client(&server).create_instance(&body(), ATTEMPT).await.unwrap();
        assert_eq!(issued.token.expose(), "the-token");
        assert_eq!(server.count("POST"), 1);
    }
}

#[tokio::test]
async fn an_instance_that_is_not_found_stays_uncertain() {
    let post = || status(500, r#"{"requestId":"abc","message":"An unexpected error occurred"}"#);
    let server = half_broken(post, usize::MAX).await;
    let NotCreated { failure, uncertain } =
        client(&server).create_instance(&body(), ATTEMPT).await.unwrap_err();
    assert!(uncertain);
    assert_eq!(failure.code, Code::PlatformUncertain);
    assert_eq!(said(&failure).status, Some(500));
    assert_eq!(said(&failure).request_id.as_deref(), Some("abc"));
    assert_eq!(server.count("POST"), 1);
    assert_eq!(server.count("GET /instances?"), 4);
}

#[tokio::test]
async fn a_platform_that_falls_silent_altogether_leaves_it_uncertain() {
    let (server, mut hosted) = always(|| Reply::Cut).await;
    hosted.pace.search = Duration::from_millis(200);
    let not = hosted.create_instance(&body(), ATTEMPT).await.unwrap_err();
    assert!(not.uncertain);
    assert_eq!(not.failure.code, Code::PlatformUncertain);
    assert_eq!(not.failure.detail.as_deref(), Some("the connection was lost"));
    assert_eq!(server.count("POST"), 1);
}

#[tokio::test]
async fn without_a_connection_nothing_was_made() {
    let (server, _) = always(|| Reply::Cut).await;
    let mut hosted = client(&server);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    hosted.base_url = format!("http://{closed}/elements/api-v2").parse().unwrap();
    let not = hosted.create_instance(&body(), ATTEMPT).await.unwrap_err();
    assert!(!not.uncertain);
    assert_eq!(not.failure.code, Code::PlatformUnreachable);
    assert_eq!(not.failure.host.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn a_providers_refusal_behind_a_failure_is_told_and_looked_after() {
    for (post, code) in [
        (
            (|| status(500, r#"{"message":"Failed","providerMessage":"{\"error\":\"invalid_grant\"}"}"#))
                as fn() -> Reply,
            Code::AuthorizationExpired,
        ),
        (
            || status(502, r#"{"message":"Failed","providerMessage":"3100 - AuthorizationFailed"}"#),
            Code::PlatformRejected,
        ),
    ] {
        let server = half_broken(post, usize::MAX).await;
        let not = client(&server).create_instance(&body(), ATTEMPT).await.unwrap_err();
        assert_eq!((not.failure.code, not.uncertain), (code, true));
        assert_eq!((server.count("POST"), server.count("GET /instances?")), (1, 4));
        assert!(said(&not.failure).provider_message.is_some());
        // If there is one after all, in a list that lags behind, it counts.
        let server = half_broken(post, 4).await;
        assert!(client(&server).create_instance(&body(), ATTEMPT).await.is_ok());
    }
}

#[tokio::test]
async fn a_definite_refusal_is_not_looked_after() {
    let cases: [(fn() -> Reply, Code); 9] = [
        (|| status(400, r#"{"message":"invalid_grant: code was already used"}"#), Code::AuthorizationExpired),
        (|| status(401, r#"{"message":"The authorization code has expired"}"#), Code::AuthorizationExpired),
        (
            || {
                status(
                    401,
                    r#"{"message":"Invalid Organization or User secret, or invalid Element token provided."}"#,
                )
            },
            Code::WorkspaceSecrets,
        ),
        (|| status(403, r#"{"message":"Forbidden"}"#), Code::PlatformRejected),
        (|| status(404, r#"{"message":"No element found with key zendesk"}"#), Code::ElementUnknown),
        (|| status(409, r#"{"message":"already exists"}"#), Code::PlatformRejected),
        (|| status(413, r#"{"message":"too large"}"#), Code::PlatformLimit),
        (|| with(429, "retry-after: 20", r#"{"message":"slow down"}"#), Code::PlatformBusy),
        (|| with(302, "location: https://login.example.com/x?y=z", ""), Code::PlatformBadResponse),
    ];
    for (post, code) in cases {
        let server = half_broken(post, 1).await;
        let not = client(&server).create_instance(&body(), ATTEMPT).await.unwrap_err();
        assert_eq!((not.failure.code, not.uncertain), (code, false));
        assert_eq!((server.count("POST"), server.count("GET /instances")), (1, 0), "{code:?}");
    }
}

#[tokio::test]
async fn a_masked_token_is_asked_for_once() {
    for (second, expected) in [("real", Ok("real")), ("********", Err(Code::PlatformBadResponse))] {
        for first in [created("7", "********", ""), created("7", "", ""), r#"{"id":7}"#.to_owned()] {
            let server = Server::start(move |seen| match seen.method.as_str() {
                "POST" => json(&first),
                _ => json(&created("7", second, "")),
            })
            .await;
            let result = client(&server).create_instance(&body(), ATTEMPT).await;
            assert_eq!(server.lines(), ["POST /instances", "GET /instances/7"]);
            let short = match &result {
                Ok(issued) => Ok(issued.token.expose().as_str()),
                // It exists: it must not be made again.
                Err(not) => {
                    assert!(not.uncertain);
                    Err(not.failure.code)
                }
            };
            assert_eq!(short, expected);
        }
    }
}

// ---- repeating ----

#[tokio::test]
async fn a_reading_call_that_fails_twice_works_the_third_time() {
    for failing in [
        || Reply::Cut,
        || status(500, "{}"),
        || status(502, "<html>"),
        || status(503, ""),
        || status(504, ""),
    ] as [fn() -> Reply; 5]
    {
        let server = Server::start(in_turn(vec![failing, failing, || json("{}")])).await;
        client(&server).check().await.unwrap();
        assert_eq!(server.seen().len(), 3);
    }
}

#[tokio::test]
async fn three_tries_are_the_most() {
    let (server, hosted) = always(|| status(503, r#"{"requestId":"r1","message":"down"}"#)).await;
    let failure = hosted.check().await.unwrap_err();
    assert_eq!(failure.code, Code::PlatformFailed);
    assert_eq!(said(&failure).message.as_deref(), Some("down"));
    assert_eq!(server.seen().len(), 3);
    let (server, hosted) = always(|| Reply::Cut).await;
    assert_eq!(hosted.check().await.unwrap_err().code, Code::PlatformUnreachable);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn what_may_be_repeated_is_and_what_hands_over_a_code_is_not() {
    let (server, hosted) = always(|| Reply::Cut).await;
    assert!(hosted.delete("7").await.is_err());
    assert!(hosted.set_enabled("7", true).await.is_err());
    let tags = InstanceChange { tags: Some(Vec::new()), ..Default::default() };
    assert!(hosted.patch("7", &tags).await.is_err());
    assert!(sign_in_again(&hosted).await.is_err());
    let counts =
        ["DELETE /instances/7", "PUT /instances/7/enabled", "PATCH"].map(|start| server.count(start));
    assert_eq!(counts, [3, 3, 3 + 1]);
}

/// A platform that answers no change, and shows the instance as `now` afterwards.
async fn silent_about_changes(now: fn() -> Reply) -> (Server, Hosted) {
    let server = Server::start(move |seen| match seen.method.as_str() {
        "GET" => now(),
        _ => Reply::Cut,
    })
    .await;
    let hosted = client(&server);
    (server, hosted)
}

fn disabled() -> Reply {
    json(&created("7", "t", "").replace(r#""disabled":false"#, r#""disabled":true"#))
}

fn gone() -> Reply {
    status(404, r#"{"message":"No instance found"}"#)
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_counts_if_the_instance_shows_it() {
    let tags = r#""b","a","word""#;
    let named = move || json(&created("7", "t", tags).replace(r#""Support""#, r#""Support @word""#));
    let server = Server::start(move |seen| if seen.method == "GET" { named() } else { Reply::Cut }).await;
    let hosted = client(&server);
    let change = InstanceChange {
        name: Some("Support @word".into()),
        tags: Some(vec!["a".into(), "b".into()]),
        configuration: Some(vec![("zendesk.subdomain".into(), "acme".into())]),
        ..Default::default()
    };
    assert_eq!(hosted.patch("7", &change).await.unwrap().name, "Support @word");
    assert_eq!((server.count("PATCH"), server.count("GET")), (3, 1));
    hosted.set_enabled("7", true).await.unwrap();
    let (_server, hosted) = silent_about_changes(disabled).await;
    hosted.set_enabled("7", false).await.unwrap();
    let (server, hosted) = silent_about_changes(gone).await;
    hosted.delete("7").await.unwrap();
    assert_eq!((server.count("DELETE"), server.count("GET")), (3, 1));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_uncertain_if_the_instance_does_not_show_it() {
    let changes = [
        InstanceChange { name: Some("New".into()), ..Default::default() },
        InstanceChange { tags: Some(vec!["x".into()]), ..Default::default() },
        // Masked: it may be this one or another.
        InstanceChange { configuration: Some(body().configuration), ..Default::default() },
        // A sign-in leaves nothing to see.
        InstanceChange {
            name: Some("Support".into()),
            provider_data: Some(body().provider_data),
            ..Default::default()
        },
    ];
    // Afterwards the platform shows the old state, says nothing, or something that cannot be read.
    for now in [|| json(&created("7", "t", "")), || Reply::Cut, || json("<html>"), || status(503, "")]
        as [fn() -> Reply; 4]
    {
        let (_server, hosted) = silent_about_changes(now).await;
        let mut failures = vec![
            hosted.delete("7").await.unwrap_err(),
            hosted.set_enabled("7", false).await.unwrap_err(),
            sign_in_again(&hosted).await.unwrap_err(),
        ];
        for change in &changes {
            failures.push(hosted.patch("7", change).await.unwrap_err());
        }
        for failure in failures {
            assert_eq!(failure.code, Code::PlatformUncertain);
            assert_eq!(failure.host.as_deref(), Some("127.0.0.1"));
            assert_eq!(failure.detail.as_deref(), Some("the connection was lost"));
        }
    }
    // What is gone was not changed.
    let (_server, hosted) = silent_about_changes(gone).await;
    assert_eq!(hosted.set_enabled("7", true).await.unwrap_err().code, Code::InstanceGone);
    assert_eq!(sign_in_again(&hosted).await.unwrap_err().code, Code::InstanceGone);
}

#[tokio::test]
async fn a_change_that_takes_too_long_is_uncertain() {
    let (server, mut hosted) = always(|| Reply::Trickle).await;
    hosted.pace.call = Duration::from_millis(200);
    assert_eq!(hosted.delete("7").await.unwrap_err().code, Code::PlatformUncertain);
    assert_eq!(server.lines(), ["DELETE /instances/7", "GET /instances/7"]);
}

#[tokio::test]
async fn a_change_seen_by_a_platform_that_vanished_is_uncertain() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (server, _) = always(|| Reply::Cut).await;
    let mut hosted = client(&server);
    hosted.base_url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    // It takes one connection, and the port is closed with it.
    let once = tokio::spawn(async move { drop(listener.accept().await) });
    assert_eq!(hosted.delete("7").await.unwrap_err().code, Code::PlatformUncertain);
    once.await.unwrap();
}

#[tokio::test]
async fn a_change_that_nobody_has_seen_was_not_made() {
    let (server, _) = always(|| Reply::Cut).await;
    let mut hosted = client(&server);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    hosted.base_url = format!("http://{closed}/elements/api-v2").parse().unwrap();
    for failure in [
        hosted.delete("7").await.unwrap_err(),
        hosted.set_enabled("7", true).await.unwrap_err(),
        sign_in_again(&hosted).await.unwrap_err(),
        hosted.patch("7", &InstanceChange::default()).await.unwrap_err(),
    ] {
        assert_eq!(failure.code, Code::PlatformUnreachable);
    }
}

#[tokio::test]
async fn a_short_wait_is_waited_and_a_long_one_is_told() {
    let busy = || with(429, "retry-after: 1", "{}");
    let server = Server::start(in_turn(vec![busy, || json("{}")])).await;
    let began = Instant::now();
    client(&server).check().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    let (server, hosted) = always(|| with(429, "retry-after: 120", r#"{"message":"slow down"}"#)).await;
    let failure = hosted.check().await.unwrap_err();
    assert_eq!(failure.code, Code::PlatformBusy);
    assert_eq!(said(&failure).retry_after, Some(120));
    assert_eq!(server.seen().len(), 1);
}

// ---- answers that cannot be used ----

#[tokio::test]
async fn an_answer_of_fifty_megabytes_is_not_read() {
    let (server, hosted) = always(|| Reply::Flood(50 * 1024 * 1024)).await;
    for failure in [
        hosted.instances().await.unwrap_err(),
        hosted.elements().await.unwrap_err(),
        hosted.element("zendesk").await.unwrap_err(),
        hosted.check().await.unwrap_err(),
    ] {
        assert_eq!(failure.code, Code::PlatformBadResponse);
        assert_eq!(failure.detail.as_deref(), Some("the answer is too large"));
    }
    assert_eq!(server.seen().len(), 4);
    // A list of a few megabytes is one.
    let (_server, hosted) = always(|| Reply::Flood(4 * 1024 * 1024)).await;
    assert!(hosted.instances().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_trickles_ends_at_the_time_out() {
    let (server, mut hosted) = always(|| Reply::Trickle).await;
    hosted.pace.call = Duration::from_millis(300);
    let began = Instant::now();
    let failure = hosted.check().await.unwrap_err();
    assert_eq!(failure.code, Code::PlatformUnreachable);
    assert_eq!(failure.detail.as_deref(), Some("no answer in time"));
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(server.seen().len(), 1, "a whole time-out is not waited again");
}

#[tokio::test]
async fn of_repeated_members_the_last_counts() {
    let (_server, hosted) = always(|| {
        json(r#"{"id":1,"token":"first","id":"8728","name":"a","token":"last","element":{"key":"x","key":"ciscospark"}}"#)
    })
    .await;
    let instance = hosted.instance("8728").await.unwrap();
    assert_eq!((instance.id.as_str(), instance.element.as_str()), ("8728", "ciscospark"));
    assert_eq!(instance.token.unwrap().expose(), "last");
}

#[tokio::test]
async fn a_page_instead_of_json_is_no_answer_of_a_platform() {
    for reply in [
        || json("<!doctype html><title>Welcome</title>"),
        || status(404, "<html>nginx</html>"),
        || status(401, "<html>proxy</html>"),
        || json(""),
    ] as [fn() -> Reply; 4]
    {
        let (_server, hosted) = always(reply).await;
        let failure = hosted.instance("7").await.unwrap_err();
        assert_eq!(failure.code, Code::PlatformBadResponse);
        assert_eq!(failure.host.as_deref(), Some("127.0.0.1"));
        assert!(hosted.check().await.is_err());
    }
    // Nothing was deleted by a page that was not found.
    let (_server, hosted) = always(|| status(404, "<html>nginx</html>")).await;
    assert_eq!(hosted.delete("7").await.unwrap_err().code, Code::PlatformBadResponse);
    assert!(hosted.instances().await.is_err());
    let (_server, hosted) = always(|| json("<html>captive portal</html>")).await;
    assert_eq!(hosted.delete("7").await.unwrap_err().code, Code::PlatformBadResponse);
    assert_eq!(hosted.ping(&"t".into()).await.unwrap_err().code, Code::PlatformBadResponse);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_no_secret_along() {
    let elsewhere = Server::start(|_| json("{}")).await;
    let target = elsewhere.base.clone();
    for code in [301, 302, 303, 307, 308] {
        let location = format!("location: {target}/steal?apiSecret=s3cr3t");
        let server = Server::start(move |_| with(code, &location, "")).await;
        let hosted = client(&server);
        for failure in [
            hosted.check().await.unwrap_err(),
            hosted.oauth_url(&call(&[("apiSecret", "s3cr3t")])).await.unwrap_err(),
            hosted.instances().await.unwrap_err(),
        ] {
            assert_eq!(failure.code, Code::PlatformBadResponse);
            assert_eq!(failure.detail.as_deref(), Some("redirected to 127.0.0.1"));
            assert!(!serde_json::to_string(&failure).unwrap().contains("s3cr3t"));
        }
    }
    assert!(elsewhere.seen().is_empty());
}

// ---- refusals ----

#[tokio::test]
async fn what_a_status_means_depends_on_what_was_asked() {
    let wrong = || {
        status(
            401,
            r#"{"message":"Invalid Organization or User secret, or invalid Element token provided."}"#,
        )
    };
    let (_server, hosted) = always(wrong).await;
    assert_eq!(hosted.check().await.unwrap_err().code, Code::WorkspaceSecrets);
    assert_eq!(hosted.ping(&"t".into()).await.unwrap_err().code, Code::InstanceGone);
    let (_server, hosted) = always(|| status(403, r#"{"message":"The instance is disabled"}"#)).await;
    assert_eq!(hosted.instance("7").await.unwrap_err().code, Code::ConnectionDisabled);
    assert_eq!(hosted.ping(&"t".into()).await.unwrap_err().code, Code::ConnectionDisabled);
    let (_server, hosted) = always(|| status(403, r#"{"message":"not yours"}"#)).await;
    assert_eq!(hosted.instance("7").await.unwrap_err().code, Code::PlatformRejected);
    let (_server, hosted) = always(|| status(404, r#"{"message":"No instance found"}"#)).await;
    assert_eq!(hosted.instance("7").await.unwrap_err().code, Code::InstanceGone);
    assert_eq!(hosted.set_enabled("7", false).await.unwrap_err().code, Code::InstanceGone);
    hosted.delete("7").await.unwrap();
    let failure = hosted.element("nothing").await.unwrap_err();
    assert_eq!((failure.code, failure.name.as_deref()), (Code::ElementUnknown, Some("nothing")));
    let failure = hosted.oauth_token(&call(&[])).await.unwrap_err();
    assert_eq!((failure.code, failure.name.as_deref()), (Code::ElementUnknown, Some("zendesk")));
    // The provider refused the app; the platform did not refuse the user.
    let provider = || status(401, r#"{"message":"Unauthorized","providerMessage":"consumer_key_unknown"}"#);
    let (_server, hosted) = always(provider).await;
    assert_eq!(hosted.oauth_token(&call(&[])).await.unwrap_err().code, Code::PlatformRejected);
    assert_eq!(hosted.instances().await.unwrap_err().code, Code::WorkspaceSecrets);
    let (_server, hosted) = always(|| status(413, "{}")).await;
    assert_eq!(hosted.check().await.unwrap_err().code, Code::PlatformLimit);
    let (_server, hosted) = always(|| status(405, r#"{"message":"wrong verb"}"#)).await;
    assert_eq!(hosted.check().await.unwrap_err().code, Code::PlatformRejected);
}

#[tokio::test]
async fn missing_configuration_lands_beside_its_fields() {
    let element = r#"{"key":"zendesk","name":"Zendesk","authentication":{"type":"oauth2"},"configuration":[
        {"key":"zendesk.subdomain","name":"Subdomain","type":"TEXTFIELD_128","required":true},
        {"key":"oauth.api.key","type":"TEXTFIELD_128","required":true},
        {"key":"region","type":"TEXTFIELD_32","required":true}]}"#;
    let refused =
        r#"{"requestId":"5a","message":"Missing required entries: region, siteAddress and apiKey."}"#;
    let server = Server::start(move |seen| match seen.target.as_str() {
        "/elements/zendesk" => json(element),
        _ => status(400, refused),
    })
    .await;
    let hosted = client(&server);
    let required = |key: &str| FieldProblem { key: key.into(), problem: Problem::Required };
    let expected = [required("zendesk.subdomain"), required("oauth.api.key"), required("region")];
    let not = hosted.create_instance(&body(), ATTEMPT).await.unwrap_err();
    for failure in [
        not.failure,
        hosted.oauth_url(&call(&[])).await.unwrap_err(),
        hosted.oauth_token(&call(&[])).await.unwrap_err(),
        sign_in_again(&hosted).await.unwrap_err(),
    ] {
        assert_eq!(failure.code, Code::FormInvalid);
        assert_eq!(failure.fields.as_deref(), Some(&expected[..]));
        assert_eq!(said(&failure).request_id.as_deref(), Some("5a"));
    }
    assert!(!not.uncertain);
}

#[tokio::test]
async fn without_the_element_the_keys_that_were_sent_are_known() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/elements/zendesk" => status(404, "{}"),
        _ => status(400, r#"{"message":"oauth.api.secret is invalid"}"#),
    })
    .await;
    let not = client(&server).create_instance(&body(), ATTEMPT).await.unwrap_err();
    let fields = not.failure.fields.unwrap();
    assert_eq!(fields, [FieldProblem { key: "oauth.api.secret".into(), problem: Problem::Malformed }]);
}

#[tokio::test]
async fn a_bad_request_that_names_no_field_keeps_its_words() {
    let words =
        r#"{"message":"You must provide an OAuth code in order to create an instance of this element"}"#;
    let server = Server::start(move |_| status(400, words)).await;
    let not = client(&server).create_instance(&body(), ATTEMPT).await.unwrap_err();
    assert_eq!(not.failure.code, Code::PlatformRejected);
    assert!(said(&not.failure).message.unwrap().starts_with("You must provide an OAuth code"));
}

#[tokio::test]
async fn no_secret_that_was_sent_comes_back_in_a_failure() {
    let words = r#"{"message":"Refused: s3cr3t%2Fvalue, s3cr3t/value, c0de-value, us+er/secret=, 0123456789abcdef\u202e\n!"}"#;
    let server = Server::start(move |_| status(409, words)).await;
    let hosted = client(&server);
    let failures = [
        hosted.create_instance(&body(), ATTEMPT).await.unwrap_err().failure,
        sign_in_again(&hosted).await.unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(said(&failure).message.as_deref(), Some("Refused: …, …, …, …, … !"));
    }
    let failure = hosted.oauth_url(&call(&[("apiSecret", "s3cr3t/value")])).await.unwrap_err();
    assert!(!format!("{failure:?}").contains("s3cr3t"));
    assert!(!format!("{:?}", hosted.secrets).contains("er/secret"));
}

#[tokio::test]
async fn a_secret_whose_key_does_not_say_so_does_not_come_back_either() {
    let element = r#"{"key":"zendesk","name":"Zendesk","authentication":{"type":"basic"},"configuration":[
        {"key":"account.pin","type":"PASSWORD"}]}"#;
    let words = r#"{"message":"the-key, 483920, AC0123456789 and eu are refused for my-company"}"#;
    for code in [400, 409] {
        let server = Server::start(move |seen| match seen.target.as_str() {
            "/elements/zendesk" => json(element),
            _ => status(code, words),
        })
        .await;
        let sent = [
            ("oauth.api.key", "the-key"),
            ("account.pin", "483920"),
            ("sid", "AC0123456789"),
            ("region", "eu"),
            ("zendesk.subdomain", "my-company"),
        ];
        let configuration = sent.map(|(key, value)| (key.to_owned(), value.into())).to_vec();
        let failure = client(&server)
            .create_instance(&InstanceBody { configuration, ..body() }, ATTEMPT)
            .await
            .unwrap_err()
            .failure;
        // What is short and has no telling key is known where the element was asked for.
        let pin = if code == 400 { "…" } else { "483920" };
        let expected = format!("…, {pin}, … and eu are refused for my-company");
        assert_eq!(said(&failure).message, Some(expected));
    }
}

#[tokio::test]
async fn secrets_that_no_header_can_carry_are_not_sent() {
    let (server, mut hosted) = always(|| json("{}")).await;
    hosted.secrets.user = "a\r\nx: y".into();
    assert_eq!(hosted.check().await.unwrap_err().code, Code::WorkspaceSecrets);
    let not = hosted.create_instance(&body(), ATTEMPT).await.unwrap_err();
    assert_eq!((not.failure.code, not.uncertain), (Code::WorkspaceSecrets, false));
    assert_eq!(sign_in_again(&hosted).await.unwrap_err().code, Code::WorkspaceSecrets);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_id_that_is_no_path_segment_is_never_asked_for() {
    let (server, hosted) = always(|| json("{}")).await;
    for id in ["", ".", "..", "7/../8", "7?x", "%2e"] {
        assert_eq!(hosted.delete(id).await.unwrap_err().code, Code::InstanceGone, "{id}");
        assert_eq!(hosted.instance(id).await.unwrap_err().code, Code::InstanceGone, "{id}");
    }
    for key in ["", "..", "a/b"] {
        assert_eq!(hosted.element(key).await.unwrap_err().code, Code::ElementUnknown, "{key}");
    }
    assert!(server.seen().is_empty());
}

// ---- lists ----

#[tokio::test]
async fn five_pages_are_one_list() {
    let server = Server::start(|seen| {
        let page: usize = seen.target.split("nextPage=pg%2B").nth(1).map_or(1, |n| n.parse().unwrap());
        let items = [created(&page.to_string(), "********", ""), r#"{"name":"without id"}"#.into()].join(",");
        match page {
            5 => json(&format!("[{items}]")),
            _ => with(200, &format!("Elements-Next-Page-Token: pg+{}", page + 1), &format!("[{items}]")),
        }
    })
    .await;
    let ids: Vec<String> =
        client(&server).instances().await.unwrap().into_iter().map(|instance| instance.id).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert_eq!(server.lines()[4], "GET /instances?pageSize=200&nextPage=pg%2B5");
}

#[tokio::test]
async fn a_list_that_goes_round_in_circles_ends() {
    let (server, hosted) = always(|| with(200, "elements-next-page-token: same", "[]")).await;
    let failure = hosted.instances().await.unwrap_err();
    assert_eq!(failure.detail.as_deref(), Some("the list does not end"));
    assert_eq!(server.seen().len(), 2);
    // From A to B and back to A.
    let server = Server::start(|seen| {
        let next = if seen.target.ends_with("nextPage=A") { "B" } else { "A" };
        with(200, &format!("elements-next-page-token: {next}"), "[]")
    })
    .await;
    let failure = client(&server).elements().await.unwrap_err();
    assert_eq!(failure.detail.as_deref(), Some("the list does not end"));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_list_that_is_made_up_ends() {
    let mut page = 0;
    let server = Server::start(move |_| {
        page += 1;
        let items = vec!["{}"; 5000].join(",");
        with(200, &format!("elements-next-page-token: {page}"), &format!("[{items}]"))
    })
    .await;
    let failure = client(&server).instances().await.unwrap_err();
    assert_eq!(failure.code, Code::PlatformBadResponse);
    assert_eq!(failure.detail.as_deref(), Some("the list does not end"));
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn a_list_whose_pages_take_too_long_ends() {
    let mut page = 0;
    let server = Server::start(move |_| {
        page += 1;
        with(200, &format!("elements-next-page-token: {page}"), "[]")
    })
    .await;
    let mut hosted = client(&server);
    hosted.pace.list = Duration::from_millis(200);
    let failure = hosted.instances().await.unwrap_err();
    assert_eq!(failure.code, Code::PlatformUnreachable);
    assert_eq!(failure.detail.as_deref(), Some("no whole list in time"));
}

#[tokio::test]
async fn an_item_that_moved_to_the_next_page_is_listed_once() {
    let server = Server::start(|seen| {
        let (first, second) = match seen.target.split('?').next() {
            Some("/elements") => (
                r#"{"key":"a","name":"A"},{"key":"b","name":"B"}"#,
                r#"{"key":"b","name":"B"},{"key":"c","name":"C"}"#,
            ),
            _ => (r#"{"id":1},{"id":2}"#, r#"{"id":"2"},{"id":3}"#),
        };
        if seen.target.contains("nextPage") {
            json(&format!("[{second}]"))
        } else {
            with(200, "elements-next-page-token: 2", &format!("[{first}]"))
        }
    })
    .await;
    let hosted = client(&server);
    let ids: Vec<String> = hosted.instances().await.unwrap().into_iter().map(|i| i.id).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let keys: Vec<String> = hosted.elements().await.unwrap().into_iter().map(|e| e.key).collect();
    assert_eq!(keys, ["a", "b", "c"]);
}

#[tokio::test]
async fn not_found_is_an_empty_list() {
    for reply in [|| status(404, r#"{"message":"No instances found"}"#), || status(404, ""), || json("[]")]
        as [fn() -> Reply; 3]
    {
        let (_server, hosted) = always(reply).await;
        assert!(hosted.instances().await.unwrap().is_empty());
        assert!(hosted.find_attempt(ATTEMPT).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_instance_is_found_only_by_its_own_tag() {
    let (_server, hosted) = always(|| {
        let old = r#"{"id":3,"tags":[{"id":1,"name":"keyrack:0123456789abcdef0123456789abcdef"}]}"#;
        json(&format!("[{},{old}]", created("1", "x", "\"keyrack:other\"")))
    })
    .await;
    assert_eq!(hosted.find_attempt(ATTEMPT).await.unwrap().unwrap().id, "3");
    assert!(hosted.find_attempt("ffff").await.unwrap().is_none());
}

#[tokio::test]
async fn an_element_without_its_configuration_is_completed() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/elements/zendesk" => json(r#"{"key":"zendesk","name":"Zendesk","authentication":{"type":"basic"}}"#),
        "/elements/bare" => json(r#"{"key":"bare","name":"Bare"}"#),
        "/elements/zendesk/configuration" => {
            json(r#"{"configuration":[{"key":"username","type":"TEXTFIELD_128","required":true}],"providerData":[]}"#)
        }
        _ => status(404, "{}"),
    })
    .await;
    let hosted = client(&server);
    let element = hosted.element("zendesk").await.unwrap();
    assert_eq!(element.fields.iter().map(|f| f.key.as_str()).collect::<Vec<_>>(), ["username"]);
    assert!(hosted.element("bare").await.unwrap().fields.is_empty());
}
