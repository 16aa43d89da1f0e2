//! Finishes or undoes what a program left behind that was killed. It takes only what no living program owns, so it may
//! run at any time, in several programs at once.

use super::Engine;
use super::start::attempt_lock_name;
use crate::domain::error::Failure;
use crate::io::lock::Lock;

impl Engine {
    /// Attempts whose owner is gone: with an item in the vault they become connections, without one they are closed.
    /// Removals that were begun are finished.
    ///
    /// A keychain that cannot be asked leaves things as they are, for a later time.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        for attempt in self.index.open_attempts()? {
            let Some(lock) = self.attempt_lock(&attempt.id)? else { continue };
            // Its owner may have finished between our reading and our lock.
            if !self.index.open_attempts()?.iter().any(|open| open.id == attempt.id) {
                lock.discard(&self.paths.run, &attempt_lock_name(&attempt.id));
                continue;
            }
            let id = attempt.id.clone();
            match self.vault(move |vault| vault.get(&id)).await {
                Ok(Some(item)) => {
                    if self.index.finish_attempt(&item.to_connection())? != item.name {
                        self.describe_as_listed(&item.id).await;
                    }
                    tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is finished");
                }
                Ok(None) => {
                    self.index.close_attempt(&attempt.id)?;
                    tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is closed");
                }
                Err(_) => continue,
            }
            lock.discard(&self.paths.run, &attempt_lock_name(&attempt.id));
        }
        for id in self.index.removals()? {
            let Ok(Some(_lock)) = Lock::try_take(&self.paths.run, &super::token::connection_lock_name(&id))
            else {
                continue;
            };
            let key = id.clone();
            if self.vault(move |vault| vault.remove(&key)).await.is_ok() {
                self.index.finish_removal(&id)?;
            }
        }
        Ok(())
    }
}
