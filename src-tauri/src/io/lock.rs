//! File locks between processes. The operating system frees them when their owner dies, however it dies.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::paths::private_file;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    // Kept for its lock; the file itself stays, since removing it would let two owners hold two files of one name.
    _file: File,
    path: PathBuf,
}

/// How often a waiting process looks again. `File::lock` cannot be given a deadline, so waiting is by looking.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Lock {
    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn try_take(dir: &Path, name: &str) -> io::Result<Option<Self>> {
        let path = path(dir, name)?;
        let file = private_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits for the lock, at most until `patience` has passed.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub async fn take(dir: &Path, name: &str, patience: Duration) -> io::Result<Option<Self>> {
        let until = Instant::now() + patience;
        loop {
            if let Some(lock) = Self::try_take(dir, name)? {
                return Ok(Some(lock));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The same for code that may block.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn take_blocking(dir: &Path, name: &str, patience: Duration) -> io::Result<Option<Self>> {
        let until = Instant::now() + patience;
        loop {
            let taken = Self::try_take(dir, name)?;
            if taken.is_some() || Instant::now() >= until {
                return Ok(taken);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Forgets the file of a lock whose name will never be used again. Harmless if it is gone.
    pub fn discard(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let locks = dir.join("locks");
    std::fs::create_dir_all(&locks)?;
    Ok(locks.join(name))
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
