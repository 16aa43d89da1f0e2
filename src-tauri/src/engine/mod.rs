//! The order of steps, shared by the window and the command line. What each step does is elsewhere: rules in `domain`,
//! the outside world in `io`, the calls in `platform`.
//!
//! `start` runs steps 1 to 7 of the flow, `finish` steps 8 to 12; `reconcile` finishes or undoes what a killed program
//! left behind.

mod ahead;
mod change;
mod create;
mod describe;
mod device;
mod finish;
mod guard;
mod hosted;
mod import;
mod keep;
mod lookup;
mod made_with;
mod prepare;
mod reconcile;
mod remove;
pub mod start;
mod test;
mod token;
mod unbroken;
mod workspace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::domain::connection::{Connection, is_ours};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::Values;
use crate::domain::view::{ConnectionView, KeychainState, KeychainView, Revocation};
use crate::io::callback::CallbackListeners;
use crate::io::catalog::{Catalog, NoElement};
use crate::io::http::Http;
use crate::io::index::{HostedRow, Index};
use crate::io::paths::Paths;
use crate::io::trust::Trust;
use crate::io::vault::{KEYCHAIN_NAME, Prompting, Vault, VaultError};
use crate::platform::local::revocation;
use crate::platform::practice::Practice;

pub use create::Created;
pub use finish::{Controls, Ending, Paste};
pub use keep::Unsaved;
pub use made_with::MadeWith;
pub use remove::Reach;
pub use start::{Browser, SigningIn};
pub use test::Tested;
pub use token::{DEFAULT_MIN_TTL, Fresh, How, Renewal};
use unbroken::Unbroken;
pub use workspace::{DEFAULT_PORT, LOCAL, PRACTICE, Workspace};

/// How long the list waits to say whether the keychain is locked. Unlocked ones answer in milliseconds.
const KEYCHAIN_STATE: Duration = Duration::from_secs(1);

/// The catalogues of hosted platforms, by workspace, with the moment at which they were asked for.
type Catalogs = HashMap<String, (Instant, Vec<Element>)>;

/// Everything that the steps need, opened once per program. Clones share all of it.
#[derive(Clone)]
pub struct Engine {
    /// Where things lie.
    pub paths: Paths,
    /// Who is connected.
    pub index: Index,
    /// Their secrets.
    pub vault: Vault,
    catalog: Arc<Mutex<Option<Arc<Catalog>>>>,
    practice: Arc<OnceLock<Practice>>,
    catalogs: Arc<Mutex<Catalogs>>,
    /// One question at a time about whose accounts they are, where many are made at once.
    identities: Arc<Semaphore>,
    unbroken: Unbroken,
    pub(crate) http: Http,
    callbacks: CallbackListeners,
}

impl Engine {
    /// Opens the index. Nothing else is opened before it is needed: printing a token must not read the catalogue.
    ///
    /// # Errors
    /// When the home or the index cannot be used.
    pub fn open(paths: Paths, prompting: Prompting) -> Result<Self, Failure> {
        let index = Index::open(&paths.index())?;
        let vault = Vault::new(&paths.home_id, prompting);
        Ok(Self::with(paths, index, vault))
    }

    /// An engine over parts that were opened elsewhere.
    pub fn with(paths: Paths, index: Index, vault: Vault) -> Self {
        let callbacks = CallbackListeners::new(&paths.run);
        let http = Http::with_trust(Trust::at(paths.extra_ca()));
        Self {
            paths,
            index,
            vault,
            catalog: Arc::default(),
            practice: Arc::default(),
            catalogs: Arc::default(),
            identities: Arc::new(Semaphore::new(1)),
            unbroken: Unbroken::default(),
            http,
            callbacks,
        }
    }

    /// The elements of the program and those of the person's folder, as they were last read.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.known_catalog().get_or_insert_with(|| self.read_catalog()).clone()
    }

    /// Reads the person's folder again: another program, or the person, may have put a file there.
    pub fn catalog_anew(&self) -> Arc<Catalog> {
        self.known_catalog().insert(self.read_catalog()).clone()
    }

    fn read_catalog(&self) -> Arc<Catalog> {
        Arc::new(Catalog::load(&self.paths.elements()))
    }

    fn known_catalog(&self) -> MutexGuard<'_, Option<Arc<Catalog>>> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The element with this key.
    ///
    /// # Errors
    /// [`Code::ElementUnknown`]; [`Code::ElementInvalid`] with the file and its mistakes.
    pub fn element(&self, key: &str) -> Result<Element, Failure> {
        let known = self.catalog();
        // A file may be newer than the last reading.
        let catalog = if known.find(key).is_ok() { known } else { self.catalog_anew() };
        catalog.find(key).cloned().map_err(|e| match Failure::from(e) {
            unknown if unknown.code == Code::ElementUnknown => unknown.name(key),
            invalid => invalid,
        })
    }

    fn catalogs(&self) -> MutexGuard<'_, Catalogs> {
        self.catalogs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call of the vault, which blocks, from async code.
    async fn vault<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let vault = self.vault.clone();
        tokio::task::spawn_blocking(move || call(&vault)).await.unwrap_or(Err(VaultError::Denied))
    }

    /// The certificate authorities that the person trusts beside those of the system.
    pub fn trust(&self) -> Trust {
        Trust::at(self.paths.extra_ca())
    }

    /// Seconds that other clocks are ahead of this computer's, if servers told and it is enough to be in the way.
    pub fn clock_skew(&self) -> Option<i64> {
        self.http.clock_skew()
    }

    /// The keychain in the words of this system. One that does not answer soon is as good as locked.
    pub async fn keychain(&self) -> KeychainView {
        let vault = self.vault.clone();
        let asked = tokio::task::spawn_blocking(move || vault.state());
        let state = match tokio::time::timeout(KEYCHAIN_STATE, asked).await {
            Ok(Ok(state)) => state,
            _ => KeychainState::Locked,
        };
        KeychainView { name: KEYCHAIN_NAME.to_owned(), state }
    }

    /// The connections of a workspace, or of all, as they are shown.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn connections(&self, workspace: Option<&str>) -> Result<Vec<ConnectionView>, Failure> {
        let hosted = self.index.hosted_workspaces()?;
        Ok(self.index.connections(workspace)?.into_iter().map(|row| self.shown_with(row, &hosted)).collect())
    }

    /// A row with the words of its element.
    pub fn shown(&self, row: Connection) -> ConnectionView {
        let hosted = self.index.hosted_workspaces().unwrap_or_default();
        self.shown_with(row, &hosted)
    }

    fn shown_with(&self, mut row: Connection, hosted: &[HostedRow]) -> ConnectionView {
        // What belongs to a workspace names it by its id; people know its name.
        if let Some(workspace) = hosted.iter().find(|workspace| workspace.id == row.workspace) {
            row.workspace = workspace.name.clone();
        }
        let catalog = self.catalog();
        let element = catalog.find(&row.element).ok();
        let words = element.map(|e| (e.name.as_str(), e.initials.as_str(), e.access.as_slice()));
        let revocation = match element {
            Some(element) if is_ours(&row.workspace) => {
                revocation(element, &Values::default(), row.workspace == PRACTICE)
            }
            // A hosted platform ends what it keeps.
            _ if !is_ours(&row.workspace) => Revocation::Ends,
            _ => Revocation::Stays,
        };
        ConnectionView { revocation, ..ConnectionView::new(row, words) }
    }
}

impl From<NoElement<'_>> for Failure {
    fn from(error: NoElement<'_>) -> Self {
        match error {
            NoElement::Unknown => Self::new(Code::ElementUnknown),
            NoElement::Invalid(fault) => {
                let words: Vec<_> = fault
                    .problems
                    .iter()
                    .map(|p| p.line.map_or_else(|| p.to_string(), |line| format!("line {line}: {p}")))
                    .collect();
                Self::new(Code::ElementInvalid)
                    .name(fault.file.display().to_string())
                    .detail(words.join("; "))
            }
        }
    }
}
