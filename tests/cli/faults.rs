//! Errors of a token endpoint, in a sign-in and in a renewal: each has its code, exit status, connection status and
//! message, and temporary ones end when the server recovers.

use serde_json::{Value, json};

use crate::support::elements::plain_element;
use crate::support::home::{Home, wait_until};
use crate::support::keyrack::Outcome;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{self, CLIENT_SECRET, Server, write_element};

/// The outcome of a call of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Temporary.
    Later,
    /// The response cannot be used.
    Unusable,
    /// Refused for a permanent reason.
    Refused,
    /// The grant has ended.
    Ended,
    /// The client's registration has changed.
    Settings,
}

/// Code, exit status, status of the connection, and a part of the message.
type Expected = (&'static str, i32, &'static str, &'static str);

impl End {
    fn of_renewal(self) -> Expected {
        match self {
            Self::Later => ("provider_unreachable", 12, "retrying", "can't be reached"),
            Self::Unusable => ("provider_bad_response", 15, "needs_settings", "unexpected answer"),
            Self::Refused => ("provider_rejected", 15, "needs_settings", "refused"),
            Self::Ended => ("sign_in_expired", 10, "needs_sign_in", "has ended"),
            Self::Settings => {
                ("needs_settings", 10, "needs_settings", "no longer accepts the client ID or secret")
            }
        }
    }

    /// Without a status: there is no connection yet.
    fn of_sign_in(self) -> (&'static str, i32, &'static str) {
        match self {
            Self::Ended => ("authorization_expired", 15, "used already, or took too long"),
            Self::Settings => ("provider_rejected", 15, "client ID or secret is wrong"),
            other => {
                let (code, status, _, words) = other.of_renewal();
                (code, status, words)
            }
        }
    }
}

fn json(status: &str, body: &str) -> Response {
    Response::json(status, body)
}

fn good(changes: &str) -> String {
    format!(r#"{{"access_token":"t","token_type":"Bearer","refresh_token":"r","expires_in":0{changes}}}"#)
}

/// Responses and their outcomes.
fn faults() -> Vec<(&'static str, Response, End)> {
    use End::*;
    let ok = "200 OK";
    vec![
        // Malformed token answers.
        ("an empty body", json(ok, ""), Unusable),
        ("no JSON", json(ok, "hello"), Unusable),
        ("a list", json(ok, "[]"), Unusable),
        ("a text", json(ok, r#""access_token=a""#), Unusable),
        ("half an object", json(ok, r#"{"access_token":"a""#), Unusable),
        ("no access token", json(ok, r#"{"token_type":"Bearer"}"#), Unusable),
        ("an empty access token", json(ok, r#"{"access_token":"","token_type":"Bearer"}"#), Unusable),
        ("null", json(ok, r#"{"access_token":null,"token_type":"Bearer"}"#), Unusable),
        ("an object", json(ok, r#"{"access_token":{"a":"b"},"token_type":"Bearer"}"#), Unusable),
        ("a line break", json(ok, r#"{"access_token":"a\r\nX-Evil: b","token_type":"Bearer"}"#), Unusable),
        ("two tokens", json(ok, r#"{"access_token":"a","access_token":"b"}"#), Unusable),
        ("an unknown type", json(ok, r#"{"access_token":"a","token_type":"mac"}"#), Unusable),
        ("a type that needs a key", json(ok, r#"{"access_token":"a","token_type":"DPoP"}"#), Unusable),
        (
            "no UTF-8",
            Response::with_head(ok, "Content-Type: application/json\r\n", b"{\"access_token\":\"\xff\"}"),
            Unusable,
        ),
        (
            "a page",
            Response::with_head(ok, "Content-Type: text/html\r\n", b"<html>Welcome to the hotel</html>"),
            Later,
        ),
        ("more than a megabyte", Response::Endless, Unusable),
        (
            "a redirect",
            Response::with_head("307 Temporary Redirect", "Location: /elsewhere\r\n", b""),
            Unusable,
        ),
        ("an old redirect", Response::with_head("302 Found", "Location: /elsewhere\r\n", b""), Unusable),
        // Aborted.
        ("silence", Response::Silence, Later),
        ("a half answer, then silence", Response::Stalled, Later),
        (
            "a cut",
            Response::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"access".to_vec()),
            Later,
        ),
        ("no word", Response::Bytes(Vec::new()), Later),
        ("no HTTP", Response::Bytes(b"220 mail.example ESMTP\r\n".to_vec()), Later),
        // Statuses.
        ("408", json("408 Request Timeout", "{}"), Later),
        ("425", json("425 Too Early", "{}"), Later),
        ("429", Response::with_head("429 Too Many Requests", "Retry-After: 1\r\n", b"slow down"), Later),
        ("500", json("500 Internal Server Error", r#"{"error":"server_error"}"#), Later),
        // An error page of the web server is not a response of the provider.
        ("503", json("503 Service Unavailable", r#"{"error":"invalid_grant"}"#), Later),
        ("a busy provider", json("400 Bad Request", r#"{"error":"temporarily_unavailable"}"#), Later),
        ("401", Response::with_head("401 Unauthorized", "WWW-Authenticate: Basic\r\n", b""), Settings),
        ("403", json("403 Forbidden", "{}"), Refused),
        // Codes of RFC 6749 §5.2.
        ("invalid_request", json("400 Bad Request", r#"{"error":"invalid_request"}"#), Refused),
        ("invalid_client", json("401 Unauthorized", r#"{"error":"invalid_client"}"#), Settings),
        ("invalid_grant", json("400 Bad Request", r#"{"error":"invalid_grant"}"#), Ended),
        ("invalid_grant, said with 200", json(ok, r#"{"error":"invalid_grant"}"#), Ended),
        ("unauthorized_client", json("400 Bad Request", r#"{"error":"unauthorized_client"}"#), Settings),
        ("unsupported_grant_type", json("400 Bad Request", r#"{"error":"unsupported_grant_type"}"#), Refused),
        ("invalid_scope", json("400 Bad Request", r#"{"error":"invalid_scope"}"#), Refused),
    ]
}

/// A short timeout for servers that do not respond.
const SHORT: (&str, &str) = ("KEYRACK_HTTP_TIMEOUT_MS", "400");

fn sign_in(home: &Home, arguments: &[&str]) -> Outcome {
    servers::sign_in(home, arguments, "maria", &[SHORT])
}

fn scripted(home: &Home) -> Scripted {
    let server = Scripted::start();
    write_element(home, "acme", &plain_element("acme", &server.url));
    server
}

fn status(home: &Home) -> Value {
    home.list()[0]["status"].clone()
}

#[test]
fn a_sign_in_that_fails_at_the_token_endpoint_saves_nothing_and_reports_the_cause() {
    let home = Home::new();
    let server = scripted(&home);
    for (what, response, end) in faults() {
        let (code, exit, words) = end.of_sign_in();
        server.enqueue(response.clone());
        let outcome = sign_in(&home, &["connect", "acme"]);
        assert_eq!(outcome.code(), Some(exit), "{what}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{what}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{what}");
        server.enqueue(response);
        let error = sign_in(&home, &["connect", "acme", "--json"]).json()["error"].clone();
        assert_eq!(error["code"], code, "{what}: {error}");
    }
    home.assert_consistent(0);
    assert_eq!(server.misdirected_calls(), 0, "no redirect is followed");
    sign_in(&home, &["connect", "acme"]).ok();
    home.assert_consistent(1);
}

#[test]
fn what_broke_an_exchange_is_told_apart() {
    let home = Home::new();
    let server = scripted(&home);
    for (response, fault, detail) in [
        (Response::Bytes(b"220 mail.example ESMTP\r\n".to_vec()), "protocol", "its answer is not HTTP"),
        (Response::Bytes(Vec::new()), "lost", "the connection was lost"),
        (Response::Silence, "timeout", "no answer in time"),
    ] {
        server.enqueue(response.clone());
        let error = sign_in(&home, &["connect", "acme", "--json"]).error(12, "provider_unreachable");
        assert_eq!((error["network"].as_str(), error["detail"].as_str()), (Some(fault), Some(detail)));
        server.enqueue(response);
        let outcome = sign_in(&home, &["connect", "acme"]);
        assert!(outcome.stderr.contains(&format!("(127.0.0.1: {detail})")), "{}", outcome.stderr);
    }
}

#[test]
fn the_words_of_a_provider_are_shown_without_the_secrets_that_they_repeat() {
    let home = Home::new();
    let server = scripted(&home);
    let mut outcomes = Vec::new();
    for status in ["400 Bad Request", "200 OK"] {
        let words = format!("no code=a-code for {CLIENT_SECRET}: see the manual");
        let refusal = json!({ "error": "invalid_request", "error_description": words }).to_string();
        for arguments in [&["connect", "acme"] as &[_], &["connect", "acme", "--json"]] {
            server.enqueue(json(status, &refusal));
            let outcome = sign_in(&home, arguments);
            let shown = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(shown.contains("no code=… for …: see the manual"), "{shown}");
            outcomes.push(outcome);
        }
    }
    sign_in(&home, &["connect", "acme", "--name", "Anvils"]).ok();
    let refresh_token = format!("refresh-{}", server.token_requests().len());
    let words = format!("{refresh_token} is unknown here");
    server.enqueue(json("400 Bad Request", &json!({ "error": words }).to_string()));
    let outcome = home.run(&["token", "Anvils"]);
    assert!(outcome.stderr.contains("… is unknown here"), "{}", outcome.stderr);
    outcomes.push(outcome);
    for outcome in &outcomes {
        for secret in [CLIENT_SECRET, "a-code", &refresh_token] {
            assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains(secret), "{outcome:?}");
        }
    }
}

#[test]
fn a_failed_renewal_sets_the_status_of_the_connection() {
    let home = Home::new();
    let server = scripted(&home);
    sign_in(&home, &["connect", "acme", "--name", "Anvils"]).ok();
    let token = |more: &[&str]| home.start_with(&[&["token", "Anvils"], more].concat(), &[SHORT]).wait();
    for (what, response, end) in faults() {
        let (code, exit, state, words) = end.of_renewal();
        server.enqueue(response.clone());
        let outcome = token(&[]);
        assert_eq!(outcome.code(), Some(exit), "{what}: {}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains(words), "{what}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{what}");
        assert_eq!(status(&home), state, "{what}");
        assert_eq!(home.list()[0]["last_code"], code, "{what}");
        if end == End::Ended {
            let asked = server.token_requests().len();
            token(&["--json"]).error(exit, code);
            assert_eq!(server.token_requests().len(), asked, "{what}: no request after the grant has ended");
            sign_in(&home, &["reconnect", "Anvils"]).ok();
        } else {
            server.enqueue(response);
            token(&["--json"]).error(exit, code);
            let printed = token(&[]).ok().stdout;
            assert!(printed.starts_with("access-"), "{what}: it works again");
        }
        assert_eq!(status(&home), "ok", "{what}");
    }
    home.assert_consistent(1);
    assert_eq!(server.misdirected_calls(), 0, "no redirect is followed");
}

#[test]
fn a_valid_token_is_printed_while_the_provider_is_unavailable() {
    let home = Home::new();
    let server = scripted(&home);
    // Renewal is due when a third of the lifetime is left; the token is valid until its end.
    server.enqueue(Response::tokens(1, 9));
    sign_in(&home, &["connect", "acme", "--name", "Anvils"]).ok();
    let end = home.list()[0]["expires_at"].as_i64().expect("an end");
    wait_until(end - 2_900);
    server.enqueue(json("503 Service Unavailable", ""));
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, "access-1\n");
    assert_eq!(status(&home), "retrying");
    wait_until(end);
    server.enqueue(json("503 Service Unavailable", ""));
    home.run(&["token", "Anvils", "--json"]).error(12, "provider_unreachable");
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, "access-4\n");
    assert_eq!(status(&home), "ok");
}

#[test]
fn harmless_errors_in_token_responses_are_accepted() {
    let long = "x".repeat(16 * 1024);
    let table = [
        ("no life", r#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#.to_owned()),
        ("a life as text", good("").replace(":0", ":\"0\"")),
        ("a life that is no number", good("").replace(":0", ":\"soon\"")),
        ("a negative life", good("").replace(":0", ":-1")),
        ("a huge life", good("").replace(":0", ":1e300")),
        ("a life in fractions", good("").replace(":0", ":3599.97")),
        ("bearer", good("").replace("Bearer", "bearer")),
        ("BEARER", good("").replace("Bearer", "BEARER")),
        ("no type", r#"{"access_token":"t","refresh_token":"r","expires_in":0}"#.to_owned()),
        ("unknown members", good(r#","made_by":"a robot","nested":{"access_token":"no"}"#)),
        ("no refresh token", r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#.to_owned()),
        ("a form", "access_token=t&token_type=bearer&expires_in=0&refresh_token=r".to_owned()),
        ("a token of 16 kB", good("").replace("\"t\"", &format!("\"{long}\""))),
        ("a byte order mark", format!("\u{feff}{}", good(""))),
    ];
    let home = Home::new();
    let server = scripted(&home);
    for (what, body) in table {
        let wanted = if body.contains(&long) { long.as_str() } else { "t" };
        // As the response to a sign-in and to a renewal.
        server.enqueue(json("200 OK", &body));
        let outcome = sign_in(&home, &["connect", "acme", "--name", what]);
        assert_eq!(outcome.code(), Some(0), "{what}: {}", outcome.stderr);
        server.enqueue(json("200 OK", &body));
        let printed = home.run(&["token", what]).ok().stdout;
        // Unscripted tokens begin with `access-`, so this body was read.
        assert!(printed.trim_end() == wanted, "{what}: {printed:.100}");
        assert_eq!(home.list().iter().find(|c| c["name"] == what).expect("listed")["status"], "ok", "{what}");
        home.run(&["remove", what]).ok();
        // A token without an end is not renewed, which leaves a response in the script.
        server.clear_script();
    }
    home.assert_consistent(0);
}

#[test]
fn a_renewal_without_a_new_refresh_token_keeps_the_old_one() {
    let home = Home::new();
    let server = scripted(&home);
    sign_in(&home, &["connect", "acme", "--name", "Anvils"]).ok();
    for _ in 0..3 {
        server.enqueue(json("200 OK", r#"{"access_token":"t","token_type":"Bearer","expires_in":0}"#));
        home.run(&["token", "Anvils"]).ok();
    }
    let requests = server.token_requests();
    assert_eq!(requests.len(), 4);
    assert!(requests[1..].iter().all(|form| form.contains("refresh_token=refresh-1")), "{requests:?}");
    server.enqueue(Response::tokens(77, 0));
    home.run(&["token", "Anvils"]).ok();
    home.run(&["token", "Anvils"]).ok();
    assert!(server.token_requests()[5].contains("refresh_token=refresh-77"), "a new one replaces it");
}

#[test]
fn scopes_that_were_not_granted_are_reported() {
    let home = Home::new();
    let server = scripted(&home);
    for (what, scope, missing) in [
        ("narrow", r#","scope":"read""#, json!(["write"])),
        ("all", r#","scope":"write read""#, json!([])),
        ("a list", r#","scope":["read","write"]"#, json!([])),
        // RFC 6749 §5.1: then the requested scope was granted.
        ("missing", "", json!([])),
    ] {
        server.enqueue(json("200 OK", &good(scope)));
        sign_in(&home, &["connect", "acme", "--name", what]).ok();
        let shown = home.json(&["show", what]);
        assert_eq!(shown["missing"], missing, "{what}: {shown}");
    }
    // A renewal may narrow the scope too.
    server.enqueue(json("200 OK", &good(r#","scope":"read""#)));
    home.run(&["token", "all"]).ok();
    assert_eq!(home.json(&["show", "all"])["missing"], json!(["write"]));
}

#[test]
fn the_errors_of_the_mock_server_have_the_same_outcomes() {
    let home = Home::new();
    let server = Server::mock();
    write_element(&home, "acme", &plain_element("acme", &server.url));
    let table: Vec<(&str, Option<End>)> = vec![
        ("life_missing", None),
        ("life_text", None),
        ("life_negative", None),
        ("life_huge", None),
        ("type_lower_case", None),
        ("type_missing", None),
        ("type_unknown", Some(End::Unusable)),
        ("no_access_token", Some(End::Unusable)),
        ("no_refresh_token", None),
        ("scope_narrow", None),
        ("scope_missing", None),
        ("scope_list", None),
        ("token_of_16_kb", None),
        ("error_with_200", Some(End::Ended)),
        ("status_401", Some(End::Settings)),
        ("status_403", Some(End::Refused)),
        ("status_408", Some(End::Later)),
        ("status_425", Some(End::Later)),
        ("status_429", Some(End::Later)),
        ("status_500", Some(End::Later)),
        ("status_503", Some(End::Later)),
        ("invalid_grant", Some(End::Ended)),
        ("invalid_client", Some(End::Settings)),
        ("unauthorized_client", Some(End::Settings)),
        ("invalid_scope", Some(End::Refused)),
        ("slow", Some(End::Later)),
        ("cut", Some(End::Later)),
        ("huge", Some(End::Unusable)),
        ("html", Some(End::Later)),
        ("redirect", Some(End::Unusable)),
    ];
    let known = server.control("faults_known", json!([]));
    let known: Vec<_> = known.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(table.iter().map(|(fault, _)| *fault).collect::<Vec<_>>(), known, "each fault has its row");

    for (fault, end) in table {
        let assert_outcome = |outcome: &Outcome, at: &str, wanted: Option<(&str, i32)>| {
            let (code, exit) = wanted.map_or((Value::Null, 0), |(code, exit)| (code.into(), exit));
            assert_eq!(outcome.code(), Some(exit), "{fault}: {}{}", outcome.stdout, outcome.stderr);
            assert_eq!(outcome.json().pointer(at).cloned().unwrap_or_default(), code, "{fault}");
        };
        server.control("faults", json!([fault]));
        let outcome = sign_in(&home, &["connect", "acme", "--name", fault, "--json"]);
        assert_outcome(&outcome, "/error/code", end.map(|end| (end.of_sign_in().0, end.of_sign_in().1)));
        if end.is_some() {
            sign_in(&home, &["connect", "acme", "--name", fault]).ok();
        }
        server.control("faults", json!([fault]));
        let outcome = home.start_with(&["renew", fault, "--json"], &[SHORT]).wait();
        let end = match fault {
            // Expired and without a refresh token.
            "no_refresh_token" => Some(End::Ended),
            _ => end,
        };
        assert_outcome(&outcome, "/0/failure/code", end.map(|end| (end.of_renewal().0, end.of_renewal().1)));
        home.run(&["remove", fault]).ok();
    }
    assert_eq!(server.counts()["token"]["elsewhere"], Value::Null, "no redirect is followed");
    home.assert_consistent(0);
}
