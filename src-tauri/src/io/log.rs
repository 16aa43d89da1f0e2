//! The log: one file beside the others. Ids, codes and durations; never a value that passed through the program. Each
//! line must be fit for a public issue.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;

use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::paths::Paths;

/// A log that has grown past this is moved aside, so that two files bound its size.
const MAX: u64 = 1024 * 1024;

/// Sends what the program reports to `keyrack.log`. The file is opened at the first line: most runs write none.
pub fn to_file() {
    // Only our own lines: libraries log addresses and headers.
    let ours = Targets::new().with_target("keyrack", Level::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        // A log that cannot be written is no reason to write between the results.
        .log_internal_errors(false)
        .with_writer(Mutex::new(Late { file: None, size: 0 }));
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

struct Late {
    file: Option<File>,
    /// How much was in the file when it was opened, and what was written since.
    size: u64,
}

impl Write for Late {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.file.is_none() || self.size > MAX {
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
    let path = Paths::of_this_process()?.log().join("keyrack.log");
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > MAX) {
        std::fs::rename(&path, path.with_extension("log.old"))?;
    }
    let mut options = File::options();
    // Appending is one step for the operating system: two programs never write over each other.
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
