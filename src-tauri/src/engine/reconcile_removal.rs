//! Finishes a removal that was cut off.

use super::Engine;
use super::remote::Remote;
use crate::domain::error::{Code, Failure};

impl Engine {
    /// Returns whether the removal is finished, or undone because the platform refused it.
    pub(super) async fn reconcile_removal(&self, id: &str, remote: &Remote<'_>) -> Result<bool, Failure> {
        let Some(connection) = self.index.connection(id)? else { return Ok(true) };
        let workspace = &connection.workspace;
        if !workspace.is_hosted() {
            // A user who begins a sign-in does not wait for another provider.
            let done = remote.workspace.is_none() && self.revoke_again(id).await;
            return Ok(done && self.forget(id).await.is_ok());
        }
        let asks = connection.instance.is_some()
            && self.has_hosted(workspace)?
            && !self.index.is_removal_local_only(id)?;
        if asks && !remote.includes(workspace) {
            return Ok(false);
        }
        let deleted = match asks {
            true => {
                let deleted = async { self.platform(workspace).await?.delete(&connection).await };
                remote.ask(deleted).await.map(drop)
            }
            false => Ok(()),
        };
        match deleted {
            Ok(()) => Ok(self.forget(id).await.is_ok()),
            Err(failure) if may_pass(failure.code) => Ok(false),
            Err(failure) => {
                tracing::warn!(connection = %id, code = %failure, "the platform refused its removal");
                Ok(self.index.undo_removal(&connection).is_ok())
            }
        }
    }
}

/// Whether the platform did not answer, or could not be asked.
fn may_pass(code: Code) -> bool {
    code.is_temporary()
        || matches!(
            code,
            Code::PlatformUncertain | Code::KeychainLocked | Code::KeychainMissing | Code::KeychainDenied
        )
}
