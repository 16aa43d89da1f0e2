//! The keychain of this operating system, and its state.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};

use crate::domain::view::KeychainState;

#[cfg(target_os = "linux")]
const DEFAULT_COLLECTION: &str = "/org/freedesktop/secrets/aliases/default";

/// Its name in texts for the user.
pub const NAME: &str = if cfg!(target_os = "macos") {
    "Keychain"
} else if cfg!(windows) {
    "Credential Manager"
} else {
    "keyring"
};

/// Whether the keychain may show its password prompt during a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompting {
    /// No user is present: a locked keychain is an error at once.
    Never,
    /// A user is present, in the window or at a terminal.
    Allowed,
}

/// Whether a keychain that is not locked may ask the user during a call. macOS does so for each item that another program
/// made, and the window, the command line and each unsigned update are other programs.
pub(super) const ASKS_WHEN_READY: bool = cfg!(target_os = "macos");

/// Whether an open store can lose its connection to the keychain.
pub(super) const CAN_DISCONNECT: bool = cfg!(target_os = "linux");

/// CRED_MAX_CREDENTIAL_BLOB_SIZE of Windows.
pub(super) const WINDOWS_ITEM_BYTES: usize = 2_560;

/// The limit of Windows applies to Linux too, so that it is tested there. macOS may ask the user for each item.
pub(super) const MAX_ITEM_BYTES: usize =
    if cfg!(target_os = "macos") { 1024 * 1024 } else { WINDOWS_ITEM_BYTES };

/// Opens the platform's store. `keyring` chooses the same one, but only once per process, and so would not find a keyring
/// that starts later.
#[cfg(target_os = "linux")]
pub(super) fn open(_: Prompting) -> Result<Arc<CredentialStore>, Error> {
    let opened = retry(|| zbus_secret_service_keyring_store::Store::new().ok());
    opened.map(|store| store as Arc<CredentialStore>).ok_or(Error::NoDefaultStore)
}

/// Opens the platform's store, which does not change while the process runs.
#[cfg(not(target_os = "linux"))]
pub(super) fn open(prompting: Prompting) -> Result<Arc<CredentialStore>, Error> {
    if prompting == Prompting::Never {
        forbid_prompts();
    }
    if keyring::Entry::store_status().is_err() {
        return Err(Error::NoDefaultStore);
    }
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
}

/// Makes a call that would ask the user fail instead, in all of this process.
#[cfg(target_os = "macos")]
fn forbid_prompts() {
    use security_framework::os::macos::keychain::SecKeychain;
    // Dropping the lock would allow prompts again.
    let _ = SecKeychain::disable_user_interaction().map(std::mem::forget);
}

/// The Credential Manager never asks.
#[cfg(windows)]
fn forbid_prompts() {}

/// Whether a call failed because prompts are forbidden (errSecInteractionNotAllowed).
#[cfg(target_os = "macos")]
pub(super) fn is_forbidden_prompt(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    cause.downcast_ref::<security_framework::base::Error>().is_some_and(|error| error.code() == -25_308)
}

#[cfg(not(target_os = "macos"))]
pub(super) fn is_forbidden_prompt(_: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    false
}

/// Reads the `Locked` property. Every other call on a locked collection shows a password prompt and waits for it, also
/// without a user.
#[cfg(target_os = "linux")]
pub(super) fn state() -> KeychainState {
    use std::sync::{Mutex, PoisonError};
    use std::time::Instant;
    use zbus::blocking::Connection;

    /// One connection for all queries, replaced when it breaks.
    struct Queries {
        bus: Option<Connection>,
        last: Option<(Instant, KeychainState)>,
    }
    static QUERIES: Mutex<Queries> = Mutex::new(Queries { bus: None, last: None });

    let called = Instant::now();
    let mut queries = QUERIES.lock().unwrap_or_else(PoisonError::into_inner);
    // A query that started while this one waited is recent enough: a busy keyring answers each one late.
    if let Some((_, state)) = queries.last.filter(|(started, _)| *started >= called) {
        return state;
    }
    let now = Instant::now();
    let state = retry(|| {
        let answer = query(&mut queries.bus);
        if answer.is_none() {
            queries.bus = None;
        }
        answer
    })
    .unwrap_or(KeychainState::Missing);
    queries.last = Some((now, state));
    state
}

/// Tries a few times: a keyring with many clients sometimes refuses one for a moment.
#[cfg(target_os = "linux")]
fn retry<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    const PAUSES_MS: [u64; 4] = [0, 20, 50, 100];
    PAUSES_MS.into_iter().find_map(|pause| {
        std::thread::sleep(std::time::Duration::from_millis(pause));
        attempt()
    })
}

#[cfg(target_os = "linux")]
fn property<T: TryFrom<zbus::zvariant::OwnedValue>>(
    bus: &zbus::blocking::Connection,
    path: &str,
    interface: &str,
    name: &str,
) -> Option<T> {
    let properties = Some("org.freedesktop.DBus.Properties");
    let reply = bus.call_method(Some("org.freedesktop.secrets"), path, properties, "Get", &(interface, name));
    T::try_from(reply.ok()?.body().deserialize().ok()?).ok()
}

/// The state of the default collection; `None` without a service or a collection, where nothing could be saved.
#[cfg(target_os = "linux")]
fn query(bus: &mut Option<zbus::blocking::Connection>) -> Option<KeychainState> {
    let connection = match bus {
        Some(connection) => connection.clone(),
        None => bus.insert(zbus::blocking::Connection::session().ok()?).clone(),
    };
    let locked = property(&connection, DEFAULT_COLLECTION, "org.freedesktop.Secret.Collection", "Locked")?;
    Some(if locked { KeychainState::Locked } else { KeychainState::Ready })
}

/// A key that is greater for newer copies of an item: when it was modified, in seconds, then its number in the keyring.
#[cfg(target_os = "linux")]
pub(super) fn age(copy: &Entry) -> (u64, usize, String) {
    let wrapper = copy.as_any().downcast_ref::<zbus_secret_service_keyring_store::cred::Wrapper>();
    let path = wrapper.map(|wrapper| wrapper.get_path()).unwrap_or_default();
    let modified = zbus::blocking::Connection::session()
        .ok()
        .and_then(|bus| property::<u64>(&bus, &path, "org.freedesktop.Secret.Item", "Modified"));
    (modified.unwrap_or_default(), path.len(), path)
}

/// Neither keeps an item twice.
#[cfg(not(target_os = "linux"))]
pub(super) fn age(_: &Entry) {}

/// The login keychain and the Credential Manager unlock with the session; a locked one fails each call.
#[cfg(not(target_os = "linux"))]
pub(super) fn state() -> KeychainState {
    if keyring::Entry::store_status().is_ok() { KeychainState::Ready } else { KeychainState::Missing }
}
