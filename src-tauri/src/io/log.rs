//! The log file. It holds ids, codes and durations and no other values: each line must be fit for a public issue.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::files::append_private;
use super::paths::Paths;

/// A larger log is rotated, so that two files bound its size.
const MAX_BYTES: u64 = 1024 * 1024;

/// Starts logging to `keyrack.log`.
pub fn init() {
    // Libraries log addresses and headers, so only our own lines are written.
    let ours = Targets::new().with_target("keyrack", Level::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        // Errors of the log itself must not appear between results.
        .log_internal_errors(false)
        .with_writer(Mutex::new(LogFile { file: None, size: 0 }));
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

/// Opened at the first line: most runs write none.
struct LogFile {
    file: Option<File>,
    /// In bytes, counting what was there when it was opened.
    size: u64,
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.file.is_none() || self.size > MAX_BYTES {
            let file = open()?;
            self.size = file.metadata()?.len();
            self.file = Some(file);
        }
        let written = self.file.as_mut().map_or(Ok(line.len()), |file| file.write(line))?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

fn open() -> io::Result<File> {
    open_at(&Paths::from_env()?.state.join("keyrack.log"))
}

fn open_at(path: &Path) -> io::Result<File> {
    if std::fs::symlink_metadata(path).is_ok_and(|m| m.len() > MAX_BYTES) {
        std::fs::rename(path, path.with_extension("log.old"))?;
    }
    // Appends are atomic: two processes never overwrite each other.
    append_private(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_can_read_the_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = open_at(&folder.path().join("keyrack.log")).expect("a log");
        assert_eq!(log.metadata().expect("exists").permissions().mode() & 0o777, 0o600);
    }
}
