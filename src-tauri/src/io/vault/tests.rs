use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{CredentialStore, Entry, Error as Keyring, mock};

use super::keychain::SERVICE;
use super::store::{choose_deadline, run_within};
use super::*;
use crate::domain::sensitive::Sensitive;
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

/// The number of items with a value: the mock also lists those without.
fn count_items(store: &Arc<CredentialStore>) -> usize {
    let all = store.search(&HashMap::from([("service", SERVICE)])).expect("searched");
    all.iter().filter(|entry| entry.get_secret().is_ok()).count()
}

#[test]
fn values_around_the_part_size_are_read_back() {
    let (_store, vault) = vault();
    for length in [0, 1, 2_559, 2_560, 2_561, 5_120, 16_000] {
        let value: String = ('a'..='z').cycle().take(length).collect();
        vault.put_named("k", "label", &value.as_str().into()).expect("written");
        assert_eq!(vault.get_named("k").expect("read").expect("there").expose(), &value, "{length} bytes");
    }
    vault.remove("k").expect("erased");
    assert!(vault.get_named("k").expect("read").is_none());
}

#[test]
fn replacing_a_long_value_removes_its_parts() {
    let (store, vault) = vault();
    let long = |c: &str| Sensitive::from(c.repeat(6_000));
    vault.put_named("k", "l", &long("a")).expect("written");
    vault.put_named("k", "l", &long("b")).expect("replaced");
    vault.put_named("k", "l", &"short".into()).expect("replaced");
    assert_eq!(count_items(&store), 1, "only the item itself");
}

#[test]
fn a_value_with_mismatched_parts_is_refused() {
    let (store, vault) = vault();
    vault.put_named("k", "l", &"x".repeat(6_000).into()).expect("written");
    let head: serde_json::Value = serde_json::from_slice(
        &store.build(SERVICE, "home:k", None).expect("an entry").get_secret().expect("a head"),
    )
    .expect("json");
    let part = format!("home:k#{}.1", head["generation"].as_str().expect("a generation"));
    store.build(SERVICE, &part, None).expect("an entry").set_secret(b"tampered").expect("set");
    assert_eq!(vault.get_named("k").expect_err("refused"), VaultError::Damaged);
}

#[test]
fn a_failed_replacement_keeps_the_old_value() {
    let (store, vault) = vault();
    vault.put_named("k", "l", &"old".into()).expect("written");
    fail_next(&store, "home:k", Keyring::NoStorageAccess("locked".into()));
    assert_eq!(vault.put_named("k", "l", &"new".into()).expect_err("refused"), VaultError::Locked);
    assert_eq!(vault.get_named("k").expect("read").expect("there").expose(), "old");
}

#[test]
fn each_keychain_error_has_its_vault_error() {
    let table = [
        (Keyring::NoStorageAccess("x".into()), VaultError::Locked),
        (Keyring::TooLong("secret".into(), 9), VaultError::TooLong),
        (Keyring::Invalid("a".into(), "b".into()), VaultError::Denied),
        (Keyring::BadEncoding(vec![]), VaultError::Damaged),
    ];
    for (cause, expected) in table {
        let shown = format!("{cause:?}");
        assert_eq!(VaultError::from(cause), expected, "{shown}");
    }
}

#[test]
fn a_keychain_that_does_not_respond_is_an_error_at_the_deadline() {
    let slow = run_within(Duration::from_millis(50), || {
        std::thread::park_timeout(Duration::from_secs(60));
        Ok(())
    });
    assert_eq!(slow, Err(VaultError::Locked));
}

#[test]
fn a_locked_keychain_is_not_queried_without_a_user() {
    let (store, mut vault) = vault();
    vault.state = Arc::new(|| KeychainState::Locked);
    fail_next(&store, "home:k", Keyring::TooLong("asked".into(), 1));
    assert_eq!(vault.get_named("k").expect_err("refused"), VaultError::Locked);
}

#[test]
fn a_named_secret_is_created_once() {
    let (_store, vault) = vault();
    let first = vault.get_or_create("practice", || "one".into()).expect("made");
    let second = vault.get_or_create("practice", || "two".into()).expect("found");
    assert_eq!((first.expose().as_str(), second.expose().as_str()), ("one", "one"));
}

#[test]
fn a_probe_leaves_nothing_behind() {
    let (store, vault) = vault();
    vault.probe().expect("usable");
    assert_eq!(count_items(&store), 0);
}

#[test]
fn a_keychain_that_may_ask_waits_for_the_user_if_there_is_one() {
    use KeychainState::{Locked, Missing, Ready};
    let short = choose_deadline(Ready, Prompting::Never, false).expect("ready");
    let long = choose_deadline(Locked, Prompting::Allowed, false).expect("the user may unlock it");
    assert!(long > short * 10, "long enough to type a password");
    for (state, prompting, asks_when_ready, wanted) in [
        (Ready, Prompting::Allowed, false, Ok(short)),
        (Ready, Prompting::Allowed, true, Ok(long)),
        (Ready, Prompting::Never, true, Ok(short)),
        (Locked, Prompting::Allowed, true, Ok(long)),
        (Locked, Prompting::Never, true, Err(VaultError::Locked)),
        (Missing, Prompting::Allowed, true, Err(VaultError::Missing)),
    ] {
        let chosen = choose_deadline(state, prompting, asks_when_ready);
        assert_eq!(chosen, wanted, "{state:?}, {prompting:?}, {asks_when_ready}");
    }
}

/// Finds items like the Credential Manager: by a regular expression alone.
#[derive(Debug)]
struct Targets(Arc<CredentialStore>);

impl CredentialStoreApi for Targets {
    fn vendor(&self) -> String {
        self.0.vendor()
    }

    fn id(&self) -> String {
        self.0.id()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> Result<Entry, Keyring> {
        self.0.build(service, user, modifiers)
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>, Keyring> {
        match spec.get("pattern") {
            Some(pattern) if spec.len() == 1 => {
                assert_eq!(*pattern, r"^home:[^#]+\.keyrack$");
                self.0.search(&HashMap::new())
            }
            _ => Err(Keyring::Invalid("service".into(), "unknown".into())),
        }
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn items_are_found_in_a_store_that_is_searched_by_targets() {
    let (store, vault) = vault();
    let id = "0123456789abcdef0123456789abcdef";
    vault.put_named(id, "l", &"value".into()).expect("written");
    vault.put_named("workspace-1", "l", &"in parts".repeat(1_000).as_str().into()).expect("written");
    for vault in [vault, Vault::over(Arc::new(Targets(store)), "home")] {
        assert_eq!(vault.keys().expect("listed").into_iter().collect::<Vec<_>>(), [id, "workspace-1"]);
    }
}
