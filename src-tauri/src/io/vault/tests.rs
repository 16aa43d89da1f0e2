use keyring_core::mock;

use super::*;
use crate::domain::view::KeychainState;

fn vault() -> (Arc<CredentialStore>, Vault) {
    let store: Arc<CredentialStore> = mock::Store::new().expect("a mock keychain");
    (store.clone(), Vault::over(store, "home"))
}

fn fail_next(store: &Arc<CredentialStore>, user: &str, error: Keyring) {
    let entry = store.build(SERVICE, user, None).expect("an entry");
    let cred = entry.as_any().downcast_ref::<mock::Cred>().expect("a mock");
    cred.set_error(error);
}

/// How many items hold a value: the mock still lists an item whose value was removed.
fn kept(store: &Arc<CredentialStore>) -> usize {
    let all = store.search(&HashMap::from([("service", SERVICE)])).expect("searched");
    all.iter().filter(|entry| entry.get_secret().is_ok()).count()
}

#[test]
fn values_around_the_part_size_come_back_whole() {
    let (_store, vault) = vault();
    for length in [0, 1, 2_559, 2_560, 2_561, 5_120, 16_000] {
        let value: String = ('a'..='z').cycle().take(length).collect();
        vault.write("k", "label", &value.as_str().into()).expect("written");
        assert_eq!(vault.read("k").expect("read").expect("there").expose(), &value, "{length} bytes");
    }
    vault.erase("k").expect("erased");
    assert!(vault.read("k").expect("read").is_none());
}

#[test]
fn replacing_a_long_value_leaves_no_old_parts() {
    let (store, vault) = vault();
    let long = |c: &str| Sensitive::from(c.repeat(6_000));
    vault.write("k", "l", &long("a")).expect("written");
    vault.write("k", "l", &long("b")).expect("replaced");
    vault.write("k", "l", &"short".into()).expect("replaced");
    assert_eq!(kept(&store), 1, "only the item itself is left");
}

#[test]
fn a_value_whose_parts_do_not_fit_together_is_never_handed_out() {
    let (store, vault) = vault();
    vault.write("k", "l", &"x".repeat(6_000).into()).expect("written");
    let head: serde_json::Value = serde_json::from_slice(
        &store.build(SERVICE, "home:k", None).expect("an entry").get_secret().expect("a head"),
    )
    .expect("json");
    let part = format!("home:k#{}.1", head["generation"].as_str().expect("a generation"));
    store.build(SERVICE, &part, None).expect("an entry").set_secret(b"tampered").expect("set");
    assert_eq!(vault.read("k").expect_err("refused"), VaultError::Damaged);
}

#[test]
fn a_failed_replacement_keeps_the_old_value() {
    let (store, vault) = vault();
    vault.write("k", "l", &"old".into()).expect("written");
    fail_next(&store, "home:k", Keyring::NoStorageAccess("locked".into()));
    assert_eq!(vault.write("k", "l", &"new".into()).expect_err("refused"), VaultError::Locked);
    assert_eq!(vault.read("k").expect("read").expect("there").expose(), "old");
}

#[test]
fn every_cause_has_its_own_error() {
    let table = [
        (Keyring::NoStorageAccess("x".into()), VaultError::Locked),
        (Keyring::TooLong("secret".into(), 9), VaultError::TooLong),
        (Keyring::Invalid("a".into(), "b".into()), VaultError::Denied),
        (Keyring::BadEncoding(vec![]), VaultError::Damaged),
    ];
    for (cause, expected) in table {
        let shown = format!("{cause:?}");
        assert_eq!(named(cause), expected, "{shown}");
    }
}

#[test]
fn a_keychain_that_never_answers_is_an_error_within_the_deadline() {
    let slow = within(Duration::from_millis(50), || {
        std::thread::park_timeout(Duration::from_secs(60));
        Ok(())
    });
    assert_eq!(slow, Err(VaultError::Locked));
}

#[test]
fn a_locked_keychain_is_never_asked_where_nobody_can_answer() {
    let (store, mut vault) = vault();
    vault.state = Arc::new(|| KeychainState::Locked);
    fail_next(&store, "home:k", Keyring::TooLong("asked".into(), 1));
    assert_eq!(vault.read("k").expect_err("refused"), VaultError::Locked);
}

#[test]
fn two_programs_that_make_a_key_at_once_use_the_same_one() {
    let (_store, vault) = vault();
    let first = vault.get_or_make("practice", || "one".into()).expect("made");
    let second = vault.get_or_make("practice", || "two".into()).expect("found");
    assert_eq!((first.expose().as_str(), second.expose().as_str()), ("one", "one"));
}

#[test]
fn a_probe_leaves_nothing_behind() {
    let (store, vault) = vault();
    vault.probe().expect("usable");
    assert_eq!(kept(&store), 0);
}
