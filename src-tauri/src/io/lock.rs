//! File locks between processes. The operating system frees them when their owner dies, however it dies.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::files::{create_private_dir, open_private};

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    // The file is not deleted on drop: two processes could then lock two files of one name.
    _file: File,
    path: PathBuf,
}

/// `File::lock` takes no timeout, so waiting is polling.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

impl Lock {
    /// `None` if another owner holds the lock.
    pub fn try_take(dir: &Path, name: &str) -> io::Result<Option<Self>> {
        let locks = dir.join("locks");
        create_private_dir(&locks)?;
        let path = locks.join(name);
        let file = open_private(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits for the lock; `None` after `timeout`.
    pub async fn take(dir: &Path, name: &str, timeout: Duration) -> io::Result<Option<Self>> {
        let deadline = Instant::now() + timeout;
        loop {
            let taken = Self::try_take(dir, name)?;
            if taken.is_some() || Instant::now() >= deadline {
                return Ok(taken);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// [`Lock::take`] for code that may block.
    pub fn take_blocking(dir: &Path, name: &str, timeout: Duration) -> io::Result<Option<Self>> {
        let deadline = Instant::now() + timeout;
        loop {
            let taken = Self::try_take(dir, name)?;
            if taken.is_some() || Instant::now() >= deadline {
                return Ok(taken);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Deletes the file of a lock whose name is never used again.
    pub fn discard(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_owner_at_a_time() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = Lock::try_take(dir.path(), "a").expect("no error").expect("free");
        assert!(Lock::try_take(dir.path(), "a").expect("no error").is_none());
        assert!(Lock::try_take(dir.path(), "b").expect("no error").is_some());
        drop(first);
        assert!(Lock::try_take(dir.path(), "a").expect("no error").is_some());
    }
}
