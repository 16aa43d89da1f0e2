//! Sign-ins that were started and not yet finished or given up.

use rusqlite::{Row, params};

use super::connections::{free_name, insert_row, instance_number, to_json};
use super::error::IndexError;
use super::file::Index;
use super::workspaces;
use crate::domain::connection::Connection;
use crate::domain::workspace::WorkspaceId;

#[derive(Clone, Debug, PartialEq)]
pub struct OpenAttempt {
    /// Also the key in the vault.
    pub id: String,
    pub workspace: WorkspaceId,
    /// The element's key.
    pub element: String,
    /// The name of the new connection.
    pub name: String,
    /// The connection that this attempt signs in to again.
    pub again: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
}

impl Index {
    pub fn begin_attempt(&self, attempt: &OpenAttempt) -> Result<(), IndexError> {
        let OpenAttempt { id, workspace, element, name, again, started_at } = attempt;
        self.execute(
            "INSERT INTO attempt (id, workspace, element, name, started_at, again)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, workspace.as_str(), element, name, started_at, again],
        )
    }

    /// All open attempts, oldest first, including those of processes that died.
    pub fn open_attempts(&self) -> Result<Vec<OpenAttempt>, IndexError> {
        self.query_all("SELECT * FROM attempt ORDER BY started_at", [], read_row)
    }

    pub fn is_attempt_open(&self, id: &str) -> Result<bool, IndexError> {
        self.query_bool("SELECT EXISTS (SELECT 1 FROM attempt WHERE id = ?1)", [id])
    }

    /// Closes an attempt that made no connection. Closing a closed one does nothing.
    pub fn close_attempt(&self, id: &str) -> Result<(), IndexError> {
        self.execute("DELETE FROM attempt WHERE id = ?1", [id])
    }

    /// Inserts the connection and closes its attempt, in one transaction. If the name was taken meanwhile, the
    /// connection gets the next free one, so that the token is not lost; a local connection gets its instance number.
    /// Returns the row as written.
    pub fn finish_attempt(
        &self,
        connection: &Connection,
        token_sha256: &[u8; 32],
    ) -> Result<Connection, IndexError> {
        self.transact(|tx| {
            let mut row = connection.clone();
            if row.workspace.is_hosted() && !workspaces::exists(tx, row.workspace.as_str())? {
                return Err(IndexError::WorkspaceGone);
            }
            row.name = free_name(tx, &row)?;
            if row.instance.is_none() {
                row.instance = Some(instance_number(tx, &row.id)?);
            }
            insert_row(tx, &row, token_sha256)?;
            tx.execute("DELETE FROM attempt WHERE id = ?1", [&row.id])?;
            Ok(row)
        })
    }

    /// Updates a connection after a new sign-in to it and closes the attempt, in one transaction.
    pub fn finish_sign_in_again(
        &self,
        attempt: &str,
        connection: &Connection,
        token_sha256: &[u8; 32],
    ) -> Result<(), IndexError> {
        self.transact(|tx| {
            tx.execute(
                "UPDATE connection SET status = 'ok', last_code = NULL, renewed_at = ?2, expires_at = ?3, scopes = ?4,
                 host = ?5, token_sha256 = ?6, missing = ?7, identity = ?8,
                 identity_key = ?9, callback = ?10, way = ?11 WHERE id = ?1",
                params![
                    connection.id,
                    connection.renewed_at,
                    connection.expires_at,
                    to_json(&connection.scopes),
                    connection.host,
                    token_sha256,
                    to_json(&connection.missing),
                    connection.identity,
                    connection.identity_key,
                    to_json(&connection.callback),
                    connection.way,
                ],
            )?;
            tx.execute("DELETE FROM attempt WHERE id = ?1", [attempt])?;
            Ok(())
        })
    }

    /// Makes an attempt that was to sign in again create a new connection instead.
    pub fn turn_into_new(&self, attempt: &str) -> Result<(), IndexError> {
        self.execute("UPDATE attempt SET again = NULL WHERE id = ?1", [attempt])
    }

    /// The name of a connection (also one being removed) or an attempt that needs the file of this element.
    pub fn find_element_user(&self, key: &str) -> Result<Option<String>, IndexError> {
        self.query_one(
            "SELECT name FROM connection WHERE element = ?1 UNION ALL SELECT name FROM attempt WHERE element = ?1",
            [key],
            |row| row.get(0),
        )
    }
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<OpenAttempt> {
    Ok(OpenAttempt {
        id: row.get("id")?,
        workspace: row.get::<_, String>("workspace")?.into(),
        element: row.get("element")?,
        name: row.get("name")?,
        again: row.get("again")?,
        started_at: row.get("started_at")?,
    })
}
