//! The hosted workspaces. Their secrets lie in the vault.

use rusqlite::{Row, params};

use super::{Index, IndexError};
use crate::domain::connection::folded;

/// A hosted workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedRow {
    /// Random, never reused; connections and items in the vault name it.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// Where its API begins.
    pub base_url: String,
}

impl Index {
    /// The hosted workspaces, by name.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn hosted(&self) -> Result<Vec<HostedRow>, IndexError> {
        self.hosted_in("ok")
    }

    /// Workspaces whose adding was begun and not finished: no secret of theirs may stay.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn half_added(&self) -> Result<Vec<HostedRow>, IndexError> {
        self.hosted_in("adding")
    }

    /// Workspaces whose removal was begun and not finished.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn half_removed(&self) -> Result<Vec<HostedRow>, IndexError> {
        self.hosted_in("removing")
    }

    fn hosted_in(&self, state: &str) -> Result<Vec<HostedRow>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite
            .prepare_cached("SELECT id, name, base_url FROM workspace WHERE state = ?1 ORDER BY folded")?;
        let rows = query.query_map([state], to_row)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Writes down that a workspace is being added. Nobody sees it yet, but its name is taken.
    ///
    /// # Errors
    /// [`IndexError::NameTaken`], or when the file is unusable.
    pub fn begin_workspace(&self, row: &HostedRow, now: i64) -> Result<(), IndexError> {
        self.sqlite().execute(
            "INSERT INTO workspace (id, name, folded, base_url, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![row.id, row.name, folded(&row.name), row.base_url, now],
        )?;
        Ok(())
    }

    /// Shows a workspace whose secrets are in the vault.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn finish_workspace(&self, id: &str) -> Result<(), IndexError> {
        self.sqlite().execute("UPDATE workspace SET state = 'ok' WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Gives a workspace another name.
    ///
    /// # Errors
    /// [`IndexError::NameTaken`], or when the file is unusable.
    pub fn rename_workspace(&self, id: &str, name: &str) -> Result<(), IndexError> {
        self.sqlite().execute(
            "UPDATE workspace SET name = ?2, folded = ?3 WHERE id = ?1",
            [id, name, &folded(name)],
        )?;
        Ok(())
    }

    /// Hides a workspace and its connections, in one transaction, until they are gone.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn begin_workspace_removal(&self, id: &str) -> Result<(), IndexError> {
        let mut sqlite = self.sqlite();
        let tx = sqlite.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute(
            "UPDATE workspace SET state = 'removing', folded = 'removing ' || id WHERE id = ?1",
            [id],
        )?;
        // Whoever had chosen it chooses anew; an id is a value of no other setting.
        tx.execute("DELETE FROM setting WHERE value = ?1", [id])?;
        tx.execute(
            "UPDATE connection SET removing = 1, folded = 'removing ' || id WHERE workspace = ?1",
            [id],
        )?;
        Ok(tx.commit()?)
    }

    /// The connections of a workspace that failed for this reason are held to work again: the reason is gone.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn forget_code(&self, workspace: &str, code: &str) -> Result<(), IndexError> {
        self.sqlite().execute(
            "UPDATE connection SET status = 'ok', last_code = NULL WHERE workspace = ?1 AND last_code = ?2",
            [workspace, code],
        )?;
        Ok(())
    }

    /// Ids of all connections of a workspace, whatever is happening to them.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn connection_ids(&self, workspace: &str) -> Result<Vec<String>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT id FROM connection WHERE workspace = ?1")?;
        let ids = query.query_map([workspace], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Removes a workspace whose secrets and connections are gone.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn finish_workspace_removal(&self, id: &str) -> Result<(), IndexError> {
        self.sqlite().execute("DELETE FROM workspace WHERE id = ?1", [id])?;
        Ok(())
    }

    /// How many connections each workspace has.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn counts(&self) -> Result<Vec<(String, u32)>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT workspace, COUNT(*) FROM connection WHERE removing = 0 GROUP BY workspace",
        )?;
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

/// Whether a workspace is there to be connected in.
pub(super) fn exists(sqlite: &rusqlite::Connection, id: &str) -> Result<bool, IndexError> {
    let mut query =
        sqlite.prepare_cached("SELECT EXISTS (SELECT 1 FROM workspace WHERE id = ?1 AND state = 'ok')")?;
    Ok(query.query_row([id], |r| r.get(0))?)
}

fn to_row(row: &Row<'_>) -> rusqlite::Result<HostedRow> {
    Ok(HostedRow { id: row.get(0)?, name: row.get(1)?, base_url: row.get(2)? })
}
