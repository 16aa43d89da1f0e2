//! The connections of all workspaces.

use rusqlite::{Connection as Sqlite, OptionalExtension, Row, params};
use serde::Serialize;

use super::error::IndexError;
use super::file::Index;
use crate::domain::connection::{self, Account, Connection, Facts, Status, folded};
use crate::domain::error::Code;
use crate::domain::text::{is_taken, looks_same};
use crate::domain::workspace::WorkspaceId;

impl Index {
    /// The connections of a workspace, or of all, by name.
    pub fn connections(&self, workspace: Option<&WorkspaceId>) -> Result<Vec<Connection>, IndexError> {
        self.query_all(
            "SELECT * FROM connection WHERE removing = 0 AND (?1 IS NULL OR workspace = ?1) ORDER BY folded, id",
            [workspace.map(WorkspaceId::as_str)],
            read_row,
        )
    }

    /// The connection with this id, also while it is being removed.
    pub fn connection(&self, id: &str) -> Result<Option<Connection>, IndexError> {
        self.query_one("SELECT * FROM connection WHERE id = ?1", [id], read_row)
    }

    /// Connections with this name, ignoring case, or this id; without any, those whose name looks the same.
    pub fn find(
        &self,
        name_or_id: &str,
        workspace: Option<&WorkspaceId>,
    ) -> Result<Vec<Connection>, IndexError> {
        let found = self.query_all(
            "SELECT * FROM connection WHERE removing = 0 AND (id = ?1 OR folded = ?2)
             AND (?3 IS NULL OR workspace = ?3) ORDER BY workspace",
            params![name_or_id, folded(name_or_id), workspace.map(WorkspaceId::as_str)],
            read_row,
        )?;
        if !found.is_empty() {
            return Ok(found);
        }
        let mut others = self.connections(workspace)?;
        others.retain(|connection| looks_same(&connection.name, name_or_id));
        Ok(others)
    }

    /// The connection whose Element token has this SHA-256.
    pub fn find_by_token(
        &self,
        workspace: &WorkspaceId,
        sha256: &[u8; 32],
    ) -> Result<Option<Connection>, IndexError> {
        self.query_one(
            "SELECT * FROM connection WHERE token_sha256 = ?1 AND workspace = ?2 AND removing = 0",
            params![sha256, workspace.as_str()],
            read_row,
        )
    }

    /// The connection of an instance, by the instance's id at its platform.
    pub fn find_by_instance(
        &self,
        workspace: &WorkspaceId,
        instance: &str,
    ) -> Result<Option<Connection>, IndexError> {
        self.query_one(
            "SELECT * FROM connection WHERE workspace = ?1 AND instance = ?2 AND removing = 0",
            [workspace.as_str(), instance],
            read_row,
        )
    }

    /// The names of the connections of a workspace, except the one with this id.
    pub fn names(&self, workspace: &WorkspaceId, except: &str) -> Result<Vec<String>, IndexError> {
        read_names(&self.sqlite(), workspace, except)
    }

    /// Ids of all connections of a workspace, including those being removed.
    pub fn connection_ids(&self, workspace: &WorkspaceId) -> Result<Vec<String>, IndexError> {
        self.query_all("SELECT id FROM connection WHERE workspace = ?1", [workspace.as_str()], |row| {
            row.get(0)
        })
    }

    /// The number of connections in each workspace that has any.
    pub fn connection_counts(&self) -> Result<Vec<(String, u32)>, IndexError> {
        self.query_all(
            "SELECT workspace, COUNT(*) FROM connection WHERE removing = 0 GROUP BY workspace",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Ids of connections without a hash of their Element token, which the first version did not write.
    pub fn ids_without_token_hash(&self, workspace: &WorkspaceId) -> Result<Vec<String>, IndexError> {
        self.query_all(
            "SELECT id FROM connection WHERE workspace = ?1 AND token_sha256 IS NULL",
            [workspace.as_str()],
            |row| row.get(0),
        )
    }

    pub fn set_token_hash(&self, id: &str, sha256: &[u8; 32]) -> Result<(), IndexError> {
        self.execute("UPDATE connection SET token_sha256 = ?2 WHERE id = ?1", params![id, sha256])
    }

    pub fn set_identity(&self, id: &str, account: &Account) -> Result<(), IndexError> {
        self.execute(
            "UPDATE connection SET identity = ?2, identity_key = ?3 WHERE id = ?1",
            params![id, account.name, account.key],
        )
    }

    pub fn set_tags(&self, id: &str, tags: &[String]) -> Result<(), IndexError> {
        self.execute("UPDATE connection SET tags = ?2 WHERE id = ?1", [id, &to_json(tags)])
    }

    pub fn set_note(&self, id: &str, note: Option<&str>) -> Result<(), IndexError> {
        self.execute("UPDATE connection SET note = ?2 WHERE id = ?1", params![id, note])
    }

    pub fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), IndexError> {
        self.execute("UPDATE connection SET disabled = ?2 WHERE id = ?1", params![id, disabled])
    }

    pub fn set_status(&self, id: &str, status: Status, code: Option<Code>) -> Result<(), IndexError> {
        self.execute(
            "UPDATE connection SET status = ?2, last_code = ?3 WHERE id = ?1",
            params![id, status.as_str(), code.map(Code::as_str)],
        )
    }

    /// Sets the connections of a workspace that failed with `code` to usable again.
    pub fn clear_failures(&self, workspace: &WorkspaceId, code: Code) -> Result<(), IndexError> {
        self.execute(
            "UPDATE connection SET status = 'ok', last_code = NULL WHERE workspace = ?1 AND last_code = ?2",
            [workspace.as_str(), code.as_str()],
        )
    }

    /// Returns whether the connection still exists.
    pub fn rename(&self, id: &str, name: &str) -> Result<bool, IndexError> {
        let sql = "UPDATE connection SET name = ?2, folded = ?3 WHERE id = ?1 AND removing = 0";
        Ok(self.sqlite().execute(sql, [id, name, &folded(name)])? == 1)
    }

    /// Records a renewal. Name and tags are left alone: another process may have changed them.
    /// Sets when a key ends, in milliseconds since 1970.
    pub fn set_expires_at(&self, id: &str, expires_at: Option<i64>) -> Result<(), IndexError> {
        self.execute("UPDATE connection SET expires_at = ?2 WHERE id = ?1", params![id, expires_at])
    }

    pub fn record_renewal(&self, row: &Connection) -> Result<(), IndexError> {
        self.execute(
            "UPDATE connection SET status = 'ok', last_code = NULL, renewed_at = ?2, expires_at = ?3, scopes = ?4,
             missing = ?5 WHERE id = ?1",
            params![row.id, row.renewed_at, row.expires_at, to_json(&row.scopes), to_json(&row.missing)],
        )
    }
}

/// `name`, or the first of "name 2", "name 3", … that looks like no other name of the workspace.
pub(super) fn free_name(sqlite: &Sqlite, connection: &Connection) -> Result<String, IndexError> {
    let others = read_names(sqlite, &connection.workspace, &connection.id)?;
    Ok(connection::free_name(&connection.name, |name| is_taken(&others, name)))
}

fn read_names(sqlite: &Sqlite, workspace: &WorkspaceId, except: &str) -> Result<Vec<String>, IndexError> {
    let mut query = sqlite
        .prepare_cached("SELECT name FROM connection WHERE workspace = ?1 AND removing = 0 AND id <> ?2")?;
    let names = query.query_map([workspace.as_str(), except], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The instance number of a local connection: the one it has, or the next. Numbers are never reused.
pub(super) fn instance_number(sqlite: &Sqlite, id: &str) -> Result<String, IndexError> {
    let known: Option<Option<String>> = sqlite
        .query_row("SELECT instance FROM connection WHERE id = ?1", [id], |row| row.get(0))
        .optional()?;
    if let Some(Some(number)) = known {
        return Ok(number);
    }
    Ok(sqlite.query_row(
        "UPDATE setting SET value = CAST(value AS INTEGER) + 1 WHERE key = 'last_instance' RETURNING value",
        [],
        |row| row.get(0),
    )?)
}

pub(super) fn insert_row(sqlite: &Sqlite, c: &Connection, token_sha256: &[u8; 32]) -> Result<(), IndexError> {
    sqlite.execute(
        "INSERT INTO connection (id, workspace, element, product, instance, disabled, name, folded, tags, status,
         last_code, identity, host, scopes, created_at, renewed_at, expires_at, token_sha256,
         missing, identity_key, callback, note, way)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded, identity = excluded.identity,
         identity_key = excluded.identity_key",
        params![
            c.id,
            c.workspace.as_str(),
            c.element,
            c.product,
            c.instance,
            c.disabled,
            c.name,
            folded(&c.name),
            to_json(&c.tags),
            c.status.as_str(),
            c.last_code,
            c.identity,
            c.host,
            to_json(&c.scopes),
            c.created_at,
            c.renewed_at,
            c.expires_at,
            token_sha256,
            to_json(&c.missing),
            c.identity_key,
            to_json(&c.callback),
            c.note,
            c.way,
        ],
    )?;
    Ok(())
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let list = |column: &str| -> rusqlite::Result<Vec<String>> {
        Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or_default())
    };
    Ok(Connection {
        facts: Facts {
            id: row.get("id")?,
            workspace: row.get::<_, String>("workspace")?.into(),
            element: row.get("element")?,
            way: row.get("way")?,
            product: row.get("product")?,
            instance: row.get("instance")?,
            name: row.get("name")?,
            tags: list("tags")?,
            note: row.get("note")?,
            identity: row.get("identity")?,
            host: row.get("host")?,
            created_at: row.get("created_at")?,
            missing: list("missing")?,
            callback: serde_json::from_str(&row.get::<_, String>("callback")?).unwrap_or_default(),
        },
        disabled: row.get("disabled")?,
        status: Status::parse(&row.get::<_, String>("status")?).unwrap_or(Status::Ok),
        last_code: row.get("last_code")?,
        identity_key: row.get("identity_key")?,
        scopes: list("scopes")?,
        renewed_at: row.get("renewed_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// A list or map of texts, which always serializes.
pub(super) fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
