//! Work that must come to its end once it is begun: between a provider's answer and the keychain nobody may drop it,
//! whoever asked for it and went away.

use std::time::Duration;

use tokio::sync::watch;

use super::Engine;
use crate::domain::error::Failure;

/// How long an end is put off: the 30 s that a provider may take to answer, and 10 for the keychain.
const SETTLE: Duration = Duration::from_secs(30 + 10);

/// How much such work is running.
#[derive(Clone)]
pub(super) struct Unbroken(watch::Sender<usize>);

impl Default for Unbroken {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

/// Counts one piece of work until it is dropped.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

impl Engine {
    /// Runs work in a task of its own, so that it goes on when its caller is dropped.
    pub(super) async fn unbroken<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        self.unbroken.0.send_modify(|running| *running += 1);
        let counted = Counted(self.unbroken.0.clone());
        let task = tokio::spawn(async move {
            let _counted = counted;
            work.await
        });
        task.await.map_err(|_| Failure::internal("a task ended before its work"))?
    }

    /// Waits until no such work is running, for a program that is about to end.
    pub async fn settled(&self) {
        let mut running = self.unbroken.0.subscribe();
        if tokio::time::timeout(SETTLE, running.wait_for(|running| *running == 0)).await.is_err() {
            tracing::warn!("ended while something was being saved");
        }
    }
}
