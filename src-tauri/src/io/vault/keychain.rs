//! Which keychain this operating system has, and whether it is unlocked. The only file that knows.

use std::sync::Arc;

use keyring_core::{CredentialStore, Error};

use crate::domain::view::KeychainState;

/// What people call it here.
pub const NAME: &str = if cfg!(target_os = "macos") {
    "Keychain"
} else if cfg!(windows) {
    "Credential Manager"
} else {
    "keyring"
};

/// Opens the platform's store. `keyring` would choose the same one, but only once per process: a keyring that is
/// started or restarted later would stay unseen until Keyrack is restarted too.
#[cfg(target_os = "linux")]
pub(super) fn open() -> Result<Arc<CredentialStore>, Error> {
    let opened = patiently(|| zbus_secret_service_keyring_store::Store::new().ok());
    opened.map(|store| store as Arc<CredentialStore>).ok_or(Error::NoDefaultStore)
}

/// Opens the platform's store. It cannot appear or vanish while the program runs, so `keyring` chooses it once.
#[cfg(not(target_os = "linux"))]
pub(super) fn open() -> Result<Arc<CredentialStore>, Error> {
    if keyring::Entry::store_status().is_err() {
        return Err(Error::NoDefaultStore);
    }
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
}

/// Reads the `Locked` property before anything else: every other call on a locked collection opens a password window
/// and waits for it, also where nobody is there to see it.
#[cfg(target_os = "linux")]
pub(super) fn state() -> KeychainState {
    use std::sync::{Mutex, PoisonError};
    use std::time::Instant;
    use zbus::blocking::Connection;

    /// One connection for all questions; a broken one is replaced.
    struct Asked {
        bus: Option<Connection>,
        last: Option<(Instant, KeychainState)>,
    }
    static ASKED: Mutex<Asked> = Mutex::new(Asked { bus: None, last: None });

    let called = Instant::now();
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    // A question that was asked while we waited is ours as well: a keyring at work answers each one late.
    if let Some((_, state)) = asked.last.filter(|(asked, _)| *asked >= called) {
        return state;
    }
    let now = Instant::now();
    let state = patiently(|| {
        let answer = ask(&mut asked.bus);
        if answer.is_none() {
            asked.bus = None;
        }
        answer
    })
    .unwrap_or(KeychainState::Missing);
    asked.last = Some((now, state));
    state
}

/// Asks again a few times: a keyring that many programs ask at once now and then refuses one of them for a moment.
#[cfg(target_os = "linux")]
fn patiently<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    /// Enough for that moment, and not long for a person where there really is no keyring.
    const PAUSES_MS: [u64; 4] = [0, 20, 50, 100];
    PAUSES_MS.into_iter().find_map(|pause| {
        std::thread::sleep(std::time::Duration::from_millis(pause));
        ask()
    })
}

/// The state of the default collection; `None` if nobody answers, or if there is none: a service without a default
/// collection has no place to keep anything.
#[cfg(target_os = "linux")]
fn ask(bus: &mut Option<zbus::blocking::Connection>) -> Option<KeychainState> {
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

/// The login keychain and the Credential Manager unlock with the session; a locked one answers each call by itself.
#[cfg(not(target_os = "linux"))]
pub(super) fn state() -> KeychainState {
    if keyring::Entry::store_status().is_ok() { KeychainState::Ready } else { KeychainState::Missing }
}
