use super::bench::{Bench, answer_as_usual};
use crate::domain::item::{Item, Role};
use crate::engine::{Engine, WorkspaceId};
use crate::io::index::OpenAttempt;
use crate::scripted::{json, status};

/// Leaves an attempt open whose owner is gone, as a killed program does.
fn leave_attempt(engine: &Engine, id: &str, again: Option<&str>) -> OpenAttempt {
    let attempt = OpenAttempt {
        id: id.to_owned(),
        workspace: WorkspaceId::Local,
        element: "acme".into(),
        name: "Acme".into(),
        again: again.map(str::to_owned),
        started_at: crate::io::clock::now_ms(),
    };
    engine.index.begin_attempt(&attempt).expect("begun");
    attempt
}

const LEFT: &str = "00000000000000000000000000000001";

/// The item of an existing connection, as if it belonged to an attempt.
fn copy_item(bench: &Bench, id: &str, to: &str) -> Item {
    let mut item = bench.item(id).expect("kept");
    item.id = to.to_owned();
    item.element_token = "another".into();
    bench.engine.vault.put(&item).expect("kept");
    item
}

#[tokio::test]
async fn an_item_without_a_row_becomes_a_connection_with_a_free_name() {
    let bench = Bench::usual().await;
    let first = bench.connect("acme", &[], "").await;
    copy_item(&bench, &first.id, LEFT);
    leave_attempt(&bench.engine, LEFT, None);
    bench.restarted().reconcile().await.expect("reconciled");
    let row = bench.row(LEFT).expect("listed");
    assert_eq!(row.name, format!("{} 2", first.name));
    assert_eq!(bench.item(LEFT).expect("kept").name, row.name);
    assert!(bench.engine.index.open_attempts().expect("read").is_empty());
}

#[tokio::test]
async fn an_attempt_without_an_item_is_closed() {
    let bench = Bench::usual().await;
    leave_attempt(&bench.engine, LEFT, None);
    bench.restarted().reconcile().await.expect("reconciled");
    assert!(bench.engine.index.open_attempts().expect("read").is_empty());
    assert!(bench.row(LEFT).is_none());
}

#[tokio::test]
async fn an_attempt_whose_owner_lives_is_left_alone() {
    let bench = Bench::usual().await;
    let signing = bench.start("acme", &[], None).await.expect("started");
    bench.restarted().reconcile().await.expect("reconciled");
    assert!(bench.engine.index.is_attempt_open(&signing.id).expect("read"));
}

#[tokio::test]
async fn a_token_set_aside_takes_its_place_if_it_is_of_the_same_account() {
    for (account, taken) in [("maria", true), ("eve", false)] {
        let mut calls = 0;
        let bench = Bench::new(move |seen| match seen.target.as_str() {
            "/me" => {
                calls += 1;
                json(&format!(r#"{{"email":"{}"}}"#, if calls == 1 { "maria" } else { account }))
            }
            _ => answer_as_usual(seen, 1),
        })
        .await;
        bench.add_element("acme", "[identity]\nendpoint = \"{at}/me\"\nat = [\"/email\"]\n", "");
        let connection = bench.connect("acme", &[], "").await;
        let mut aside = copy_item(&bench, &connection.id, LEFT);
        aside.received_at += 1;
        bench.engine.vault.put(&aside).expect("kept");
        leave_attempt(&bench.engine, LEFT, Some(&connection.id));
        bench.restarted().reconcile().await.expect("reconciled");
        let kept = bench.item(&connection.id).expect("kept");
        assert_eq!(kept.received_at == aside.received_at, taken, "{account}");
        assert!(bench.item(LEFT).is_none(), "nothing stays aside");
        assert!(bench.engine.index.open_attempts().expect("read").is_empty());
    }
}

#[tokio::test]
async fn a_removal_is_finished_once_the_provider_answers() {
    for (answer, gone) in [(200, true), (503, false), (400, true)] {
        let bench = Bench::new(move |seen| match seen.target.as_str() {
            "/revoke" => status(answer, "{}"),
            _ => answer_as_usual(seen, 1),
        })
        .await;
        bench.add_element("acme", "[auth.oauth2.revocation]\nendpoint = \"{at}/revoke\"\n", "");
        let connection = bench.connect("acme", &[], "").await;
        let now = crate::io::clock::now_ms();
        bench.engine.index.begin_removal(&connection.id, false, now).expect("begun");
        bench.restarted().reconcile().await.expect("reconciled");
        assert_eq!(bench.item(&connection.id).is_none(), gone, "status {answer}");
        assert_eq!(bench.row(&connection.id).is_none(), gone, "status {answer}");
        assert_eq!(bench.provider.count("POST /revoke"), 1);
    }
}

#[tokio::test]
async fn an_item_without_a_row_is_listed_again_unless_it_was_set_aside_or_removed() {
    let bench = Bench::usual().await;
    let first = bench.connect("acme", &[], "").await;
    let item = copy_item(&bench, &first.id, LEFT);
    let restore = |item: &Item| {
        bench.engine.vault.put(item).expect("kept");
        bench.engine.restore().expect("restored").added
    };
    assert_eq!(restore(&item), 0, "set aside by an earlier version");
    let mut other = item.clone();
    other.created_at += 1;
    assert_eq!(restore(&Item { role: Role::SetAside, ..other.clone() }), 0);
    assert!(bench.row(LEFT).is_none());
    assert_eq!(restore(&other), 1);
    assert_eq!(bench.row(LEFT).expect("listed").name, format!("{} 2", first.name));
    assert_eq!(bench.item(LEFT).expect("kept").name, format!("{} 2", first.name));
    assert_eq!(restore(&other), 0, "once");

    let removed = "00000000000000000000000000000002";
    let mut left = Item { role: Role::Removed, ..other };
    left.id = removed.to_owned();
    left.created_at += 1;
    assert_eq!(restore(&left), 0);
    assert_eq!(bench.engine.index.pending_removals().expect("read"), [removed]);
    bench.restarted().reconcile().await.expect("reconciled");
    assert!(bench.item(removed).is_none(), "its access is ended");
}
