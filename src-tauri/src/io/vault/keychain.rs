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
    Ok(zbus_secret_service_keyring_store::Store::new()?)
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
    use std::sync::Mutex;
    use zbus::blocking::Connection;

    // One connection for all questions; a broken one is replaced.
    static BUS: Mutex<Option<Connection>> = Mutex::new(None);

    let mut bus = BUS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let held = bus.is_some();
    match ask(&mut bus) {
        Some(state) => state,
        None if held => {
            *bus = None;
            ask(&mut bus).unwrap_or(KeychainState::Missing)
        }
        None => KeychainState::Missing,
    }
}

/// The state of the default collection; `None` if nobody answers.
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
    match reply {
        Ok(message) => {
            let locked =
                message.body().deserialize::<OwnedValue>().ok().and_then(|v| bool::try_from(v).ok())?;
            Some(if locked { KeychainState::Locked } else { KeychainState::Ready })
        }
        // No such alias: a service without a default collection has no place to keep anything.
        Err(zbus::Error::MethodError(..)) => Some(KeychainState::Missing),
        Err(_) => None,
    }
}

/// The login keychain and the Credential Manager unlock with the session; a locked one answers each call by itself.
#[cfg(not(target_os = "linux"))]
pub(super) fn state() -> KeychainState {
    if keyring::Entry::store_status().is_ok() { KeychainState::Ready } else { KeychainState::Missing }
}
