use keyring_core::Error as Keyring;

use super::bench::Bench;
use crate::domain::error::Code;
use crate::engine::{Ending, Reach};

fn locked() -> Keyring {
    Keyring::NoStorageAccess("locked".into())
}

#[tokio::test]
async fn a_token_that_the_keychain_refuses_waits_in_memory_and_is_saved_later() {
    let bench = Bench::usual().await;
    let signing = bench.start("acme", &[], None).await.expect("started");
    let id = signing.id.clone();
    bench.fail_keychain(&id, locked());
    let Ending::Unsaved(unsaved) = bench.finish(signing, "").await else { panic!("it cannot be saved") };
    assert_eq!(unsaved.failure.code, Code::KeychainLocked);
    assert!(bench.row(&id).is_none());
    let Ending::Connected(connection, _) = bench.engine.save(*unsaved).await else { panic!("saved") };
    assert_eq!(connection.id, id);
    assert!(bench.item(&id).is_some());
    assert!(bench.engine.index.open_attempts().expect("read").is_empty());
}

#[tokio::test]
async fn a_name_that_looks_the_same_is_taken() {
    let bench = Bench::usual().await;
    let first = bench.connect("acme", &[], "").await;
    let first = bench.engine.rename(&first, "Acme").await.expect("renamed");
    let second = bench.connect("acme", &[], "").await;
    for twin in ["ACME", "Ac\u{200b}me", "\u{0410}cme", "A\u{202e}cme"] {
        let failure = bench.engine.rename(&second, twin).await.expect_err(twin);
        assert_eq!(failure.code, Code::NameTaken, "{twin:?}");
    }
    assert_eq!(bench.item(&first.id).expect("kept").name, "Acme");
}

#[tokio::test]
async fn a_renaming_that_the_keychain_refuses_changes_nothing() {
    let bench = Bench::usual().await;
    let connection = bench.connect("acme", &[], "").await;
    bench.fail_keychain(&connection.id, locked());
    let failure = bench.engine.rename(&connection, "New").await.expect_err("refused");
    assert_eq!(failure.code, Code::KeychainLocked);
    assert_eq!(bench.row(&connection.id).expect("listed").name, connection.name);
}

#[tokio::test]
async fn a_removed_connection_leaves_nothing() {
    let bench = Bench::usual().await;
    let connection = bench.connect("acme", &[], "").await;
    bench.engine.remove(&connection, Reach::Platform).await.expect("removed");
    assert!(bench.row(&connection.id).is_none());
    assert!(bench.item(&connection.id).is_none());
}

#[tokio::test]
async fn a_connection_that_is_switched_off_hands_out_nothing() {
    let bench = Bench::usual().await;
    let connection = bench.connect("acme", &[], "").await;
    let off = bench.engine.set_enabled(&connection, false).await.expect("off");
    let failure = bench.engine.fresh_item(&off).await.expect_err("refused");
    assert_eq!(failure.code, Code::ConnectionDisabled);
    let on = bench.engine.set_enabled(&off, true).await.expect("on");
    bench.engine.fresh_item(&on).await.expect("handed out");
}
