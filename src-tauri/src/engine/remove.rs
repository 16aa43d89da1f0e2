//! Removes a connection from this computer: first marked, then its item, then its row, so that a removal that is cut
//! off is found and finished.

use std::time::Duration;

use super::Engine;
use super::token::{PATIENCE, connection_lock_name, item_values};
use crate::domain::connection::{Connection, Item};
use crate::domain::error::{Code, Failure};
use crate::io::lock::Lock;
use crate::io::vault::VaultError;

/// How long a person who removes something waits for the provider to be told.
const REVOCATION: Duration = Duration::from_secs(10);

impl Engine {
    /// Removes. The keychain is asked first whether it can be used at all.
    ///
    /// # Errors
    /// A keychain or an index that cannot be used: before anything was marked the connection is still there, after that
    /// the next start finishes the removal.
    pub async fn remove(&self, connection: &Connection) -> Result<(), Failure> {
        let name = connection_lock_name(&connection.id);
        let Ok(Some(lock)) = Lock::take(&self.paths.run, &name, PATIENCE).await else {
            return Err(Failure::new(Code::RenewalBusy).name(&connection.name));
        };
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get(&id)).await.or_else(|e| match e {
            // A damaged item is a reason to remove it.
            VaultError::Damaged => Ok(None),
            other => Err(other),
        })?;
        self.index.begin_removal(&connection.id)?;
        if let Some(item) = item {
            // Whether or not the provider hears it, the sign-in is removed from this computer.
            let told = tokio::time::timeout(REVOCATION, self.revoke(&item)).await;
            tracing::info!(connection = %connection.id, revoked = told.unwrap_or(false), "asked to end access");
        }
        crate::fault::point("removal_begun");
        let id = connection.id.clone();
        self.vault(move |vault| vault.remove(&id)).await?;
        self.index.finish_removal(&connection.id)?;
        lock.discard(&self.paths.run, &name);
        tracing::info!(connection = %connection.id, "removed");
        Ok(())
    }

    async fn revoke(&self, item: &Item) -> bool {
        let Ok(element) = self.catalog().find(&item.element) else { return false };
        let Ok(values) = item_values(element, item) else { return false };
        let platform = self.platform(&item.workspace);
        // An element file that names other hosts than before is not told the token.
        platform.is_pinned(element, &values, &item.pinned_hosts)
            && platform.revoke(element, &values, &item.tokens).await
    }
}
