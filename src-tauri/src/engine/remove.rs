//! Removes a connection from this computer: first marked, then its item, then its row, so that a removal that is cut
//! off is found and finished.

use super::Engine;
use super::token::{PATIENCE, connection_lock_name};
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::io::lock::Lock;

impl Engine {
    /// Removes. The keychain is asked first whether it can be used at all.
    ///
    /// # Errors
    /// A keychain or an index that cannot be used; then the connection is still there.
    pub async fn remove(&self, connection: &Connection) -> Result<(), Failure> {
        let name = connection_lock_name(&connection.id);
        let Ok(Some(lock)) = Lock::take(&self.paths.run, &name, PATIENCE).await else {
            return Err(Failure::new(Code::RenewalBusy).name(&connection.name));
        };
        let id = connection.id.clone();
        self.vault(move |vault| vault.get(&id)).await.or_else(|e| match e {
            // A damaged item is a reason to remove it.
            crate::io::vault::VaultError::Damaged => Ok(None),
            other => Err(other),
        })?;
        self.index.begin_removal(&connection.id)?;
        crate::fault::point("removal_begun");
        let id = connection.id.clone();
        self.vault(move |vault| vault.remove(&id)).await?;
        self.index.finish_removal(&connection.id)?;
        lock.discard(&self.paths.run, &name);
        tracing::info!(connection = %connection.id, "removed");
        Ok(())
    }
}
