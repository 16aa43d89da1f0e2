//! Which platforms are asked while half-done work is finished, and until when.

use tokio::time::{Instant, timeout_at};

use super::WorkspaceId;
use crate::domain::error::{Code, Failure};

/// The platforms to ask.
pub(super) struct Remote<'a> {
    /// Only this workspace; all, if absent.
    pub(super) workspace: Option<&'a WorkspaceId>,
    pub(super) until: Instant,
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
