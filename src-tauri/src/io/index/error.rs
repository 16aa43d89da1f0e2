//! What can go wrong with the index.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::domain::error::{Code, Failure};

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("{} was written by a newer version", .0.display())]
    Newer(PathBuf),
    /// A connection or a workspace has this name.
    #[error("the name is taken")]
    NameTaken,
    /// The instance already has a connection.
    #[error("the instance is known")]
    InstanceKnown,
    #[error("the workspace is gone")]
    WorkspaceGone,
    #[error("the index cannot be used: {0}")]
    Unusable(String),
    /// The content of the file is no index, or a broken one.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    /// The disk is full or read-only, so the file can at best be read.
    #[error("the index cannot be written: {0}")]
    Unwritable(String),
}

impl From<std::io::Error> for IndexError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};

        match error.kind() {
            PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull => {
                Self::Unwritable(error.to_string())
            }
            _ => Self::Unusable(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for IndexError {
    fn from(error: rusqlite::Error) -> Self {
        use ErrorCode::{
            CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure,
        };

        if let rusqlite::Error::SqliteFailure(cause, Some(text)) = &error
            && cause.code == ErrorCode::ConstraintViolation
        {
            if text.contains("connection.folded") || text.contains("workspace.folded") {
                return Self::NameTaken;
            }
            if text.contains("connection.instance") {
                return Self::InstanceKnown;
            }
        }
        // SQLite's messages name tables and columns, never values.
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(text),
            Some(CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure) => {
                Self::Unwritable(text)
            }
            _ => Self::Unusable(text),
        }
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Newer(file) => Self::new(Code::IndexNewer).name(file.display().to_string()),
            IndexError::NameTaken | IndexError::InstanceKnown => Self::new(Code::NameTaken),
            IndexError::WorkspaceGone => Self::new(Code::WorkspaceUnknown),
            IndexError::Damaged(text) => Self::new(Code::IndexDamaged).detail(text),
            IndexError::Unusable(text) | IndexError::Unwritable(text) => {
                Self::new(Code::IndexUnwritable).detail(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn faults_of_the_disk_and_of_the_file_are_told_apart() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, "unwritable"),
            (ffi::SQLITE_READONLY, "unwritable"),
            (ffi::SQLITE_IOERR, "unwritable"),
            (ffi::SQLITE_CANTOPEN, "unwritable"),
            (ffi::SQLITE_PERM, "unwritable"),
            (ffi::SQLITE_BUSY, "unusable"),
            (ffi::SQLITE_LOCKED, "unusable"),
            (ffi::SQLITE_CORRUPT, "damaged"),
            (ffi::SQLITE_NOTADB, "damaged"),
        ] {
            let error = IndexError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            let found = match error {
                IndexError::Unwritable(_) => "unwritable",
                IndexError::Unusable(_) => "unusable",
                IndexError::Damaged(_) => "damaged",
                _ => "another",
            };
            assert_eq!(found, expected, "{code}");
        }
    }
}
