//! Removals of connections: marked first and finished once the item is gone, so that an interrupted one is found.

use rusqlite::params;

use super::connections::free_name;
use super::error::IndexError;
use super::file::Index;
use crate::domain::connection::{Connection, folded};

/// Values of the column `removing`: at the hosted platform too, or on this computer only.
const REMOVE_EVERYWHERE: u8 = 1;
const REMOVE_LOCALLY: u8 = 2;

impl Index {
    /// Marks a connection as being removed, at its hosted platform too unless `local_only`. It is no longer listed and
    /// its name is free.
    pub fn begin_removal(&self, id: &str, local_only: bool, now: i64) -> Result<(), IndexError> {
        // The id replaces the folded name, which frees the name at once.
        self.execute(
            "UPDATE connection SET removing = ?2, removed_at = ?3, folded = 'removing ' || id WHERE id = ?1",
            params![id, if local_only { REMOVE_LOCALLY } else { REMOVE_EVERYWHERE }, now],
        )
    }

    /// When the removal was started, in milliseconds since 1970.
    pub fn removed_at(&self, id: &str) -> Result<Option<i64>, IndexError> {
        let found = self.query_one("SELECT removed_at FROM connection WHERE id = ?1", [id], |row| row.get(0));
        Ok(found?.flatten())
    }

    /// Whether the pending removal leaves the hosted platform unchanged.
    pub fn is_removal_local_only(&self, id: &str) -> Result<bool, IndexError> {
        self.query_bool(
            "SELECT EXISTS (SELECT 1 FROM connection WHERE id = ?1 AND removing = ?2)",
            params![id, REMOVE_LOCALLY],
        )
    }

    /// Undoes a removal that the platform refused. If the name was taken meanwhile, the next free one is used.
    pub fn undo_removal(&self, connection: &Connection) -> Result<(), IndexError> {
        self.transact(|tx| {
            let name = free_name(tx, connection)?;
            tx.execute(
                "UPDATE connection SET removing = 0, name = ?2, folded = ?3 WHERE id = ?1",
                params![connection.id, name, folded(&name)],
            )?;
            Ok(())
        })
    }

    /// Ids of connections whose removal was started and not finished.
    pub fn pending_removals(&self) -> Result<Vec<String>, IndexError> {
        self.query_all("SELECT id FROM connection WHERE removing <> 0", [], |row| row.get(0))
    }

    /// Deletes the row of a connection whose item is gone.
    pub fn finish_removal(&self, id: &str) -> Result<(), IndexError> {
        self.execute("DELETE FROM connection WHERE id = ?1", [id])
    }
}
