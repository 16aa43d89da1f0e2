//! Finishes or undoes what a killed program left behind. It takes only what no running program owns, so it may run at any
//! time, in several programs at once.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::locks::connection_lock_name;
use super::{Engine, WorkspaceId};
use crate::domain::error::{Code, Failure};
use crate::io::lock::Lock;

/// How long a sign-in waits for platforms to be asked about older ones.
const FOREGROUND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long all platforms together are asked in the background.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(60);

/// The platforms to ask.
pub(super) struct Remote<'a> {
    /// Only this workspace; all, if absent.
    workspace: Option<&'a WorkspaceId>,
    until: Instant,
}

impl Remote<'_> {
    pub(super) fn includes(&self, workspace: &WorkspaceId) -> bool {
        self.workspace.is_none_or(|only| only == workspace)
    }

    /// Waits for an answer as long as there is time.
    ///
    /// Errors: [`Code::PlatformUnreachable`] if it does not come.
    pub(super) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let late = Failure::new(Code::PlatformUnreachable).detail("no answer in time");
        timeout_at(self.until, question).await.unwrap_or(Err(late))
    }
}

impl Engine {
    /// Finishes or closes attempts without an owner, and finishes removals and changes of workspaces that were begun. A
    /// keychain or a platform that cannot be asked leaves things as they are.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        self.reconcile_with(&Remote { workspace: None, until: Instant::now() + BACKGROUND_TIMEOUT }).await
    }

    /// The same for this computer and one workspace: a silent platform must not delay a sign-in elsewhere.
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
            let lock = Lock::try_take(&self.paths.run, &connection_lock_name(&id));
            let Ok(Some(lock)) = lock else { continue };
            if self.reconcile_removal(&id, remote).await? {
                lock.discard();
            }
        }
        Ok(())
    }

    /// Returns whether the removal is finished, or undone because the platform refused it.
    async fn reconcile_removal(&self, id: &str, remote: &Remote<'_>) -> Result<bool, Failure> {
        let Some(connection) = self.index.connection(id)? else { return Ok(true) };
        let workspace = &connection.workspace;
        if !workspace.is_hosted() {
            // A user who begins a sign-in does not wait for another provider.
            let done = remote.workspace.is_none() && self.revoke_again(id).await;
            return Ok(done && self.forget(id).await.is_ok());
        }
        let at_platform = connection.instance.is_some()
            && self.has_hosted(workspace)?
            && !self.index.is_removal_local_only(id)?;
        if at_platform {
            if !remote.includes(workspace) {
                return Ok(false);
            }
            let deleted = async { self.platform(workspace).await?.delete(&connection).await };
            match remote.ask(deleted).await {
                Err(failure) if may_pass(failure.code) => return Ok(false),
                Err(failure) => {
                    tracing::warn!(connection = %id, code = %failure, "the platform refused its removal");
                    return Ok(self.index.undo_removal(&connection).is_ok());
                }
                Ok(_) => {}
            }
        }
        Ok(self.forget(id).await.is_ok())
    }

    pub(super) fn has_hosted(&self, workspace: &WorkspaceId) -> Result<bool, Failure> {
        Ok(self.index.hosted_workspaces()?.iter().any(|row| row.id == workspace.as_str()))
    }
}

/// Whether the platform did not answer, or could not be asked.
fn may_pass(code: Code) -> bool {
    use Code::{KeychainDenied, KeychainLocked, KeychainMissing, PlatformUncertain};
    code.is_temporary()
        || matches!(code, PlatformUncertain | KeychainLocked | KeychainMissing | KeychainDenied)
}
