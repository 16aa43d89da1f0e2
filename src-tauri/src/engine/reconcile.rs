//! Finishes or undoes what a killed program left behind. It takes only what no running program owns, so it may run at any
//! time, in several programs at once.

use std::time::Duration;

use tokio::time::Instant;

use super::locks::connection_lock_name;
use super::remote::Remote;
use super::{Engine, WorkspaceId};
use crate::domain::error::Failure;
use crate::io::lock::Lock;

/// How long the user who begins a sign-in waits for an older one to be looked for at its platform.
const FOREGROUND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long all platforms together are asked in the background.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(60);

impl Engine {
    /// Attempts whose owner is gone become connections if they have an item in the vault; else they are looked for at
    /// their hosted platform, and closed when nothing can come there any more. Removals and changes of workspaces that
    /// were begun are finished.
    ///
    /// A keychain or a platform that cannot be asked leaves things as they are, for a later time.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        self.reconcile_with(&Remote { workspace: None, until: Instant::now() + BACKGROUND_TIMEOUT }).await
    }

    /// The same for what belongs to this computer and to one workspace: a silent platform must not delay a sign-in
    /// elsewhere.
    pub async fn reconcile_here(&self, workspace: &WorkspaceId) -> Result<(), Failure> {
        let until = Instant::now() + FOREGROUND_TIMEOUT;
        self.reconcile_with(&Remote { workspace: Some(workspace), until }).await
    }

    async fn reconcile_with(&self, remote: &Remote<'_>) -> Result<(), Failure> {
        self.reconcile_workspaces().await?;
        for attempt in self.index.open_attempts()? {
            let Some(lock) = self.try_lock_attempt(&attempt.id)? else { continue };
            // Its owner may have finished between our reading and our lock.
            if !self.index.is_attempt_open(&attempt.id)? || self.reconcile_attempt(&attempt, remote).await? {
                lock.discard();
            }
        }
        for id in self.index.pending_removals()? {
            let Ok(Some(lock)) = Lock::try_take(&self.paths.run, &connection_lock_name(&id)) else {
                continue;
            };
            if self.reconcile_removal(&id, remote).await? {
                lock.discard();
            }
        }
        Ok(())
    }

    pub(super) fn has_hosted(&self, workspace: &WorkspaceId) -> Result<bool, Failure> {
        Ok(self.index.hosted_workspaces()?.iter().any(|row| row.id == workspace.as_str()))
    }
}
