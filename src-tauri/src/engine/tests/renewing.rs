use std::sync::{Arc, Mutex};

use keyring_core::Error as Keyring;

use super::bench::{Bench, answer_as_usual};
use crate::domain::connection::Status;
use crate::domain::error::Code;
use crate::engine::RenewalOutcome;
use crate::scripted::{Reply, json, status};

type Answer = fn() -> Reply;

/// A bench whose provider answers renewals with `renewals`; the first exchange succeeds.
async fn bench_with(renewals: Answer) -> Bench {
    let exchanged = Arc::new(Mutex::new(false));
    let bench = Bench::new(move |seen| {
        let mut exchanged = exchanged.lock().expect("not poisoned");
        if seen.target == "/token" && std::mem::replace(&mut *exchanged, true) {
            return renewals();
        }
        answer_as_usual(seen, 1)
    })
    .await;
    bench.add_element("acme", "", "");
    bench
}

#[tokio::test]
async fn each_answer_to_a_renewal_leaves_the_connection_in_the_state_that_fits() {
    let table: [(Answer, Code, Status, bool); 5] = [
        (|| status(400, r#"{"error":"invalid_grant"}"#), Code::SignInExpired, Status::NeedsSignIn, false),
        (|| status(401, r#"{"error":"invalid_client"}"#), Code::NeedsSettings, Status::NeedsSettings, true),
        (|| status(400, r#"{"error":"invalid_scope"}"#), Code::ProviderRejected, Status::NeedsSettings, true),
        (|| status(200, "neither"), Code::ProviderBadResponse, Status::NeedsSettings, true),
        (
            || status(400, r#"{"error":"unauthorized_client"}"#),
            Code::NeedsSettings,
            Status::NeedsSettings,
            true,
        ),
    ];
    for (answer, code, state, keeps_refresh_token) in table {
        let bench = bench_with(answer).await;
        let connection = bench.connect("acme", &[], "").await;
        let failure = bench.engine.renew_now(&connection).await.err().expect("refused");
        assert_eq!(failure.code, code);
        let row = bench.row(&connection.id).expect("listed");
        assert_eq!((row.status, row.last_code), (state, Some(code.as_str().to_owned())), "{code:?}");
        let item = bench.item(&connection.id).expect("kept");
        assert_eq!(item.tokens().expect("kept").refresh_token.is_some(), keeps_refresh_token, "{code:?}");
    }
}

#[tokio::test]
async fn a_provider_that_is_busy_defers_the_renewal_of_a_valid_token() {
    // The page is that of a hotel or a firewall.
    for answer in [(|| status(503, "")) as Answer, || status(200, "<html>"), || Reply::Cut] {
        let bench = bench_with(answer).await;
        let connection = bench.connect("acme", &[], "").await;
        let renewal = bench.engine.renew_now(&connection).await.expect("deferred");
        assert!(matches!(renewal.outcome, RenewalOutcome::Deferred(_)));
        assert_eq!(bench.row(&connection.id).expect("listed").status, Status::Retrying);
    }
}

#[tokio::test]
async fn a_rotated_token_is_kept_although_the_keychain_fails_at_first() {
    let bench = bench_with(|| {
        json(r#"{"access_token":"new","refresh_token":"rotated","token_type":"Bearer","expires_in":60}"#)
    })
    .await;
    let connection = bench.connect("acme", &[], "").await;
    bench.fail_keychain(&connection.id, Keyring::NoStorageAccess("locked".into()));
    let renewed = match bench.engine.renew_now(&connection).await {
        // The failure met the read before the renewal: nothing was asked of the provider.
        Err(failure) if failure.code == Code::KeychainLocked => {
            bench.engine.renew_now(&connection).await.expect("renewed")
        }
        renewed => renewed.expect("renewed"),
    };
    assert!(matches!(renewed.outcome, RenewalOutcome::Renewed));
    let kept = bench.item(&connection.id).expect("kept");
    let tokens = kept.tokens().expect("kept");
    assert_eq!(tokens.access_token.expose(), "new");
    assert_eq!(tokens.refresh_token.as_ref().expect("kept").expose(), "rotated");
}

#[tokio::test]
async fn of_many_that_need_a_fresh_token_one_asks_the_provider() {
    let mut lives = [0, 3600].into_iter();
    let bench = Bench::new(move |_| {
        let life = lives.next().unwrap_or(3600);
        json(&format!(
            r#"{{"access_token":"a{life}","refresh_token":"r","token_type":"Bearer","expires_in":{life}}}"#
        ))
    })
    .await;
    bench.add_element("acme", "", "");
    let connection = bench.connect("acme", &[], "").await;
    let (a, b, c) = tokio::join!(
        bench.engine.fresh_item(&connection),
        bench.engine.fresh_item(&connection),
        bench.engine.fresh_item(&connection)
    );
    for item in [a, b, c] {
        assert_eq!(item.expect("fresh").calling_token().expose(), "a3600");
    }
    assert_eq!(bench.provider.count("POST /token"), 2);
}

#[tokio::test]
async fn an_element_file_that_names_another_host_gets_no_token() {
    let bench = Bench::usual().await;
    let connection = bench.connect("acme", &[], "").await;
    let file = bench.engine.paths.elements().join("acme/element.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    let moved = text.replace("/token\"", "/token\"\nrefresh_endpoint = \"https://evil.example/token\"");
    std::fs::write(&file, moved).expect("written");
    bench.engine.reload_catalog();
    let failure = bench.engine.renew_now(&connection).await.err().expect("refused");
    assert_eq!(failure.code, Code::SignInExpired);
    assert_eq!(failure.detail.as_deref(), Some("the addresses have changed"));
}

#[tokio::test]
async fn a_lock_that_cannot_be_made_is_a_fault_of_the_disk() {
    let bench = Bench::usual().await;
    bench.add_element("acme", "", "");
    let connection = bench.connect("acme", &[], "").await;
    let locks = bench.engine.paths().run.join("locks");
    std::fs::remove_dir_all(&locks).expect("removed");
    std::fs::write(&locks, "").expect("a file in its place");
    let failure = bench.engine.rename(&connection, "Other").await.expect_err("refused");
    assert_eq!(failure.code, Code::IndexUnwritable);
}

#[tokio::test]
async fn a_renewal_may_answer_as_the_standard_says_where_the_first_answer_does_not() {
    let bench = Bench::new(|seen| match seen.target.as_str() {
        "/token" if seen.body.contains("grant_type=refresh_token") => json(
            r#"{"ok":true,"access_token":"access-2","refresh_token":"refresh-2","token_type":"user","expires_in":60}"#,
        ),
        "/token" => json(
            r#"{"ok":true,"access_token":"of-a-bot","authed_user":{"access_token":"access-1","refresh_token":"refresh-1"}}"#,
        ),
        _ => answer_as_usual(seen, 1),
    })
    .await;
    let tables = r#"[auth.oauth2.answer]
at = "/authed_user"
"#;
    bench.add_element("acme", tables, "");
    let row = bench.connect("acme", &[], "").await;
    assert_eq!(bench.item(&row.id).expect("kept").calling_token().expose(), "access-1");
    let renewed = bench.engine.renew_now(&row).await.expect("renewed");
    assert_eq!(renewed.item.calling_token().expose(), "access-2");
    let refresh = renewed.item.credential.tokens().and_then(|tokens| tokens.refresh_token.clone());
    assert_eq!(refresh.expect("rotated").expose(), "refresh-2");
}
