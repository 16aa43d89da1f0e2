//! Removes a connection: first marked, then given up at the provider or the platform, then its item, then its row, so
//! that a removal that is cut off is found and finished.

use std::time::Duration;

use super::Engine;
use super::token::item_values;
use crate::domain::connection::{Connection, Item};
use crate::domain::error::{Code, Failure};
use crate::io::vault::VaultError;

/// How long a person who removes something waits for the provider to be told.
const REVOCATION: Duration = Duration::from_secs(10);

/// How far a removal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A hosted platform deletes the instance, too.
    Platform,
    /// What stands at a hosted platform stays there: it does not answer any more, or is not to.
    Here,
}

impl Engine {
    /// Removes. The keychain is asked first whether it can be used at all.
    ///
    /// Whether or not a provider hears that access ends, the sign-in is removed from this computer. The instance at a
    /// hosted platform is deleted there first: one that stayed would go on having access, unseen.
    ///
    /// # Errors
    /// A platform that refuses or does not answer: then the connection is still there. A keychain or an index that
    /// cannot be used: before anything was marked the connection is still there, after that the next start finishes.
    pub async fn remove(&self, connection: &Connection, reach: Reach) -> Result<(), Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.unbroken(async move { engine.remove_wholly(&connection, reach).await }).await
    }

    async fn remove_wholly(&self, connection: &Connection, reach: Reach) -> Result<(), Failure> {
        let lock = self.connection_lock(connection).await?;
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get(&id)).await.or_else(|e| match e {
            // A damaged item is a reason to remove it.
            VaultError::Damaged => Ok(None),
            other => Err(other),
        })?;
        let there = match (reach, &connection.instance) {
            (Reach::Platform, Some(_)) => self.instance_there(connection).await?,
            _ => None,
        };
        self.index.begin_removal(&connection.id, reach == Reach::Here)?;
        crate::fault::point("removal_begun");
        if let Some((hosted, instance)) = there {
            if let Err(failure) = hosted.delete(&instance).await {
                // One whose answer was lost may be happening: the removal stays begun, and is finished later.
                if failure.code != Code::PlatformUncertain {
                    self.index.undo_removal(connection)?;
                }
                return Err(failure.name(&connection.name));
            }
        } else if let Some(item) = item {
            let told = tokio::time::timeout(REVOCATION, self.revoke(&item)).await;
            tracing::info!(connection = %connection.id, revoked = told.unwrap_or(false), "asked to end access");
        }
        self.forget(&connection.id).await?;
        lock.discard();
        tracing::info!(connection = %connection.id, "removed");
        Ok(())
    }

    /// Removes what this computer holds of a connection that is marked.
    pub(super) async fn forget(&self, id: &str) -> Result<(), Failure> {
        let key = id.to_owned();
        self.vault(move |vault| vault.remove(&key)).await?;
        Ok(self.index.finish_removal(id)?)
    }

    async fn revoke(&self, item: &Item) -> bool {
        let (Ok(element), Some(tokens)) = (self.catalog().find(&item.element), &item.tokens) else {
            return false;
        };
        let Ok(values) = item_values(element, item) else { return false };
        let platform = self.local(&item.workspace);
        // An element file that names other hosts than before is not told the token.
        platform.is_pinned(element, &values, &item.pinned_hosts)
            && platform.revoke(element, &values, tokens).await
    }
}
