//! The log: one file beside the others. Ids, codes and durations; never a value that passed through the program. Each
//! line must be fit for a public issue.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::paths::{Paths, private_file};

/// A log that has grown past this is moved aside, so that two files bound its size.
const MAX: u64 = 1024 * 1024;

/// Sends what the program reports to `keyrack.log`. The file is opened at the first line: most runs write none.
pub fn to_file() {
    // Only our own lines: libraries log addresses and headers.
    let filter = EnvFilter::new("off,keyrack=info");
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(false)
        .with_writer(Mutex::new(Late { file: None }))
        .try_init();
}

struct Late {
    file: Option<File>,
}

impl Write for Late {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.file = Some(open()?);
        }
        match &mut self.file {
            Some(file) => file.write(line),
            None => Ok(line.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

fn open() -> io::Result<File> {
    use std::io::Seek;
    let path = Paths::of_this_process()?.log().join("keyrack.log");
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > MAX) {
        std::fs::rename(&path, path.with_extension("log.old"))?;
    }
    let mut file = private_file(&path)?;
    file.seek(io::SeekFrom::End(0))?;
    Ok(file)
}
