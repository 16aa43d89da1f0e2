//! The index: one SQLite file that both programs may have open at once. It never holds a secret; those lie in the vault.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::{Connection as Sqlite, OptionalExtension, Row, params};
use rusqlite_migration::{M, Migrations};

use crate::domain::connection::{Account, Connection, Facts, Status, folded};
use crate::domain::error::{Code, Failure};
use crate::domain::workspace::WorkspaceId;

use super::paths::private_file;
pub use workspaces::HostedRow;

/// Append-only: a migration that was published is never edited.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_connections.sql")),
    M::up(include_str!("../../migrations/0002_practice.sql")),
    M::up(include_str!("../../migrations/0003_workspaces.sql")),
    M::up(include_str!("../../migrations/0004_renewal.sql")),
    M::up(include_str!("../../migrations/0005_callback.sql")),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// How long a writer waits for the other program's transaction. Ours last milliseconds; a disk that needs longer
/// than this is not going to answer.
const BUSY: Duration = Duration::from_secs(5);

/// The marks of a removal in the column `removing`: everywhere, or on this computer only.
const REMOVING: u8 = 1;
const REMOVING_HERE: u8 = 2;

/// What can go wrong with the index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A newer Keyrack wrote the file.
    #[error("the index was written by a newer version")]
    Newer,
    /// A connection, or a workspace, of this name exists.
    #[error("the name is taken")]
    NameTaken,
    /// The instance is a connection here already.
    #[error("the instance is known")]
    InstanceKnown,
    /// The workspace was removed meanwhile.
    #[error("the workspace is gone")]
    WorkspaceGone,
    /// The file cannot be read or written.
    #[error("the index cannot be used: {0}")]
    Unusable(String),
}

impl From<rusqlite::Error> for IndexError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(e, Some(ref text))
                if e.code == rusqlite::ErrorCode::ConstraintViolation
                    && (text.contains("connection.folded") || text.contains("workspace.folded")) =>
            {
                Self::NameTaken
            }
            rusqlite::Error::SqliteFailure(e, Some(ref text))
                if e.code == rusqlite::ErrorCode::ConstraintViolation
                    && text.contains("connection.instance") =>
            {
                Self::InstanceKnown
            }
            // The texts of SQLite name tables and columns, never values.
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Newer => Self::new(Code::IndexNewer),
            IndexError::NameTaken | IndexError::InstanceKnown => Self::new(Code::NameTaken),
            IndexError::WorkspaceGone => Self::new(Code::WorkspaceUnknown),
            IndexError::Unusable(text) => Self::new(Code::IndexUnwritable).detail(text),
        }
    }
}

/// An attempt that was begun and not yet closed.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAttempt {
    /// Also the vault key.
    pub id: String,
    /// Where it signs in.
    pub workspace: WorkspaceId,
    /// The element's key.
    pub element: String,
    /// What the connection was to be called.
    pub name: String,
    /// The connection that it signs in to again.
    pub again: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
}

/// An open index. Clones share one connection to the file.
#[derive(Clone)]
pub struct Index {
    sqlite: Arc<Mutex<Sqlite>>,
}

impl Index {
    /// Opens the file, making or migrating it where needed.
    ///
    /// # Errors
    /// When the file is unusable or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        // Made by us first, so that it is readable by its owner alone from its first moment on; SQLite gives the WAL
        // files the same mode.
        private_file(path).map_err(|e| IndexError::Unusable(e.to_string()))?;
        let mut sqlite = Sqlite::open(path)?;
        sqlite.busy_timeout(BUSY)?;
        sqlite.pragma_update(None, "foreign_keys", true)?;
        let known = MIGRATIONS.pending_migrations(&sqlite);
        match known {
            Ok(0) => {}
            Ok(pending) if pending < 0 => return Err(IndexError::Newer),
            _ => migrate(&mut sqlite, path)?,
        }
        sqlite.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self { sqlite: Arc::new(Mutex::new(sqlite)) })
    }

    /// The shared connection. A panic while it was held cannot have left it half-changed: SQLite rolls back.
    pub(crate) fn sqlite(&self) -> MutexGuard<'_, Sqlite> {
        self.sqlite.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Moves whenever another program has changed the file.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn data_version(&self) -> Result<i64, IndexError> {
        Ok(self.sqlite().query_row("PRAGMA data_version", [], |r| r.get(0))?)
    }

    /// Whether the file can be written, asked before a sign-in starts whose result will have to be.
    ///
    /// # Errors
    /// When it cannot.
    pub fn probe(&self) -> Result<(), IndexError> {
        let mut sqlite = self.sqlite();
        let tx = sqlite.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute("INSERT OR REPLACE INTO setting (key, value) VALUES ('probe', '')", [])?;
        tx.execute("DELETE FROM setting WHERE key = 'probe'", [])?;
        Ok(tx.commit()?)
    }

    /// The connections of a workspace, or of all, by name.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn connections(&self, workspace: Option<&str>) -> Result<Vec<Connection>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT * FROM connection WHERE removing = 0 AND (?1 IS NULL OR workspace = ?1) ORDER BY folded, id",
        )?;
        let rows = query.query_map([workspace], row_to_connection)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The connection with this id, also while it is being removed.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn connection(&self, id: &str) -> Result<Option<Connection>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT * FROM connection WHERE id = ?1")?;
        Ok(query.query_row([id], row_to_connection).optional()?)
    }

    /// Connections whose name, ignoring case, or id is this.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn find(&self, name_or_id: &str, workspace: Option<&str>) -> Result<Vec<Connection>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT * FROM connection WHERE removing = 0 AND (id = ?1 OR folded = ?2)
             AND (?3 IS NULL OR workspace = ?3) ORDER BY workspace",
        )?;
        let rows = query
            .query_map(params![name_or_id, folded(name_or_id), workspace], row_to_connection)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Whether a connection has this name. Attempts have none yet: the one that finishes later gets a number.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn name_taken(&self, workspace: &str, name: &str) -> Result<bool, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM connection WHERE workspace = ?1 AND folded = ?2)",
        )?;
        Ok(query.query_row([workspace, &folded(name)], |r| r.get(0))?)
    }

    /// The connection that an Element token stands for, by the token's SHA-256.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn by_token(&self, workspace: &str, sha256: &[u8; 32]) -> Result<Option<Connection>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT * FROM connection WHERE token_sha256 = ?1 AND workspace = ?2 AND removing = 0",
        )?;
        Ok(query.query_row(params![sha256, workspace], row_to_connection).optional()?)
    }

    /// The connection of an instance, by the instance's id at its platform.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn by_instance(&self, workspace: &str, instance: &str) -> Result<Option<Connection>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT * FROM connection WHERE workspace = ?1 AND instance = ?2 AND removing = 0",
        )?;
        Ok(query.query_row([workspace, instance], row_to_connection).optional()?)
    }

    /// Ids of connections whose Element token was never hashed: an earlier version made them.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn unhashed(&self, workspace: &str) -> Result<Vec<String>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite
            .prepare_cached("SELECT id FROM connection WHERE workspace = ?1 AND token_sha256 IS NULL")?;
        let ids = query.query_map([workspace], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Writes down the SHA-256 of a connection's Element token.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn set_token_hash(&self, id: &str, sha256: &[u8; 32]) -> Result<(), IndexError> {
        self.sqlite()
            .execute("UPDATE connection SET token_sha256 = ?2 WHERE id = ?1", params![id, sha256])?;
        Ok(())
    }

    /// Writes down that an attempt has begun.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn begin_attempt(&self, attempt: &OpenAttempt) -> Result<(), IndexError> {
        self.sqlite().execute(
            "INSERT INTO attempt (id, workspace, element, name, started_at, again)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                attempt.id,
                attempt.workspace.as_str(),
                attempt.element,
                attempt.name,
                attempt.started_at,
                attempt.again
            ],
        )?;
        Ok(())
    }

    /// The attempts that were begun and not closed, of living and of dead programs alike.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn open_attempts(&self) -> Result<Vec<OpenAttempt>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT * FROM attempt ORDER BY started_at")?;
        let rows = query.query_map([], row_to_attempt)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Whether an attempt is still open.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn is_open(&self, id: &str) -> Result<bool, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT EXISTS (SELECT 1 FROM attempt WHERE id = ?1)")?;
        Ok(query.query_row([id], |r| r.get(0))?)
    }

    /// Closes an attempt that led to nothing. Closing one that is closed does nothing.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn close_attempt(&self, id: &str) -> Result<(), IndexError> {
        self.sqlite().execute("DELETE FROM attempt WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Row in, attempt closed, in one transaction. If the name was taken meanwhile, the row gets the next free one:
    /// the token exists, and a name is no reason to lose it. An instance of this computer gets its number here.
    /// Returns the row as it was written.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn finish_attempt(
        &self,
        connection: &Connection,
        token_sha256: &[u8; 32],
    ) -> Result<Connection, IndexError> {
        let mut sqlite = self.sqlite();
        let tx = sqlite.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut row = connection.clone();
        if row.workspace.is_hosted() && !workspaces::exists(&tx, row.workspace.as_str())? {
            return Err(IndexError::WorkspaceGone);
        }
        {
            let mut query = tx.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM connection WHERE workspace = ?1 AND folded = ?2 AND id <> ?3)",
            )?;
            let mut taken = |name: &str| {
                query.query_row([row.workspace.as_str(), &folded(name), &row.id], |r| r.get::<_, bool>(0))
            };
            let mut number = 2;
            let mut name = connection.name.clone();
            while taken(&name)? {
                name = format!("{} {number}", connection.name);
                number += 1;
            }
            row.name = name;
        }
        if row.instance.is_none() {
            row.instance = Some(instance_of(&tx, &row.id)?);
        }
        write_row(&tx, &row, token_sha256)?;
        tx.execute("DELETE FROM attempt WHERE id = ?1", [&row.id])?;
        tx.commit()?;
        Ok(row)
    }

    /// What a new sign-in to an existing connection changed, and its attempt closed, in one transaction.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn signed_in_again(
        &self,
        attempt: &str,
        connection: &Connection,
        token_sha256: &[u8; 32],
    ) -> Result<(), IndexError> {
        let mut sqlite = self.sqlite();
        let tx = sqlite.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute(
            "UPDATE connection SET status = 'ok', last_code = NULL, renewed_at = ?2, expires_at = ?3, scopes = ?4,
             host = ?5, token_sha256 = ?6, missing = ?7, identity = ?8,
             identity_key = ?9, callback = ?10 WHERE id = ?1",
            params![
                connection.id,
                connection.renewed_at,
                connection.expires_at,
                json_list(&connection.scopes),
                connection.host,
                token_sha256,
                json_list(&connection.missing),
                connection.identity,
                connection.identity_key,
                json_map(&connection.callback)
            ],
        )?;
        tx.execute("DELETE FROM attempt WHERE id = ?1", [attempt])?;
        Ok(tx.commit()?)
    }

    /// An attempt that was to sign in again makes a connection of its own instead.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn make_new(&self, attempt: &str) -> Result<(), IndexError> {
        self.sqlite().execute("UPDATE attempt SET again = NULL WHERE id = ?1", [attempt])?;
        Ok(())
    }

    /// What needs an element's file: a connection, one whose access is still to be ended, or a sign-in under way.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn needs_element(&self, key: &str) -> Result<Option<String>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT name FROM connection WHERE element = ?1 UNION ALL SELECT name FROM attempt WHERE element = ?1",
        )?;
        Ok(query.query_row([key], |r| r.get(0)).optional()?)
    }

    /// Whose account it is, once the provider has told.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn set_identity(&self, id: &str, account: &Account) -> Result<(), IndexError> {
        self.sqlite().execute(
            "UPDATE connection SET identity = ?2, identity_key = ?3 WHERE id = ?1",
            params![id, account.name, account.key],
        )?;
        Ok(())
    }

    /// Sets the words that a connection is found by.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn set_tags(&self, id: &str, tags: &[String]) -> Result<(), IndexError> {
        self.sqlite().execute("UPDATE connection SET tags = ?2 WHERE id = ?1", [id, &json_list(tags)])?;
        Ok(())
    }

    /// Switches a connection off or on.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), IndexError> {
        self.sqlite().execute("UPDATE connection SET disabled = ?2 WHERE id = ?1", params![id, disabled])?;
        Ok(())
    }

    /// Writes the facts of a renewal. The name and the tags stay as they are: another program may have changed them.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn renewed(&self, row: &Connection) -> Result<(), IndexError> {
        self.sqlite().execute(
            "UPDATE connection SET status = 'ok', last_code = NULL, renewed_at = ?2, expires_at = ?3, scopes = ?4,
             missing = ?5 WHERE id = ?1",
            params![
                row.id,
                row.renewed_at,
                row.expires_at,
                json_list(&row.scopes),
                json_list(&row.missing)
            ],
        )?;
        Ok(())
    }

    /// Sets whether a connection can be used.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn set_status(&self, id: &str, status: Status, code: Option<&str>) -> Result<(), IndexError> {
        self.sqlite().execute(
            "UPDATE connection SET status = ?2, last_code = ?3 WHERE id = ?1",
            params![id, status.as_str(), code],
        )?;
        Ok(())
    }

    /// Gives a connection another name. `false` if it is gone.
    ///
    /// # Errors
    /// [`IndexError::NameTaken`], or when the file is unusable.
    pub fn rename(&self, id: &str, name: &str) -> Result<bool, IndexError> {
        let changed = self.sqlite().execute(
            "UPDATE connection SET name = ?2, folded = ?3 WHERE id = ?1 AND removing = 0",
            params![id, name, folded(name)],
        )?;
        Ok(changed == 1)
    }

    /// Marks a connection as being removed, at its hosted platform too unless it is to be removed `here` only. It is no
    /// longer seen, and its name is free.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn begin_removal(&self, id: &str, here: bool, now: i64) -> Result<(), IndexError> {
        // The id in place of the name frees the name at once.
        self.sqlite().execute(
            "UPDATE connection SET removing = ?2, removed_at = ?3, folded = 'removing ' || id WHERE id = ?1",
            params![id, if here { REMOVING_HERE } else { REMOVING }, now],
        )?;
        Ok(())
    }

    /// When a removal was begun.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn removed_at(&self, id: &str) -> Result<Option<i64>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT removed_at FROM connection WHERE id = ?1")?;
        Ok(query.query_row([id], |r| r.get(0)).optional()?.flatten())
    }

    /// Whether a removal that was begun leaves the hosted platform as it is.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn is_removed_here_only(&self, id: &str) -> Result<bool, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM connection WHERE id = ?1 AND removing = ?2)")?;
        Ok(query.query_row(params![id, REMOVING_HERE], |r| r.get(0))?)
    }

    /// Takes the mark of a removal back, because the platform refused it. The name may have been taken meanwhile.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn undo_removal(&self, connection: &Connection) -> Result<(), IndexError> {
        let mut name = connection.name.clone();
        let mut number = 2;
        loop {
            let back = self.sqlite().execute(
                "UPDATE connection SET removing = 0, name = ?2, folded = ?3 WHERE id = ?1",
                params![connection.id, name, folded(&name)],
            );
            match back.map_err(IndexError::from) {
                Ok(_) => return Ok(()),
                Err(IndexError::NameTaken) => name = format!("{} {number}", connection.name),
                Err(error) => return Err(error),
            }
            number += 1;
        }
    }

    /// Ids of connections whose removal was begun and not finished.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn removals(&self) -> Result<Vec<String>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT id FROM connection WHERE removing <> 0")?;
        let ids = query.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Removes the row of a connection whose item is gone.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn finish_removal(&self, id: &str) -> Result<(), IndexError> {
        self.sqlite().execute("DELETE FROM connection WHERE id = ?1", [id])?;
        Ok(())
    }

    /// A stored setting.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn setting(&self, key: &str) -> Result<Option<String>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
        Ok(query.query_row([key], |r| r.get(0)).optional()?)
    }

    /// Stores a setting.
    ///
    /// # Errors
    /// When the file is unusable.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), IndexError> {
        self.sqlite().execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)", [key, value])?;
        Ok(())
    }
}

/// Brings the file up to date. Two programs may start at once after an update, so the second one looks again inside
/// the lock instead of migrating twice.
fn migrate(sqlite: &mut Sqlite, path: &Path) -> Result<(), IndexError> {
    let dir = path.parent().unwrap_or(path);
    let lock = private_file(&dir.join("migration.lock")).map_err(|e| IndexError::Unusable(e.to_string()))?;
    lock.lock().map_err(|e| IndexError::Unusable(e.to_string()))?;
    sqlite.pragma_update(None, "journal_mode", "WAL")?;
    MIGRATIONS.to_latest(sqlite).map_err(|e| match e {
        rusqlite_migration::Error::MigrationDefinition(_) => IndexError::Newer,
        other => IndexError::Unusable(other.to_string()),
    })
}

/// The number of an instance of this computer: the one it has, or the next. Numbers are never given twice.
fn instance_of(tx: &Sqlite, id: &str) -> Result<String, IndexError> {
    let known: Option<Option<String>> =
        tx.query_row("SELECT instance FROM connection WHERE id = ?1", [id], |r| r.get(0)).optional()?;
    if let Some(Some(number)) = known {
        return Ok(number);
    }
    let next = tx.query_row(
        "UPDATE setting SET value = CAST(value AS INTEGER) + 1 WHERE key = 'last_instance' RETURNING value",
        [],
        |r| r.get(0),
    )?;
    Ok(next)
}

fn write_row(sqlite: &Sqlite, c: &Connection, token_sha256: &[u8; 32]) -> Result<(), IndexError> {
    sqlite.execute(
        "INSERT INTO connection (id, workspace, element, product, instance, disabled, name, folded, tags, status,
         last_code, identity, host, scopes, created_at, renewed_at, expires_at, token_sha256,
         missing, identity_key, callback)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
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
            json_list(&c.tags),
            c.status.as_str(),
            c.last_code,
            c.identity,
            c.host,
            json_list(&c.scopes),
            c.created_at,
            c.renewed_at,
            c.expires_at,
            token_sha256,
            json_list(&c.missing),
            c.identity_key,
            json_map(&c.callback),
        ],
    )?;
    Ok(())
}

fn row_to_attempt(row: &Row<'_>) -> rusqlite::Result<OpenAttempt> {
    Ok(OpenAttempt {
        id: row.get("id")?,
        workspace: row.get::<_, String>("workspace")?.into(),
        element: row.get("element")?,
        name: row.get("name")?,
        again: row.get("again")?,
        started_at: row.get("started_at")?,
    })
}

fn row_to_connection(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let list = |column: &str| -> rusqlite::Result<Vec<String>> {
        Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or_default())
    };
    Ok(Connection {
        facts: Facts {
            id: row.get("id")?,
            workspace: row.get::<_, String>("workspace")?.into(),
            element: row.get("element")?,
            product: row.get("product")?,
            instance: row.get("instance")?,
            name: row.get("name")?,
            tags: list("tags")?,
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

fn json_map(map: &BTreeMap<String, String>) -> String {
    serde_json::to_string(map).unwrap_or_else(|_| "{}".to_owned())
}

fn json_list(items: &[String]) -> String {
    serde_json::to_string(items).unwrap_or_else(|_| "[]".to_owned())
}

#[cfg(test)]
mod tests;
mod workspaces;
