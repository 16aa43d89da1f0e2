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
        if error.sqlite_error_code().is_some_and(is_of_the_disk) {
            Self::Unwritable(text)
        } else {
            Self::Unusable(text)
        }
    }
}

fn is_of_the_disk(code: ErrorCode) -> bool {
    use ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
    matches!(code, CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure)
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Newer(file) => Self::new(Code::IndexNewer).name(file.display().to_string()),
            IndexError::NameTaken | IndexError::InstanceKnown => Self::new(Code::NameTaken),
            IndexError::WorkspaceGone => Self::new(Code::WorkspaceUnknown),
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
    fn faults_of_the_disk_are_told_apart_from_those_of_the_file() {
        for (code, unwritable) in [
            (ffi::SQLITE_FULL, true),
            (ffi::SQLITE_READONLY, true),
            (ffi::SQLITE_IOERR, true),
            (ffi::SQLITE_CANTOPEN, true),
            (ffi::SQLITE_PERM, true),
            (ffi::SQLITE_BUSY, false),
            (ffi::SQLITE_LOCKED, false),
            (ffi::SQLITE_CORRUPT, false),
            (ffi::SQLITE_NOTADB, false),
        ] {
            let error = IndexError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(matches!(error, IndexError::Unwritable(_)), unwritable, "{error:?}");
        }
    }
}
