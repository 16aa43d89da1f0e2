//! Connections without a browser: keys, passwords and sessions. And answers of OAuth 2 that differ from the standard.

use super::bench::Bench;
use crate::domain::call::CallParts;
use crate::domain::connection::{Connection, Status};
use crate::domain::credential::Credential;
use crate::domain::element::KEY_ENDS;
use crate::domain::error::{Code, Failure, Refused};
use crate::engine::Ending;
use crate::scripted::{Reply, Seen, json, status, with};

const KEY: &str = r#"[auth.api_key]

[api]
address = "{at}/v2"
headers = { X-Acme-Key = "{token}", X-Acme-App = "{app}" }

[identity]
endpoint = "{at}/me"
at = ["/email"]
key = "/id"
expires = "header:x-key-ends"

[[fields]]
key = "app"
label = "App"
example = "app-1"
"#;

/// Knows the keys of Maria and of Ben. Ben's does not end.
fn answer_keys(seen: &Seen) -> Reply {
    if seen.header("x-acme-app") != Some("app-1") {
        return status(400, "{}");
    }
    match seen.header("x-acme-key") {
        Some("maria-1" | "maria-2") => {
            let body = r#"{"email":"maria@acme.example","id":"1"}"#;
            with(200, "content-type: application/json\r\nx-key-ends: 2031-01-01 00:00:00 UTC", body)
        }
        Some("ben") => json(r#"{"email":"ben@acme.example","id":"2"}"#),
        _ => status(401, r#"{"error":"unknown key"}"#),
    }
}

async fn bench_with_keys() -> Bench {
    let bench = Bench::new(answer_keys).await;
    bench.add_file("keyed", KEY);
    bench
}

#[track_caller]
fn connected(ending: Result<Ending, Failure>) -> Connection {
    match ending {
        Ok(Ending::Connected(connection, _)) => *connection,
        Ok(Ending::Unsaved(unsaved)) => panic!("not saved: {:?}", unsaved.failure),
        Ok(Ending::Failed(failure, _)) => panic!("failed: {failure:?}"),
        Err(failure) => panic!("not started: {failure:?}"),
    }
}

fn failed(ending: Result<Ending, Failure>) -> Failure {
    match ending {
        Ok(Ending::Failed(failure, _)) => *failure,
        Err(failure) => failure,
        Ok(_) => panic!("it was connected"),
    }
}

fn key_of(bench: &Bench, id: &str) -> String {
    bench.item(id).expect("kept").calling_token().expose().clone()
}

#[tokio::test]
async fn a_key_is_tested_and_kept_with_its_account_and_its_end() {
    let bench = bench_with_keys().await;
    let values = [("api.key", "maria-1"), ("app", "app-1")];
    let row = connected(bench.connect_directly("keyed", &values, None).await);
    assert_eq!(row.identity.as_deref(), Some("maria@acme.example"));
    // 2031-01-01.
    assert_eq!(row.expires_at, Some(1_924_992_000_000));
    let item = bench.item(&row.id).expect("kept");
    assert!(matches!(item.credential, Credential::Key { .. }));
    let CallParts { headers, query, .. } =
        bench.engine.filled_form(&item).expect("filled").call_parts(&item.credential);
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
    assert_eq!(headers, [("X-Acme-App", "app-1"), ("X-Acme-Key", "maria-1")]);
    assert!(query.is_empty());
    assert_eq!(bench.engine.test(&row).await.expect("works").identity.as_deref(), Some("maria@acme.example"));
}

#[tokio::test]
async fn the_end_that_a_product_gives_counts_more_than_the_typed_one() {
    let bench = bench_with_keys().await;
    let (typed, given) = (1_906_545_600_000, 1_924_992_000_000);
    for (key, expected) in [("maria-1", given), ("ben", typed)] {
        let values = [("api.key", key), ("app", "app-1"), (KEY_ENDS, "2030-06-01")];
        let row = connected(bench.connect_directly("keyed", &values, None).await);
        assert_eq!(row.expires_at, Some(expected), "{key}");
    }
}

#[tokio::test]
async fn a_test_records_a_key_that_was_prolonged() {
    let mut asked = 0;
    let bench = Bench::new(move |_| {
        asked += 1;
        let head = format!("content-type: application/json\r\nx-key-ends: 203{asked}-01-01 00:00:00 UTC");
        with(200, &head, r#"{"email":"maria@acme.example","id":"1"}"#)
    })
    .await;
    bench.add_file("keyed", KEY);
    let values = [("api.key", "maria-1"), ("app", "app-1")];
    let row = connected(bench.connect_directly("keyed", &values, None).await);
    let before = row.expires_at.expect("an end");
    bench.engine.test(&row).await.expect("works");
    let after = bench.row(&row.id).and_then(|row| row.expires_at).expect("an end");
    assert!(after > before, "{before} {after}");
    assert_eq!(bench.item(&row.id).expect("kept").expires_at(), Some(after));
}

#[tokio::test]
async fn a_refused_key_is_not_kept() {
    let bench = bench_with_keys().await;
    let values = [("api.key", "wrong"), ("app", "app-1")];
    let failure = failed(bench.connect_directly("keyed", &values, None).await);
    assert_eq!((failure.code, failure.refused), (Code::ProviderRejected, Some(Refused::Key)));
    assert!(bench.engine.connections(None).expect("listed").is_empty());
    assert!(bench.engine.index.open_attempts().expect("listed").is_empty());
}

#[tokio::test]
async fn secrets_that_a_product_repeats_are_not_in_the_words_of_its_refusal() {
    let bench = Bench::new(|seen| {
        let query = seen.target.split('?').nth(1).unwrap_or_default();
        status(401, &format!(r#"{{"error":"unknown","message":"{query} is unknown"}}"#))
    })
    .await;
    let in_query = KEY.replace("headers = {", "query = {");
    bench.add_file("keyed", &format!("{in_query}secret = true\n"));
    let values = [("api.key", "sk-repeated"), ("app", "app-secret")];
    let failure = failed(bench.connect_directly("keyed", &values, None).await);
    let words = format!("{:?} {:?}", failure.detail, failure.exchanges);
    assert!(words.contains("is unknown"), "{words}");
    assert!(!words.contains("sk-repeated") && !words.contains("app-secret"), "{words}");
}

#[tokio::test]
async fn a_key_is_replaced_only_by_one_of_the_same_account_that_works() {
    let bench = bench_with_keys().await;
    let values = |key| [("api.key", key), ("app", "app-1")];
    let row = connected(bench.connect_directly("keyed", &values("maria-1"), None).await);
    let again = Some(row.id.as_str());

    let failure = failed(bench.connect_directly("keyed", &values("wrong"), again).await);
    assert_eq!(failure.refused, Some(Refused::Key));
    assert_eq!(key_of(&bench, &row.id), "maria-1");

    let other = bench.connect_directly("keyed", &values("ben"), again).await;
    let Ok(Ending::Unsaved(unsaved)) = other else { panic!("another account was taken") };
    assert_eq!(unsaved.failure.code, Code::WrongAccount);
    assert_eq!(key_of(&bench, &row.id), "maria-1");

    let replaced = connected(bench.connect_directly("keyed", &values("maria-2"), again).await);
    assert_eq!((replaced.id.as_str(), replaced.name.as_str()), (row.id.as_str(), row.name.as_str()));
    assert_eq!(key_of(&bench, &row.id), "maria-2");
}

#[tokio::test]
async fn a_password_is_kept_and_sent_as_the_product_says() {
    let bench = Bench::new(|seen| match seen.header("authorization") {
        // maria@acme.example/token:secret
        Some("Basic bWFyaWFAYWNtZS5leGFtcGxlL3Rva2VuOnNlY3JldA==") => json(r#"{"name":"Maria"}"#),
        _ => status(401, "{}"),
    })
    .await;
    let tables = r#"[auth.basic]
username = "{email}/token"
password = "{api.token}"

[identity]
endpoint = "{at}/me"
at = ["/name"]

[[fields]]
key = "email"
label = "Email"
example = "maria@acme.example"

[[fields]]
key = "api.token"
label = "Token"
example = "t"
secret = true
"#;
    bench.add_file("basic", tables);
    let values = [("email", "maria@acme.example"), ("api.token", "secret")];
    let row = connected(bench.connect_directly("basic", &values, None).await);
    assert_eq!(row.identity.as_deref(), Some("Maria"));
}

#[tokio::test]
async fn a_session_is_opened_and_opened_again_when_it_has_ended() {
    let mut opened = 0;
    let bench = Bench::new(move |seen| match seen.target.as_str() {
        "/login" if seen.json()["user"] == "maria" && seen.json()["pass"] == "secret" => {
            opened += 1;
            json(&format!(r#"{{"session":{{"id":"session-{opened}"}}}}"#))
        }
        "/login" => status(401, r#"{"message":"wrong"}"#),
        "/me" if seen.header("x-session").is_some_and(|session| session.starts_with("session-")) => {
            json(r#"{"name":"Maria"}"#)
        }
        _ => status(401, "{}"),
    })
    .await;
    let tables = r#"[auth.session]
endpoint = "{at}/login"
json = { user = "{username}", pass = "{password}" }
token = "/session/id"
life = 1

[api]
address = "{at}/v1"
headers = { X-Session = "{token}" }

[identity]
endpoint = "{at}/me"
at = ["/name"]
"#;
    bench.add_file("session", tables);
    let values = |password| [("username", "maria"), ("password", password)];
    let failure = failed(bench.connect_directly("session", &values("wrong"), None).await);
    assert_eq!((failure.code, failure.refused), (Code::ProviderRejected, Some(Refused::Key)));

    let row = connected(bench.connect_directly("session", &values("secret"), None).await);
    assert_eq!(row.identity.as_deref(), Some("Maria"));
    let before = key_of(&bench, &row.id);
    let renewed = bench.engine.renew_now(&row).await.expect("renewed");
    assert_ne!(renewed.item.calling_token().expose(), &before);
    assert_eq!(bench.row(&row.id).expect("listed").status, Status::Ok);
}

#[tokio::test]
async fn parameters_and_answers_have_the_names_that_the_file_gives() {
    let bench = Bench::new(|seen| match seen.target.as_str() {
        "/token" => {
            let sent = seen.json();
            assert_eq!(sent["client_key"], "acme-client");
            assert_eq!(sent["auth_code"], "the-code");
            assert_eq!(sent["tenant"], "north");
            assert!(sent.get("client_id").is_none() && sent.get("code").is_none(), "{sent}");
            json(
                r#"{"code":0,"data":{"authed_user":{"access_token":"nested","token_type":"user"},
                   "refresh_token":"r","expires_in":60}}"#,
            )
        }
        "/me" => {
            assert_eq!(seen.header("x-token"), Some("nested"));
            assert_eq!(
                (seen.method.as_str(), seen.json()["query"].as_str()),
                ("POST", Some("{ me { name } }"))
            );
            json(r#"{"ok":true,"data":{"me":{"name":"Maria"}}}"#)
        }
        _ => status(404, "{}"),
    })
    .await;
    let tables = r#"body_format = "json"
parameter_names = { client_id = "client_key", code = "auth_code", scope = "user_scope" }
token_parameters = { tenant = "{tenant}" }
authorize_parameters = { tenant = "{tenant}" }
scopes = ["read"]

[auth.oauth2.answer]
at = "/data"
names = { access_token = "/authed_user/access_token" }

[api]
address = "{at}/v1"
headers = { X-Token = "{token}" }

[identity]
endpoint = "{at}/me"
graphql = "{ me { name } }"
at = ["/data/me/name"]
accepted = { at = "/ok", is = "true" }
"#;
    let field = "[[fields]]\nkey = \"tenant\"\nlabel = \"Tenant\"\nexample = \"north\"\n";
    bench.add_element("odd", tables, field);
    let signing = bench.start("odd", &[("tenant", "north")], None).await.expect("started");
    let asked: Vec<_> = signing.url().expect("a page").query_pairs().into_owned().collect();
    let has = |name: &str, value: &str| asked.iter().any(|(n, v)| n == name && v == value);
    assert!(
        has("client_key", "acme-client") && has("user_scope", "read") && has("tenant", "north"),
        "{asked:?}"
    );
    let Ending::Connected(row, _) = bench.finish(signing, "").await else { panic!("not connected") };
    assert_eq!(row.identity.as_deref(), Some("Maria"));
    assert_eq!(key_of(&bench, &row.id), "nested");
    assert!(row.expires_at.is_some());
}
