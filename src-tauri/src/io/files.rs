//! Files that only their owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Opens a file for reading and writing, and creates it where needed.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Replaces a file. Other processes read the old content or the new, never a part of it.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    write_draft(path, content)?.persist(path)?;
    Ok(())
}

/// A synced temporary file beside `path`, deleted unless it is persisted.
pub(super) fn write_draft(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut draft = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    draft.write_all(content)?;
    draft.as_file().sync_all()?;
    Ok(draft)
}
