//! The keychain of this operating system, and its state.

use std::sync::Arc;
#[cfg(target_os = "linux")]
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use keyring_core::{CredentialStore, Entry, Error};
#[cfg(target_os = "linux")]
use zbus::{
    blocking::Connection,
    zvariant::{ObjectPath, OwnedObjectPath},
};

use crate::domain::view::KeychainState;

#[cfg(target_os = "linux")]
const SECRETS: &str = "org.freedesktop.secrets";
#[cfg(target_os = "linux")]
const SERVICE_PATH: &str = "/org/freedesktop/secrets";
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
    static LAST: Mutex<Option<(Instant, KeychainState)>> = Mutex::new(None);

    let called = Instant::now();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    // A query that started while this one waited is recent enough: a busy keyring answers each one late.
    if let Some((_, state)) = last.filter(|(started, _)| *started >= called) {
        return state;
    }
    let now = Instant::now();
    let locked =
        |bus: &Connection| property(bus, DEFAULT_COLLECTION, "org.freedesktop.Secret.Collection", "Locked");
    // Without a service or a collection nothing could be saved.
    let state = query(locked).map_or(KeychainState::Missing, |locked| {
        if locked { KeychainState::Locked } else { KeychainState::Ready }
    });
    *last = Some((now, state));
    state
}

/// Whether the keyring asks the user before it gives an item, as KeePassXC does in an unlocked collection.
#[cfg(target_os = "linux")]
pub(super) fn is_item_locked(user: &str) -> bool {
    let attributes = HashMap::from([("service", super::parts::SERVICE), ("username", user)]);
    let search = |bus: &Connection| {
        let service = Some("org.freedesktop.Secret.Service");
        let reply =
            bus.call_method(Some(SECRETS), SERVICE_PATH, service, "SearchItems", &(&attributes,)).ok()?;
        let (_, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = reply.body().deserialize().ok()?;
        Some(!locked.is_empty())
    };
    query(search).unwrap_or_default()
}

/// Neither locks single items.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_item_locked(_: &str) -> bool {
    false
}

/// Asks over one connection for all queries, which is replaced when it breaks.
#[cfg(target_os = "linux")]
fn query<T>(question: impl Fn(&Connection) -> Option<T>) -> Option<T> {
    static BUS: Mutex<Option<Connection>> = Mutex::new(None);

    let mut bus = BUS.lock().unwrap_or_else(PoisonError::into_inner);
    retry(|| {
        let connection = match bus.take() {
            Some(connection) => connection,
            None => Connection::session().ok()?,
        };
        let answer = question(&connection)?;
        *bus = Some(connection);
        Some(answer)
    })
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
    bus: &Connection,
    path: &str,
    interface: &str,
    name: &str,
) -> Option<T> {
    let properties = Some("org.freedesktop.DBus.Properties");
    let reply = bus.call_method(Some(SECRETS), path, properties, "Get", &(interface, name));
    T::try_from(reply.ok()?.body().deserialize().ok()?).ok()
}

/// Has the Secret Service ask for the password of the default collection, and waits until the user answers.
#[cfg(target_os = "linux")]
pub(super) fn unlock() -> zbus::Result<()> {
    use zbus::blocking::Proxy;

    let bus = Connection::session()?;
    let service = Proxy::new(&bus, SECRETS, SERVICE_PATH, "org.freedesktop.Secret.Service")?;
    let objects = vec![ObjectPath::from_static_str(DEFAULT_COLLECTION)?];
    let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = service.call("Unlock", &(objects,))?;
    // The path for “no prompt is needed”.
    if prompt.as_str() == "/" {
        return Ok(());
    }
    let prompt = Proxy::new(&bus, SECRETS, prompt, "org.freedesktop.Secret.Prompt")?;
    let mut completed = prompt.receive_signal("Completed")?;
    let no_window = "";
    prompt.call_method("Prompt", &(no_window,))?;
    completed.next();
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn unlock() -> Result<(), Error> {
    Ok(())
}

/// A key that is greater for newer copies of an item: when it was modified, in seconds, then its number in the keyring.
#[cfg(target_os = "linux")]
pub(super) fn age(copy: &Entry) -> (u64, usize, String) {
    let wrapper = copy.as_any().downcast_ref::<zbus_secret_service_keyring_store::cred::Wrapper>();
    let path = wrapper.map(|wrapper| wrapper.get_path()).unwrap_or_default();
    let modified = Connection::session()
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
