//! Locks between programs. The operating system frees them however their owner ends.

use std::time::Duration;

use super::Engine;
use crate::domain::connection::{Connection, Facts};
use crate::domain::error::{Code, Failure};
use crate::io::lock::Lock;

/// How long a change by another program is waited for.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a locked keychain is tried again while a new token waits.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(250);

pub(super) fn connection_lock_name(id: &str) -> String {
    format!("connection-{id}")
}

impl Engine {
    /// The lock under which a connection's item is changed: a renewal may be rotating its tokens.
    ///
    /// Errors: [`Code::RenewalBusy`]; [`Code::IndexUnwritable`] where no lock can be made.
    pub(super) async fn lock_connection(&self, connection: &Facts) -> Result<Lock, Failure> {
        let lock = Lock::take(&self.paths.run, &connection_lock_name(&connection.id), LOCK_TIMEOUT).await;
        lock.map_err(unusable)?.ok_or_else(|| Failure::new(Code::RenewalBusy).name(&connection.name))
    }

    /// Runs work on a connection to completion, under its lock.
    pub(super) async fn run_locked<T: Send + 'static, W: Future<Output = Result<T, Failure>> + Send>(
        &self,
        connection: &Connection,
        work: impl FnOnce(Self, Connection) -> W + Send + 'static,
    ) -> Result<T, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.run_to_completion(async move {
            let _lock = engine.lock_connection(&connection).await?;
            work(engine, connection).await
        })
        .await
    }

    /// The lock that is held as long as an attempt's owner lives. `None` while another program holds it.
    pub(super) fn try_lock_attempt(&self, id: &str) -> Result<Option<Lock>, Failure> {
        Lock::try_take(&self.paths.run, &format!("attempt-{id}")).map_err(unusable)
    }
}

fn unusable(error: std::io::Error) -> Failure {
    Failure::new(Code::IndexUnwritable).detail(format!("lock: {}", error.kind()))
}
