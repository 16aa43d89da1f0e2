//! Reads and writes items in the keychain.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use keyring_core::{CredentialStore, Error as Keyring};

use super::entries::Entries;
use super::error::VaultError;
use super::fair_lock::{FairLock, FairLockGuard};
use super::keychain::{self, Prompting};
use super::parts;
use crate::domain::item::Item;
use crate::domain::sensitive::Sensitive;
use crate::domain::view::KeychainState;
use crate::io::clock;

/// For a keychain that need not ask the user. Measured: 107 ms for a new item among 3,000; gh waits as long.
const DEADLINE: Duration = Duration::from_secs(3);

/// For a user who types the password of the keychain.
const PROMPT_DEADLINE: Duration = Duration::from_secs(120);

/// Opens the store of the operating system, or that of a test.
type Open = dyn Fn() -> Result<Arc<CredentialStore>, Keyring> + Send + Sync;

/// The items of one home.
#[derive(Clone)]
pub struct Vault {
    home: String,
    prompting: Prompting,
    store: Arc<Mutex<Option<Arc<CredentialStore>>>>,
    open: Arc<Open>,
    pub(super) state: Arc<dyn Fn() -> KeychainState + Send + Sync>,
    pub(super) is_item_locked: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// The keys of the items that this program was given, or made.
    allowed: Arc<Mutex<HashSet<String>>>,
    /// Writes must not interleave: those of two writers of one item would mix its parts.
    writing: FairLock,
    max_item_bytes: usize,
}

impl Vault {
    /// Opens nothing before the first call.
    pub fn new(home_id: &str, prompting: Prompting) -> Self {
        Self {
            home: home_id.to_owned(),
            prompting,
            store: Arc::default(),
            open: Arc::new(move || keychain::open(prompting)),
            state: Arc::new(keychain::state),
            is_item_locked: Arc::new(keychain::is_item_locked),
            allowed: Arc::default(),
            writing: FairLock::default(),
            max_item_bytes: keychain::MAX_ITEM_BYTES,
        }
    }

    /// A vault over another store, for tests.
    pub fn over(store: Arc<CredentialStore>, home_id: &str) -> Self {
        Self {
            open: Arc::new(move || Ok(store.clone())),
            state: Arc::new(|| KeychainState::Ready),
            is_item_locked: Arc::new(|_| false),
            max_item_bytes: keychain::WINDOWS_ITEM_BYTES,
            ..Self::new(home_id, Prompting::Never)
        }
    }

    /// Whether the keychain can be used now. Shows no prompt.
    pub fn state(&self) -> KeychainState {
        let state = self.state.clone();
        run_within(DEADLINE, move || Ok(state())).unwrap_or(KeychainState::Locked)
    }

    /// Shows the system's own password prompt if the keychain is locked, and waits for the user.
    ///
    /// Errors: [`VaultError::Locked`] if it still is; [`VaultError::Missing`].
    pub fn unlock(&self) -> Result<(), VaultError> {
        if self.state() == KeychainState::Locked {
            run_within(PROMPT_DEADLINE, || keychain::unlock().map_err(|_| VaultError::Locked))?;
        }
        match self.state() {
            KeychainState::Ready => Ok(()),
            KeychainState::Locked => Err(VaultError::Locked),
            KeychainState::Missing => Err(VaultError::Missing),
        }
    }

    /// Checks that the keychain saves, returns and deletes a value, before a sign-in whose result must be saved.
    pub fn probe(&self) -> Result<(), VaultError> {
        // A random key: another process of this home may be probing too.
        let key = format!("probe-{}", clock::random_id());
        self.put_named(&key, "Keyrack check", &Sensitive::from("probe"))?;
        let back = self.get_named(&key);
        self.remove(&key)?;
        match back? {
            Some(value) if value.same_as("probe") => Ok(()),
            _ => Err(VaultError::Damaged),
        }
    }

    /// Saves a connection's item. After an error an earlier item is intact.
    pub fn put(&self, item: &Item) -> Result<(), VaultError> {
        self.put_named(&item.id, &format!("Keyrack: {}", item.name), &item.to_secret())
    }

    /// A connection's item; `None` if there is none.
    pub fn get(&self, id: &str) -> Result<Option<Item>, VaultError> {
        match self.get_named(id)? {
            None => Ok(None),
            Some(text) => Item::from_secret(&text).map(Some).ok_or(VaultError::Damaged),
        }
    }

    /// [`Vault::get`] for an item that is about to be replaced or removed: `None` also if it is damaged.
    pub fn get_undamaged(&self, id: &str) -> Result<Option<Item>, VaultError> {
        match self.get(id) {
            Err(VaultError::Damaged) => Ok(None),
            read => read,
        }
    }

    /// Removes the item of a connection, or the secret of this name, if there is one.
    pub fn remove(&self, key: &str) -> Result<(), VaultError> {
        let guard = self.lock_writing()?;
        self.call(key, Some(guard), parts::erase)?;
        self.allowed().remove(key);
        Ok(())
    }

    /// The keys of all values of this home. Lists the keychain, which takes a second if it holds thousands of items.
    pub fn keys(&self) -> Result<BTreeSet<String>, VaultError> {
        if self.prompting == Prompting::Allowed {
            // A locked keyring finds items and names none.
            self.unlock()?;
        }
        let home = self.home.clone();
        self.call("", None, move |entries| {
            let prefix = format!("{home}:");
            let users = entries.list_users(&home)?;
            let keys = users.iter().filter_map(|user| user.strip_prefix(&prefix));
            // A part has its number behind the sign.
            Ok(keys.filter(|key| !key.contains('#')).map(str::to_owned).collect())
        })
    }

    /// Saves a secret that belongs to no connection.
    pub fn put_named(&self, name: &str, label: &str, secret: &Sensitive<String>) -> Result<(), VaultError> {
        let guard = self.lock_writing()?;
        let (label, secret) = (label.to_owned(), secret.clone());
        self.call(name, Some(guard), move |entries| parts::write(entries, &label, &secret))
    }

    pub fn get_named(&self, name: &str) -> Result<Option<Sensitive<String>>, VaultError> {
        self.call(name, None, parts::read)
    }

    /// The secret called `name`, created by `make` if there is none.
    pub fn get_or_create(
        &self,
        name: &str,
        make: impl Fn() -> String,
    ) -> Result<Sensitive<String>, VaultError> {
        if let Some(found) = self.get_named(name)? {
            return Ok(found);
        }
        self.put_named(name, &format!("Keyrack: {name}"), &Sensitive::new(make()))?;
        // Another process may have written at the same time: the keychain decides.
        self.get_named(name)?.ok_or(VaultError::Damaged)
    }

    /// Waits until no other thread writes. The deadline of the call starts after that.
    fn lock_writing(&self) -> Result<FairLockGuard, VaultError> {
        let timeout = match self.prompting {
            Prompting::Never => DEADLINE,
            Prompting::Allowed => PROMPT_DEADLINE,
        };
        self.writing.lock(timeout).ok_or(VaultError::Locked)
    }

    /// Runs `work` on the keychain within the deadline. A broken connection to the keychain is opened again once.
    fn call<T: Send + 'static>(
        &self,
        key: &str,
        guard: Option<FairLockGuard>,
        work: impl Fn(&Entries) -> Result<T, Keyring> + Send + 'static,
    ) -> Result<T, VaultError> {
        self.open_in_background();
        let user = format!("{}:{key}", self.home);
        let state = self.state();
        let is_item_locked = !key.is_empty() && self.is_item_locked(state, key);
        if is_item_locked && self.prompting == Prompting::Never {
            return Err(VaultError::MustAsk);
        }
        let deadline = choose_deadline(state, self.prompting, keychain::ASKS_WHEN_READY || is_item_locked)?;
        let (slot, open, max_item_bytes) = (self.store.clone(), self.open.clone(), self.max_item_bytes);
        let done = run_within(deadline, move || {
            let _guard = guard;
            let current = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(store) = current {
                match work(&Entries { store, user: user.clone(), max_item_bytes }) {
                    // The connection broke; a new one gives the real error.
                    Err(Keyring::PlatformFailure(_)) if keychain::CAN_DISCONNECT => {}
                    done => return Ok(done?),
                }
            }
            let store = open().map_err(|_| VaultError::Missing)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(store.clone());
            Ok(work(&Entries { store, user, max_item_bytes })?)
        });
        match done {
            // The user declined, or did not answer.
            Err(VaultError::Locked) if is_item_locked => Err(VaultError::Denied),
            Err(error) => Err(error),
            Ok(value) => {
                self.allowed().insert(key.to_owned());
                Ok(value)
            }
        }
    }

    /// Whether the keyring would ask the user for this item. It remembers what it has allowed a program while it is unlocked.
    fn is_item_locked(&self, state: KeychainState, key: &str) -> bool {
        if state != KeychainState::Ready {
            self.allowed().clear();
        }
        if state != KeychainState::Ready || self.allowed().contains(key) {
            return false;
        }
        let (is_locked, user) = (self.is_item_locked.clone(), format!("{}:{key}", self.home));
        run_within(DEADLINE, move || Ok(is_locked(&user))).unwrap_or_default()
    }

    fn allowed(&self) -> MutexGuard<'_, HashSet<String>> {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the store while its state is queried: each takes milliseconds, which are most of the time of printing a
    /// token. Opening shows no prompt.
    fn open_in_background(&self) {
        if self.store.try_lock().is_ok_and(|current| current.is_some()) {
            return;
        }
        let (slot, open) = (self.store.clone(), self.open.clone());
        std::thread::spawn(move || {
            let mut current = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if current.is_none() {
                *current = open().ok();
            }
        });
    }
}

/// How long a call may take. `asks_when_ready` says whether a keychain that is not locked may ask the user too.
pub(super) fn choose_deadline(
    state: KeychainState,
    prompting: Prompting,
    asks_when_ready: bool,
) -> Result<Duration, VaultError> {
    match (state, prompting) {
        (KeychainState::Missing, _) => Err(VaultError::Missing),
        (KeychainState::Locked, Prompting::Never) => Err(VaultError::Locked),
        (KeychainState::Locked, Prompting::Allowed) => Ok(PROMPT_DEADLINE),
        (KeychainState::Ready, Prompting::Allowed) if asks_when_ready => Ok(PROMPT_DEADLINE),
        (KeychainState::Ready, _) => Ok(DEADLINE),
    }
}

/// Runs `work` on a thread of its own, which is left behind with [`VaultError::Locked`] when `deadline` passes: calls of
/// the operating system's keychain cannot be interrupted.
pub(super) fn run_within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("keychain".into())
        .spawn(move || sender.send(work()))
        .map_err(|_| VaultError::Denied)?;
    receiver.recv_timeout(deadline).unwrap_or(Err(VaultError::Locked))
}
