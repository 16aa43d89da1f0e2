//! The keychain of this operating system, and its state.

use std::sync::Arc;

use keyring_core::{CredentialStore, Error};

use crate::domain::view::KeychainState;

/// Its name in texts for the user.
pub const NAME: &str = if cfg!(target_os = "macos") {
    "Keychain"
} else if cfg!(windows) {
    "Credential Manager"
} else {
    "keyring"
};

/// Opens the platform's store. `keyring` chooses the same one, but only once per process, and so would not find a keyring
/// that starts later.
#[cfg(target_os = "linux")]
pub(super) fn open() -> Result<Arc<CredentialStore>, Error> {
    let opened = retry(|| zbus_secret_service_keyring_store::Store::new().ok());
    opened.map(|store| store as Arc<CredentialStore>).ok_or(Error::NoDefaultStore)
}

/// Opens the platform's store, which does not change while the process runs.
#[cfg(not(target_os = "linux"))]
pub(super) fn open() -> Result<Arc<CredentialStore>, Error> {
    if keyring::Entry::store_status().is_err() {
        return Err(Error::NoDefaultStore);
    }
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
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

/// The state of the default collection; `None` without a service or a collection, where nothing could be saved.
#[cfg(target_os = "linux")]
fn query(bus: &mut Option<zbus::blocking::Connection>) -> Option<KeychainState> {
    use zbus::zvariant::OwnedValue;

    let connection = match bus {
        Some(connection) => connection.clone(),
        None => bus.insert(zbus::blocking::Connection::session().ok()?).clone(),
    };
    let reply = connection.call_method(
        Some("org.freedesktop.secrets"),
        "/org/freedesktop/secrets/aliases/default",
        Some("org.freedesktop.DBus.Properties"),
        "Get",
        &("org.freedesktop.Secret.Collection", "Locked"),
    );
    let locked = reply.ok()?.body().deserialize::<OwnedValue>().ok().and_then(|v| bool::try_from(v).ok())?;
    Some(if locked { KeychainState::Locked } else { KeychainState::Ready })
}

/// The login keychain and the Credential Manager unlock with the session; a locked one fails each call.
#[cfg(not(target_os = "linux"))]
pub(super) fn state() -> KeychainState {
    if keyring::Entry::store_status().is_ok() { KeychainState::Ready } else { KeychainState::Missing }
}
