//! What can go wrong with the index.

use std::path::PathBuf;

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
}

impl From<std::io::Error> for IndexError {
    fn from(error: std::io::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<rusqlite::Error> for IndexError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::SqliteFailure(cause, Some(text)) = &error
            && cause.code == rusqlite::ErrorCode::ConstraintViolation
        {
            if text.contains("connection.folded") || text.contains("workspace.folded") {
                return Self::NameTaken;
            }
            if text.contains("connection.instance") {
                return Self::InstanceKnown;
            }
        }
        // SQLite's messages name tables and columns, never values.
        Self::Unusable(error.to_string())
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Newer(file) => Self::new(Code::IndexNewer).name(file.display().to_string()),
            IndexError::NameTaken | IndexError::InstanceKnown => Self::new(Code::NameTaken),
            IndexError::WorkspaceGone => Self::new(Code::WorkspaceUnknown),
            IndexError::Unusable(text) => Self::new(Code::IndexUnwritable).detail(text),
        }
    }
}
