//! Finishes or undoes what a program left behind that was killed. It takes only what no living program owns, so it may
//! run at any time, in several programs at once.

use super::Engine;
use super::finish::soon;
use super::hosted::is_ours;
use super::token::{connection_lock_name, item_values};
use crate::domain::connection::Item;
use crate::domain::error::Failure;
use crate::io::index::{IndexError, OpenAttempt};
use crate::io::lock::Lock;
use crate::io::vault::VaultError;

impl Engine {
    /// Attempts whose owner is gone: with an item in the vault they become connections; without one they are looked for
    /// at their hosted platform, and closed if nothing is there. Removals that were begun are finished, and so is what
    /// was begun with workspaces.
    ///
    /// A keychain or a platform that cannot be asked leaves things as they are, for a later time.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        self.reconcile_workspaces().await?;
        for attempt in self.index.open_attempts()? {
            let Some(lock) = self.attempt_lock(&attempt.id)? else { continue };
            // Its owner may have finished between our reading and our lock.
            if !self.index.is_open(&attempt.id)? || self.settle(&attempt).await? {
                lock.discard();
            }
        }
        for id in self.index.removals()? {
            let Ok(Some(lock)) = Lock::try_take(&self.paths.run, &connection_lock_name(&id)) else {
                continue;
            };
            if self.settle_removal(&id).await {
                lock.discard();
            }
        }
        Ok(())
    }

    /// Returns whether the attempt is closed.
    async fn settle(&self, attempt: &OpenAttempt) -> Result<bool, Failure> {
        let key = attempt.again.as_ref().unwrap_or(&attempt.id).clone();
        let item = match self.vault(move |vault| vault.get(&key)).await {
            Ok(item) => item,
            // A damaged item is none: nothing can be read from it.
            Err(VaultError::Damaged) => None,
            Err(_) => return Ok(false),
        };
        match (item, &attempt.again) {
            (Some(item), Some(_)) if item.received_at >= attempt.started_at => {
                self.index.signed_in_again(&attempt.id, &item.to_connection(), &item.token_sha256())?;
            }
            (_, Some(_)) => self.index.close_attempt(&attempt.id)?,
            (Some(mut item), None) => {
                if item.identity.is_none() {
                    item.identity = self.identity_of(&item).await;
                }
                match self.index.finish_attempt(&item.to_connection(), &item.token_sha256()) {
                    Ok(row) if row.name != item.name => self.describe_as_listed(&item.id).await,
                    Ok(_) => {}
                    // Another program brought the same instance in: one connection is enough.
                    Err(IndexError::InstanceKnown) => {
                        let id = item.id.clone();
                        let _ = self.vault(move |vault| vault.remove(&id)).await;
                        self.index.close_attempt(&attempt.id)?;
                    }
                    Err(error) => return Err(error.into()),
                }
                tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is finished");
            }
            (None, None) if is_ours(&attempt.workspace) => self.index.close_attempt(&attempt.id)?,
            (None, None) => return self.settle_there(attempt).await,
        }
        Ok(true)
    }

    /// An attempt at a hosted platform that left nothing here: its instance may exist there.
    async fn settle_there(&self, attempt: &OpenAttempt) -> Result<bool, Failure> {
        let gone = !self.index.hosted()?.iter().any(|row| row.id == attempt.workspace);
        let found = match self.hosted(&attempt.workspace).await {
            _ if gone => Ok(None),
            Ok(hosted) => {
                hosted.find_attempt(&attempt.id).await.map(|found| found.map(|found| (hosted, found)))
            }
            Err(failure) => Err(failure),
        };
        match found {
            Ok(Some((hosted, instance))) => {
                let brought_in = self.keep_instance(attempt, &hosted, instance).await;
                if let Err(failure) = &brought_in {
                    tracing::warn!(attempt = %attempt.id, code = %failure, "its instance is brought in later");
                }
                Ok(brought_in.is_ok())
            }
            Ok(None) => {
                self.index.close_attempt(&attempt.id)?;
                tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is closed");
                Ok(true)
            }
            Err(failure) => {
                tracing::warn!(attempt = %attempt.id, code = %failure, "its instance is looked for later");
                Ok(false)
            }
        }
    }

    /// Returns whether the removal is done, or undone.
    async fn settle_removal(&self, id: &str) -> bool {
        let Ok(Some(connection)) = self.index.connection(id) else { return true };
        let there = match (is_ours(&connection.workspace), &connection.instance) {
            (false, Some(instance)) => match self.hosted(&connection.workspace).await {
                Ok(hosted) => hosted.delete(instance).await,
                Err(failure) => Err(failure),
            },
            _ => Ok(()),
        };
        match there {
            Ok(()) => self.forget(id).await.is_ok(),
            Err(failure) if failure.code.is_temporary() => false,
            Err(failure) => {
                tracing::warn!(connection = %id, code = %failure, "the platform refused its removal");
                self.index.undo_removal(&connection).is_ok()
            }
        }
    }

    /// Whose account an item is for, if the provider tells it soon.
    async fn identity_of(&self, item: &Item) -> Option<String> {
        let tokens = item.tokens.as_ref()?;
        let element = self.element(&item.element).ok()?;
        let values = item_values(element, item).ok()?;
        let platform = self.local(&item.workspace);
        if !platform.is_pinned(element, &values, &item.pinned_hosts) {
            return None;
        }
        soon(platform.identity(element, &values, tokens)).await
    }
}
