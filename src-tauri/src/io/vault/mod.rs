//! The vault: our use of the keychain of the operating system. One item per connection under the service `keyrack`.
//!
//! Every call has a deadline and one of a few errors that say what to do. There is no other place for a secret: where
//! there is no keychain, nothing is saved. Only `connection_ids`, for `doctor`, lists the keychain: a listing of thousands
//! takes seconds.

mod keychain;
mod parts;
mod turn;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use keyring_core::{CredentialStore, Error as Keyring};

use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::sensitive::Sensitive;
use crate::domain::view::KeychainState;
use crate::io::clock;

pub use keychain::NAME as KEYCHAIN_NAME;
use turn::{Turn, Turns};

/// The service name of every item, whatever the home: people look for it in their keychain.
pub const SERVICE: &str = "keyrack";

/// How long a keychain that need not ask anybody may take. Measured: 107 ms for a new item among 3,000; gh waits
/// as long. Tools without a deadline hang for ever on a keychain that does not answer.
const DEADLINE: Duration = Duration::from_secs(3);

/// How long a person may take to type the password of their keychain.
const PROMPT_DEADLINE: Duration = Duration::from_secs(120);

/// Why the vault did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Locked, or silent past the deadline.
    #[error("the keychain is locked or does not answer")]
    Locked,
    /// There is no keychain.
    #[error("there is no keychain")]
    Missing,
    /// It refused this program.
    #[error("the keychain refused access")]
    Denied,
    /// It cannot hold a value of this size.
    #[error("the value is too long for the keychain")]
    TooLong,
    /// What it holds is not what was written.
    #[error("the item in the keychain is damaged")]
    Damaged,
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::new(Code::KeychainLocked),
            VaultError::Missing => Self::new(Code::KeychainMissing),
            VaultError::Denied => Self::new(Code::KeychainDenied),
            VaultError::TooLong => Self::new(Code::KeychainTooLong),
            VaultError::Damaged => {
                Self::new(Code::SignInExpired).detail("the item in the keychain is damaged")
            }
        }
    }
}

/// Whether the keychain may show its own password window while a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompting {
    /// Nobody is there to answer: a locked keychain is an error at once.
    Never,
    /// A person is there: in the window, or at a terminal.
    Allowed,
}

/// Where the store comes from: the operating system, or a test that makes faults happen.
type Open = dyn Fn() -> Result<Arc<CredentialStore>, Keyring> + Send + Sync;

/// The keychain of one home.
#[derive(Clone)]
pub struct Vault {
    home: String,
    prompting: Prompting,
    store: Arc<Mutex<Option<Arc<CredentialStore>>>>,
    open: Arc<Open>,
    state: Arc<dyn Fn() -> KeychainState + Send + Sync>,
    /// Writes go one at a time: parts and flip of one item must not interleave with those of another writer of it.
    writing: Turns,
}

impl Vault {
    /// The keychain of this operating system. Nothing is opened before the first call.
    pub fn new(home_id: &str, prompting: Prompting) -> Self {
        Self {
            home: home_id.to_owned(),
            prompting,
            store: Arc::default(),
            open: Arc::new(keychain::open),
            state: Arc::new(keychain::state),
            writing: Turns::default(),
        }
    }

    /// A vault over another store, for tests that need a keychain to fail.
    pub fn over(store: Arc<CredentialStore>, home_id: &str) -> Self {
        Self {
            open: Arc::new(move || Ok(store.clone())),
            state: Arc::new(|| KeychainState::Ready),
            ..Self::new(home_id, Prompting::Never)
        }
    }

    /// Whether the keychain could be used now. Asks nobody for a password.
    pub fn state(&self) -> KeychainState {
        let state = self.state.clone();
        within(DEADLINE, move || Ok(state())).unwrap_or(KeychainState::Locked)
    }

    /// Proves that the keychain takes, returns and removes a value. Called before a browser opens, so that nobody
    /// signs in for nothing.
    ///
    /// # Errors
    /// As every call: locked, missing, denied.
    pub fn probe(&self) -> Result<(), VaultError> {
        // A key of its own: another program of this home may be probing at the same moment.
        let key = format!("probe-{}", clock::random_id());
        self.write(&key, "Keyrack check", &Sensitive::from("probe"))?;
        let back = self.read(&key);
        self.erase(&key)?;
        match back? {
            Some(value) if value.same_as("probe") => Ok(()),
            _ => Err(VaultError::Damaged),
        }
    }

    /// Saves a connection's item, replacing an earlier one.
    ///
    /// # Errors
    /// As every call. After an error the earlier item, if there was one, is still whole.
    pub fn put(&self, item: &Item) -> Result<(), VaultError> {
        self.write(&item.id, &format!("Keyrack: {}", item.name), &item.to_secret())
    }

    /// A connection's item; `None` if there is none.
    ///
    /// # Errors
    /// As every call.
    pub fn get(&self, id: &str) -> Result<Option<Item>, VaultError> {
        match self.read(id)? {
            None => Ok(None),
            Some(text) => Item::from_secret(&text).map(Some).ok_or(VaultError::Damaged),
        }
    }

    /// The same where a damaged item is as good as none: nothing can be read from it, and it is about to be replaced or
    /// removed.
    ///
    /// # Errors
    /// As every call.
    pub fn get_whole(&self, id: &str) -> Result<Option<Item>, VaultError> {
        match self.get(id) {
            Err(VaultError::Damaged) => Ok(None),
            read => read,
        }
    }

    /// Removes a connection's item. Removing what is not there is no error.
    ///
    /// # Errors
    /// As every call.
    pub fn remove(&self, id: &str) -> Result<(), VaultError> {
        self.erase(id)
    }

    /// The ids of all connections that have an item here. Lists the keychain, which takes seconds where it is large.
    ///
    /// # Errors
    /// As every call.
    pub fn connection_ids(&self) -> Result<std::collections::BTreeSet<String>, VaultError> {
        let prefix = format!("{}:", self.home);
        self.call("", None, move |entries| {
            let found = entries.store.search(&HashMap::from([("service", SERVICE)]))?;
            let keys = found
                .iter()
                .filter_map(|entry| Some(entry.get_specifiers()?.1.strip_prefix(&prefix)?.to_owned()));
            // Ids are hexadecimal; parts and keys of our own are not.
            Ok(keys.filter(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit())).collect())
        })
    }

    /// Saves a secret that belongs to no connection, under a name of ours.
    ///
    /// # Errors
    /// As every call.
    pub fn put_named(&self, name: &str, label: &str, secret: &Sensitive<String>) -> Result<(), VaultError> {
        self.write(name, label, secret)
    }

    /// The secret under a name of ours.
    ///
    /// # Errors
    /// As every call.
    pub fn get_named(&self, name: &str) -> Result<Option<Sensitive<String>>, VaultError> {
        self.read(name)
    }

    /// The secret under a name of ours, made by `make` if there is none yet.
    ///
    /// # Errors
    /// As every call.
    pub fn get_or_make(
        &self,
        name: &str,
        make: impl Fn() -> String,
    ) -> Result<Sensitive<String>, VaultError> {
        if let Some(found) = self.read(name)? {
            return Ok(found);
        }
        self.write(name, &format!("Keyrack: {name}"), &Sensitive::new(make()))?;
        // Read back rather than returned: what the keychain holds is what later programs will find.
        self.read(name)?.ok_or(VaultError::Damaged)
    }

    fn write(&self, key: &str, label: &str, value: &Sensitive<String>) -> Result<(), VaultError> {
        let turn = self.turn()?;
        let (label, value) = (label.to_owned(), value.clone());
        self.call(key, Some(turn), move |entry| parts::write(entry, &label, &value))
    }

    fn read(&self, key: &str) -> Result<Option<Sensitive<String>>, VaultError> {
        self.call(key, None, parts::read)
    }

    fn erase(&self, key: &str) -> Result<(), VaultError> {
        let turn = self.turn()?;
        self.call(key, Some(turn), parts::erase)
    }

    /// Waits until nobody else of this program writes. That time is not the keychain's: its deadline begins after.
    fn turn(&self) -> Result<Turn, VaultError> {
        let patience = match self.prompting {
            Prompting::Never => DEADLINE,
            Prompting::Allowed => PROMPT_DEADLINE,
        };
        self.writing.take(patience).ok_or(VaultError::Locked)
    }

    /// Runs `work` on the keychain within the deadline. A keychain that was restarted, or that was missing a moment
    /// ago, is opened afresh once.
    fn call<T: Send + 'static>(
        &self,
        key: &str,
        turn: Option<Turn>,
        work: impl Fn(&Entries) -> Result<T, Keyring> + Send + 'static,
    ) -> Result<T, VaultError> {
        self.open_meanwhile();
        let deadline = match (self.state(), self.prompting) {
            (KeychainState::Missing, _) => return Err(VaultError::Missing),
            (KeychainState::Locked, Prompting::Never) => return Err(VaultError::Locked),
            (KeychainState::Locked, Prompting::Allowed) => PROMPT_DEADLINE,
            (KeychainState::Ready, _) => DEADLINE,
        };
        let (slot, open) = (self.store.clone(), self.open.clone());
        let user = format!("{}:{key}", self.home);
        within(deadline, move || {
            let _turn = turn;
            let held = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(store) = held {
                match work(&Entries { store, user: user.clone() }) {
                    // The connection to the keychain broke; the fresh one below says what is really the matter.
                    Err(Keyring::PlatformFailure(_)) => {}
                    done => return done.map_err(named),
                }
            }
            let store = open().map_err(|_| VaultError::Missing)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(store.clone());
            work(&Entries { store, user: user.clone() }).map_err(named)
        })
    }

    /// Opens the store while the state is being asked: both take milliseconds, which are most of what printing a token
    /// costs. Opening asks nobody for anything; the first use finds the store, or waits for it.
    fn open_meanwhile(&self) {
        if self.store.try_lock().is_ok_and(|held| held.is_some()) {
            return;
        }
        let (slot, open) = (self.store.clone(), self.open.clone());
        std::thread::spawn(move || {
            let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if held.is_none() {
                *held = open().ok();
            }
        });
    }
}

/// The items of one value: its own, and its parts.
pub(crate) struct Entries {
    store: Arc<CredentialStore>,
    user: String,
}

impl Entries {
    /// The item itself, or one of its parts.
    fn entry(&self, part: Option<&str>, label: &str) -> Result<keyring_core::Entry, Keyring> {
        let user = part.map_or_else(|| self.user.clone(), |part| format!("{}#{part}", self.user));
        // Stores other than the Secret Service know no labels.
        let label = HashMap::from([("label", label)]);
        let modifiers = (cfg!(target_os = "linux") && !label["label"].is_empty()).then_some(&label);
        match self.store.build(SERVICE, &user, modifiers) {
            Err(Keyring::Invalid(..) | Keyring::NotSupportedByStore(_)) => {
                self.store.build(SERVICE, &user, None)
            }
            built => built,
        }
    }
}

fn named(error: Keyring) -> VaultError {
    match error {
        Keyring::NoStorageAccess(_) => VaultError::Locked,
        Keyring::TooLong(..) => VaultError::TooLong,
        Keyring::NoDefaultStore => VaultError::Missing,
        Keyring::BadEncoding(_)
        | Keyring::BadDataFormat(..)
        | Keyring::BadStoreFormat(_)
        | Keyring::Ambiguous(_) => VaultError::Damaged,
        _ => VaultError::Denied,
    }
}

/// Runs `work` on a thread of its own: the calls of an operating system's keychain cannot be interrupted, only left.
fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (tell, told) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("keychain".into())
        .spawn(move || {
            let _ = tell.send(work());
        })
        .map_err(|_| VaultError::Denied)?;
    told.recv_timeout(deadline).unwrap_or(Err(VaultError::Locked))
}

#[cfg(test)]
mod tests;
