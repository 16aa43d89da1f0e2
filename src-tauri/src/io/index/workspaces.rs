//! The hosted workspaces. Their secrets are in the vault.

use rusqlite::{Row, params};
use strum::IntoEnumIterator as _;

use super::error::IndexError;
use super::file::Index;
use super::settings::Setting;
use crate::domain::connection::folded;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedRow {
    /// Random and never reused; connections and items in the vault refer to it.
    pub id: String,
    pub name: String,
    /// The base address of its API.
    pub base_url: String,
}

impl Index {
    /// The hosted workspaces that can be used, by name.
    pub fn hosted_workspaces(&self) -> Result<Vec<HostedRow>, IndexError> {
        self.workspaces_in_state("ok")
    }

    /// Workspaces that were not added to the end: none of their secrets may stay.
    pub fn pending_workspace_additions(&self) -> Result<Vec<HostedRow>, IndexError> {
        self.workspaces_in_state("adding")
    }

    /// Workspaces whose removal was started and not finished.
    pub fn pending_workspace_removals(&self) -> Result<Vec<HostedRow>, IndexError> {
        self.workspaces_in_state("removing")
    }

    fn workspaces_in_state(&self, state: &str) -> Result<Vec<HostedRow>, IndexError> {
        self.query_all(
            "SELECT id, name, base_url FROM workspace WHERE state = ?1 ORDER BY folded",
            [state],
            read_row,
        )
    }

    /// Records that a workspace is being added. It is not listed yet, but its name is taken.
    pub fn begin_workspace(&self, row: &HostedRow, now: i64) -> Result<(), IndexError> {
        self.execute(
            "INSERT INTO workspace (id, name, folded, base_url, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![row.id, row.name, folded(&row.name), row.base_url, now],
        )
    }

    /// Lists a workspace whose secrets are in the vault.
    pub fn finish_workspace(&self, id: &str) -> Result<(), IndexError> {
        self.execute("UPDATE workspace SET state = 'ok' WHERE id = ?1", [id])
    }

    pub fn rename_workspace(&self, id: &str, name: &str) -> Result<(), IndexError> {
        self.execute("UPDATE workspace SET name = ?2, folded = ?3 WHERE id = ?1", [id, name, &folded(name)])
    }

    /// Hides a workspace and its connections and unselects it, in one transaction.
    pub fn begin_workspace_removal(&self, id: &str) -> Result<(), IndexError> {
        self.transact(|tx| {
            tx.execute(
                "UPDATE workspace SET state = 'removing', folded = 'removing ' || id WHERE id = ?1",
                [id],
            )?;
            for setting in Setting::iter().filter(|setting| setting.is_workspace_id()) {
                tx.execute("DELETE FROM setting WHERE key = ?1 AND value = ?2", [setting.as_ref(), id])?;
            }
            tx.execute(
                "UPDATE connection SET removing = 1, folded = 'removing ' || id WHERE workspace = ?1",
                [id],
            )?;
            Ok(())
        })
    }

    /// Deletes a workspace whose secrets and connections are gone.
    pub fn finish_workspace_removal(&self, id: &str) -> Result<(), IndexError> {
        self.execute("DELETE FROM workspace WHERE id = ?1", [id])
    }
}

/// Whether a workspace exists and can be used.
pub(super) fn exists(sqlite: &rusqlite::Connection, id: &str) -> Result<bool, IndexError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM workspace WHERE id = ?1 AND state = 'ok')";
    Ok(sqlite.query_row(sql, [id], |row| row.get(0))?)
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<HostedRow> {
    Ok(HostedRow { id: row.get(0)?, name: row.get(1)?, base_url: row.get(2)? })
}
