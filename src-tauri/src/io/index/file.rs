//! The file of the index: opened, migrated, shared.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{
    Connection as Sqlite, OpenFlags, OptionalExtension, Params, Row, Transaction, TransactionBehavior,
};
use rusqlite_migration::{M, Migrations};
use url::Url;

use super::error::IndexError;
use crate::io::clock;
use crate::io::files::open_private;

/// Append-only: a published migration is never edited.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("../../../migrations/0001_connections.sql")),
    M::up(include_str!("../../../migrations/0002_practice.sql")),
    M::up(include_str!("../../../migrations/0003_workspaces.sql")),
    M::up(include_str!("../../../migrations/0004_renewal.sql")),
    M::up(include_str!("../../../migrations/0005_callback.sql")),
    M::up(include_str!("../../../migrations/0006_note.sql")),
    M::up(include_str!("../../../migrations/0007_way.sql")),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// How long a writer waits for another process's transaction. Ours take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open index. Clones share one connection to the file.
#[derive(Clone)]
pub struct Index {
    sqlite: Arc<Mutex<Sqlite>>,
}

impl Index {
    /// Opens the file and creates or migrates it as needed. On a disk that is full or read-only the index can still be
    /// read. [`IndexError::Newer`]: a newer version wrote it.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        Self::open_writable(path).or_else(|error| match error {
            IndexError::Unwritable(_) => {
                open_on_heap(path).or_else(|_| open_read_only(path)).map_err(|_| error)
            }
            refused => Err(refused),
        })
    }

    fn open_writable(path: &Path) -> Result<Self, IndexError> {
        // Created here so that only its owner can ever read it; SQLite gives the WAL files the same mode.
        let file = open_private(path)?;
        // SQLite creates the WAL files even to read the version, so the header is read first.
        if header_version(file).is_some_and(|version| version as usize > STEPS.len()) {
            return Err(IndexError::Newer(path.to_owned()));
        }
        let mut sqlite = Sqlite::open(path)?;
        sqlite.busy_timeout(BUSY_TIMEOUT)?;
        sqlite.pragma_update(None, "foreign_keys", true)?;
        // The newer version may be in a WAL that a killed process left: closing must not write it back.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        match MIGRATIONS.pending_migrations(&sqlite) {
            Ok(0) => {}
            Ok(pending) if pending < 0 => return Err(IndexError::Newer(path.to_owned())),
            _ => migrate(&mut sqlite, path)?,
        }
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        sqlite.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self { sqlite: Arc::new(Mutex::new(sqlite)) })
    }

    /// The shared connection. A poisoned lock is fine: SQLite rolled back.
    pub(crate) fn sqlite(&self) -> MutexGuard<'_, Sqlite> {
        self.sqlite.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that changes when another process changes the file.
    pub fn data_version(&self) -> Result<i64, IndexError> {
        Ok(self.sqlite().query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// Checks that the file can be written, before a sign-in whose result must be saved.
    pub fn probe(&self) -> Result<(), IndexError> {
        self.transact(|tx| {
            tx.execute("INSERT OR REPLACE INTO setting (key, value) VALUES ('probe', '')", [])?;
            tx.execute("DELETE FROM setting WHERE key = 'probe'", [])?;
            Ok(())
        })
    }

    /// Reads the whole file and checks its structure.
    ///
    /// Errors: [`IndexError::Damaged`].
    pub fn verify(&self) -> Result<(), IndexError> {
        let found: String = self.sqlite().query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(IndexError::Damaged(found)) }
    }

    /// Runs `work` in a write transaction, which an error rolls back.
    pub(super) fn transact<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let mut sqlite = self.sqlite();
        let tx = sqlite.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<(), IndexError> {
        self.sqlite().prepare_cached(sql)?.execute(params)?;
        Ok(())
    }

    pub(super) fn query_all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, IndexError> {
        let sqlite = self.sqlite();
        let mut query = sqlite.prepare_cached(sql)?;
        Ok(query.query_map(params, read)?.collect::<Result<_, _>>()?)
    }

    pub(super) fn query_one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, IndexError> {
        Ok(self.sqlite().prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    /// The single value of a query that always has one row, such as `SELECT EXISTS (…)`.
    pub(super) fn query_bool(&self, sql: &str, params: impl Params) -> Result<bool, IndexError> {
        Ok(self.sqlite().prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }
}

/// Renames a damaged or missing index, with its log, and creates an empty one. Returns where the damaged file is kept;
/// `None` if there was none, or if another program has replaced it meanwhile.
pub fn replace_damaged(path: &Path) -> Result<Option<PathBuf>, IndexError> {
    let _lock = lock_beside(path, "repair.lock")?;
    if !path.exists() {
        open_private(path)?;
        return Ok(None);
    }
    match Index::open(path).and_then(|index| index.verify()) {
        Err(IndexError::Damaged(_)) => {}
        other => return other.map(|()| None),
    }
    let kept = path.with_file_name(format!("index-damaged-{}.sqlite3", clock::now_ms()));
    let with = |file: &Path, ending: &str| PathBuf::from(format!("{}{ending}", file.display()));
    // Without its log the file lacks the last changes. The `-shm` file is built from both.
    let _ = std::fs::rename(with(path, "-wal"), with(&kept, "-wal"));
    let _ = std::fs::remove_file(with(path, "-shm"));
    std::fs::rename(path, &kept)?;
    open_private(path)?;
    Ok(Some(kept))
}

/// Opens for reading what a full disk holds. SQLite cannot create the file of the WAL index there; with an exclusive lock
/// it keeps that index in memory.
fn open_on_heap(path: &Path) -> Result<Index, IndexError> {
    let sqlite = Sqlite::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    sqlite.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    read_only(sqlite)
}

/// Opens for reading what a read-only file system holds: with the WAL that a running or killed program left there, else as
/// a file that does not change.
fn open_read_only(path: &Path) -> Result<Index, IndexError> {
    let mut address =
        Url::from_file_path(path).map_err(|()| IndexError::Unusable("a relative path".into()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    read_only(Sqlite::open_with_flags(address.as_str(), flags)?).or_else(|_| {
        address.set_query(Some("immutable=1"));
        read_only(Sqlite::open_with_flags(address.as_str(), flags)?)
    })
}

fn read_only(sqlite: Sqlite) -> Result<Index, IndexError> {
    sqlite.pragma_update(None, "query_only", true)?;
    match MIGRATIONS.pending_migrations(&sqlite) {
        Ok(0) => Ok(Index { sqlite: Arc::new(Mutex::new(sqlite)) }),
        _ => Err(IndexError::Unusable("it must be migrated first".into())),
    }
}

/// `user_version` in the header of a database file (SQLite file format §1.3); `None` for an empty or another file.
fn header_version(mut file: File) -> Option<u32> {
    let mut header = [0; 64];
    file.read_exact(&mut header).ok()?;
    if !header.starts_with(b"SQLite format 3\0") {
        return None;
    }
    Some(u32::from_be_bytes([header[60], header[61], header[62], header[63]]))
}

/// Locks a file beside the index, until it is dropped.
fn lock_beside(path: &Path, name: &str) -> Result<File, IndexError> {
    let lock = open_private(&path.with_file_name(name))?;
    lock.lock()?;
    Ok(lock)
}

/// Migrates to the latest version. Two processes may start at once after an update: the second looks again inside the
/// lock instead of migrating twice.
fn migrate(sqlite: &mut Sqlite, path: &Path) -> Result<(), IndexError> {
    let _lock = lock_beside(path, "migration.lock")?;
    sqlite.pragma_update(None, "journal_mode", "WAL")?;
    MIGRATIONS.to_latest(sqlite).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(_) => IndexError::Newer(path.to_owned()),
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => IndexError::Unusable(other.to_string()),
    })
}
