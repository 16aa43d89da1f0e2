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

/// The service name of every item of every home: users look for it in their keychain.
pub const SERVICE: &str = "keyrack";

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
    let attributes = HashMap::from([("service", SERVICE), ("username", user)]);
    let is_locked = query(|bus| {
        // gnome-keyring locks whole collections, and searching thousands of items takes it milliseconds.
        let is_gnome =
            name_owner(bus, "org.gnome.keyring").is_some_and(|own| name_owner(bus, SECRETS) == Some(own));
        if is_gnome { Some(false) } else { Some(!search(bus, &attributes)?.1.is_empty()) }
    });
    is_locked.unwrap_or_default()
}

/// The connection that owns a name on the bus.
#[cfg(target_os = "linux")]
fn name_owner(bus: &Connection, name: &str) -> Option<String> {
    const BUS: &str = "org.freedesktop.DBus";
    let reply =
        bus.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "GetNameOwner", &(name,)).ok()?;
    reply.body().deserialize().ok()
}

/// The users of all items of a service, if this is the Secret Service. Its store asks the keyring twice for each item, and
/// the user for each locked one.
#[cfg(target_os = "linux")]
pub(super) fn list_users(store: &Arc<CredentialStore>, service: &str) -> Option<Vec<String>> {
    store.as_any().downcast_ref::<zbus_secret_service_keyring_store::Store>()?;
    let attributes = HashMap::from([("service", service)]);
    let user_of = |bus: &Connection, item: &OwnedObjectPath| {
        let attributes: HashMap<String, String> =
            property(bus, item, "org.freedesktop.Secret.Item", "Attributes")?;
        attributes.get("username").cloned()
    };
    // Over a connection of its own: other threads need not wait.
    let bus = Connection::session().ok()?;
    retry(|| {
        let bus = &bus;
        let (unlocked, locked) = search(bus, &attributes)?;
        Some(unlocked.iter().chain(&locked).filter_map(|item| user_of(bus, item)).collect())
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn list_users(_: &Arc<CredentialStore>, _: &str) -> Option<Vec<String>> {
    None
}

/// The items with these attributes: those that can be read, and those that the keyring would ask the user for.
#[cfg(target_os = "linux")]
fn search(
    bus: &Connection,
    attributes: &HashMap<&str, &str>,
) -> Option<(Vec<OwnedObjectPath>, Vec<OwnedObjectPath>)> {
    let service = Some("org.freedesktop.Secret.Service");
    let reply = bus.call_method(Some(SECRETS), SERVICE_PATH, service, "SearchItems", &(attributes,)).ok()?;
    reply.body().deserialize().ok()
}

/// macOS and Windows lock no single item.
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
    let modified = query(|bus| property::<u64>(bus, &path, "org.freedesktop.Secret.Item", "Modified"));
    (modified.unwrap_or_default(), path.len(), path)
}

/// macOS and Windows keep no item twice.
#[cfg(not(target_os = "linux"))]
pub(super) fn age(_: &Entry) {}

/// The login keychain and the Credential Manager unlock with the session; a locked one fails each call.
#[cfg(not(target_os = "linux"))]
pub(super) fn state() -> KeychainState {
    if keyring::Entry::store_status().is_ok() { KeychainState::Ready } else { KeychainState::Missing }
}
