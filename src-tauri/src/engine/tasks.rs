//! Work that must end once it has begun: no caller may cut it off between a provider's answer and the keychain.

use std::time::Duration;

use super::Engine;
use crate::domain::error::Failure;

/// How long an exit is delayed: the 30 s that a provider may take to answer, and 10 s for the keychain.
const EXIT_DELAY: Duration = Duration::from_secs(30 + 10);

impl Engine {
    /// Runs work in a task of its own, so that it goes on when its caller is dropped.
    pub(super) async fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let running = self.running.subscribe();
        let task = tokio::spawn(async move {
            let _running = running;
            work.await
        });
        task.await.map_err(|_| Failure::internal("a task ended before its work"))?
    }

    /// Waits until no such work is running, before the program exits.
    pub async fn wait_idle(&self) {
        if tokio::time::timeout(EXIT_DELAY, self.running.closed()).await.is_err() {
            tracing::warn!("ended while something was being saved");
        }
    }
}
