//! Finishes or undoes what a program left behind that was killed. It takes only what no living program owns, so it may
//! run at any time, in several programs at once.

use super::Engine;
use super::finish::soon;
use super::start::attempt_lock_name;
use super::token::item_values;
use crate::domain::connection::Item;
use crate::domain::error::Failure;
use crate::io::lock::Lock;
use crate::io::vault::VaultError;

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
            let Some(lock) = self.attempt_lock(&attempt)? else { continue };
            // Its owner may have finished between our reading and our lock.
            if !self.index.open_attempts()?.contains(&attempt) {
                lock.discard(&self.paths.run, &attempt_lock_name(&attempt));
                continue;
            }
            let id = attempt.clone();
            match self.vault(move |vault| vault.get(&id)).await {
                Ok(Some(mut item)) => {
                    if item.identity.is_none() {
                        item.identity = self.identity_of(&item).await;
                    }
                    if self.index.finish_attempt(&item.to_connection())? != item.name {
                        self.describe_as_listed(&item.id).await;
                    }
                    tracing::info!(attempt = %attempt, "a sign-in that was cut off is finished");
                }
                // A damaged item is none: nothing can be read from it.
                Ok(None) | Err(VaultError::Damaged) => {
                    self.index.close_attempt(&attempt)?;
                    tracing::info!(attempt = %attempt, "a sign-in that was cut off is closed");
                }
                Err(_) => continue,
            }
            lock.discard(&self.paths.run, &attempt_lock_name(&attempt));
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

    /// Whose account an item is for, if the provider tells it soon.
    async fn identity_of(&self, item: &Item) -> Option<String> {
        let element = self.element(&item.element).ok()?;
        let values = item_values(element, item).ok()?;
        let platform = self.platform(&item.workspace);
        if !platform.is_pinned(element, &values, &item.pinned_hosts) {
            return None;
        }
        soon(platform.identity(element, &values, &item.tokens)).await
    }
}
