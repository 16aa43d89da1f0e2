//! What the steps share, opened once per program.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use crate::domain::element::Element;
use crate::domain::element_file::Problem;
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::view::{KeychainState, KeychainView};
use crate::io::callback::CallbackListeners;
use crate::io::catalog::{Catalog, NoElement};
use crate::io::http::Http;
use crate::io::index::Index;
use crate::io::paths::Paths;
use crate::io::trust::Trust;
use crate::io::vault::{KEYCHAIN_NAME, Prompting, Vault, VaultError};
use crate::platform::practice::Practice;

/// How long the list waits to learn whether the keychain is locked. Unlocked ones answer in milliseconds.
const KEYCHAIN_STATE_TIMEOUT: Duration = Duration::from_secs(1);

/// The catalogues of hosted platforms, by the id of the workspace, with the moment of the request.
pub(super) type HostedCatalogs = HashMap<String, (Instant, Vec<Element>)>;

/// Everything that the steps need. Clones share all of it.
#[derive(Clone)]
pub struct Engine {
    pub(super) paths: Paths,
    pub(super) index: Index,
    pub(super) vault: Vault,
    pub(crate) http: Http,
    pub(super) callbacks: CallbackListeners,
    /// Asks one provider at a time for identities where many connections are made at once.
    pub(super) identifying: Arc<Semaphore>,
    /// Each work that must not be cut off holds a receiver.
    pub(super) running: watch::Sender<()>,
    catalog: Arc<Mutex<Option<Arc<Catalog>>>>,
    practice: Arc<OnceLock<Practice>>,
    hosted_catalogs: Arc<Mutex<HostedCatalogs>>,
}

/// The folders of the home that the environment names.
///
/// Errors: [`Code::IndexUnwritable`].
pub fn open_paths() -> Result<Paths, Failure> {
    Paths::from_env()
        .map_err(|e| Failure::new(Code::IndexUnwritable).detail(format!("the home cannot be used: {e}")))
}

impl Engine {
    /// Opens the index. The rest is opened when it is needed: printing a token must not read the catalogue.
    ///
    /// Errors: [`Code::IndexDamaged`], which [`Engine::open_repaired`] mends; [`Code::IndexNewer`].
    pub fn open(paths: Paths, prompting: Prompting) -> Result<Self, Failure> {
        if !paths.index().exists() {
            return Err(Failure::new(Code::IndexDamaged).detail("the file is missing"));
        }
        let index = Index::open(&paths.index())?;
        let vault = Vault::new(&paths.home_id, prompting);
        Ok(Self::with(paths, index, vault))
    }

    pub fn with(paths: Paths, index: Index, vault: Vault) -> Self {
        let callbacks = CallbackListeners::new(&paths.run);
        let http = Http::with_trust(Trust::at(paths.extra_ca()));
        Self {
            paths,
            index,
            vault,
            http,
            callbacks,
            identifying: Arc::new(Semaphore::new(1)),
            running: watch::Sender::default(),
            catalog: Arc::default(),
            practice: Arc::default(),
            hosted_catalogs: Arc::default(),
        }
    }

    /// The shipped elements and those in the user's folder, as last read.
    pub fn catalog(&self) -> Arc<Catalog> {
        let mut last = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        last.get_or_insert_with(|| self.load_catalog()).clone()
    }

    /// Reads the user's folder again.
    pub fn reload_catalog(&self) -> Arc<Catalog> {
        let mut last = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(self.load_catalog()).clone()
    }

    fn load_catalog(&self) -> Arc<Catalog> {
        Arc::new(Catalog::load(&self.paths.elements()))
    }

    /// Errors: [`Code::ElementUnknown`]; [`Code::ElementInvalid`] with the file and its faults.
    pub fn element(&self, key: &str) -> Result<Element, Failure> {
        let last = self.catalog();
        // A file may be newer than the last reading.
        let catalog = if last.find(key).is_ok() { last } else { self.reload_catalog() };
        catalog.find(key).cloned().map_err(|error| match error {
            NoElement::Unknown => Failure::new(Code::ElementUnknown).name(key),
            NoElement::Invalid(fault) => invalid_file(&fault.file, &fault.problems),
        })
    }

    pub(super) fn hosted_catalogs(&self) -> MutexGuard<'_, HostedCatalogs> {
        self.hosted_catalogs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn practice_provider(&self) -> Practice {
        let make = || Practice::new(self.index.clone(), self.vault.clone(), self.catalog());
        self.practice.get_or_init(make).clone()
    }

    /// Runs a call of the vault, which blocks, from async code.
    pub(super) async fn vault<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let vault = self.vault.clone();
        tokio::task::spawn_blocking(move || call(&vault)).await.unwrap_or(Err(VaultError::Denied))
    }

    /// The item under this id, of a connection or an attempt.
    pub(super) async fn read_item(&self, id: &str) -> Result<Option<Item>, VaultError> {
        let id = id.to_owned();
        self.vault(move |vault| vault.get(&id)).await
    }

    /// As [`Engine::read_item`], with a damaged item as none.
    pub(super) async fn read_undamaged(&self, id: &str) -> Result<Option<Item>, VaultError> {
        let id = id.to_owned();
        self.vault(move |vault| vault.get_undamaged(&id)).await
    }

    pub(super) async fn put_item(&self, item: Item) -> Result<(), VaultError> {
        self.vault(move |vault| vault.put(&item)).await
    }

    pub(super) async fn remove_item(&self, id: &str) -> Result<(), VaultError> {
        let id = id.to_owned();
        self.vault(move |vault| vault.remove(&id)).await
    }

    /// The certificate authorities that the user trusts beside those of the system.
    pub fn trust(&self) -> Trust {
        Trust::at(self.paths.extra_ca())
    }

    /// Seconds that servers' clocks are ahead of this computer's, if known and large enough to matter.
    pub fn clock_skew(&self) -> Option<i64> {
        self.http.clock_skew()
    }

    /// Has the system ask for the password of a locked keychain.
    ///
    /// Errors: [`Code::KeychainLocked`], [`Code::KeychainMissing`].
    pub async fn unlock_keychain(&self) -> Result<(), Failure> {
        Ok(self.vault(Vault::unlock).await?)
    }

    /// The keychain in the words of this system. One that does not answer in time counts as locked.
    pub async fn keychain(&self) -> KeychainView {
        let asked = tokio::time::timeout(KEYCHAIN_STATE_TIMEOUT, self.vault(|vault| Ok(vault.state())));
        let state = asked.await.ok().and_then(Result::ok).unwrap_or(KeychainState::Locked);
        KeychainView { name: KEYCHAIN_NAME.to_owned(), state }
    }
}

/// An element file that cannot be used, with its faults.
pub(super) fn invalid_file(file: &Path, problems: &[Problem]) -> Failure {
    let with_line = |p: &Problem| p.line.map_or_else(|| p.to_string(), |n| format!("line {n}: {p}"));
    let words: Vec<_> = problems.iter().map(with_line).collect();
    Failure::new(Code::ElementInvalid).name(file.display().to_string()).detail(words.join("; "))
}

/// The folder of elements cannot be written.
pub(super) fn unwritable_folder(error: std::io::Error) -> Failure {
    Failure::new(Code::IndexUnwritable).detail(format!("the folder of elements: {}", error.kind()))
}
