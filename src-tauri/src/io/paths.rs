//! Where things lie on this computer. `KEYRACK_HOME=DIR` puts everything under DIR, for portable use and for tests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::clock;

/// The folders of one home. They exist, and on Unix only their owner can look inside.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The index and the home's id.
    pub data: PathBuf,
    /// Element files of the person's own.
    pub config: PathBuf,
    /// The log.
    pub state: PathBuf,
    /// Locks: gone after a restart without harm.
    pub run: PathBuf,
    /// Random, made once; the user name of every keychain item begins with it.
    pub home_id: String,
}

impl Paths {
    /// The home of this process.
    ///
    /// # Errors
    /// When a folder or the home's id cannot be made or read.
    pub fn of_this_process() -> io::Result<Self> {
        match std::env::var_os("KEYRACK_HOME").filter(|v| !v.is_empty()) {
            Some(dir) => Self::under(&std::path::absolute(dir)?),
            None => Self::by_convention(),
        }
    }

    /// A home whose folders all lie under `dir`.
    ///
    /// # Errors
    /// As [`Paths::of_this_process`].
    pub fn under(dir: &Path) -> io::Result<Self> {
        Self::open(dir.join("data"), dir.join("config"), dir.join("state"), dir.join("run"))
    }

    fn by_convention() -> io::Result<Self> {
        let dirs = directories::ProjectDirs::from("", "", "keyrack")
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no home directory"))?;
        let data = dirs.data_local_dir().to_owned();
        let state = dirs.state_dir().map_or_else(|| data.join("state"), Path::to_owned);
        let run = dirs.runtime_dir().map_or_else(|| data.join("run"), Path::to_owned);
        Self::open(data, dirs.config_dir().to_owned(), state, run)
    }

    fn open(data: PathBuf, config: PathBuf, state: PathBuf, run: PathBuf) -> io::Result<Self> {
        for dir in [&data, &config, &state, &run] {
            private_dir(dir)?;
        }
        let home_id = home_id(&data.join("home-id"))?;
        Ok(Self { data, config, state, run, home_id })
    }

    /// The SQLite file.
    pub fn index(&self) -> PathBuf {
        self.data.join("index.sqlite3")
    }

    /// The folder whose `<key>/element.toml` add to the catalogue or override it.
    pub fn elements(&self) -> PathBuf {
        self.config.join("elements")
    }

    /// The certificate authorities that the person added.
    pub fn extra_ca(&self) -> PathBuf {
        self.config.join("extra-ca.pem")
    }

    /// The log file's folder.
    pub fn log(&self) -> PathBuf {
        self.state.clone()
    }
}

/// Makes a folder that only its owner can enter. An existing folder is left as it is.
fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Creates a file that only its owner can read, or opens it.
pub(super) fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Two programs may start for the first time at once: the id is written under another name and then linked, which
/// succeeds for exactly one of them.
fn home_id(path: &Path) -> io::Result<String> {
    let read =
        || fs::read_to_string(path).map(|text| text.trim().to_owned()).ok().filter(|id| !id.is_empty());
    if let Some(id) = read() {
        return Ok(id);
    }
    let id = clock::random_id();
    let draft = path.with_extension(&id);
    {
        use io::Write;
        let mut file = private_file(&draft)?;
        file.write_all(id.as_bytes())?;
        file.sync_all()?;
    }
    let linked = fs::hard_link(&draft, path);
    if let Some(id) = read() {
        fs::remove_file(&draft)?;
        return Ok(id);
    }
    // The file is there and empty, or this file system knows no links, as on a memory stick.
    if linked.is_err() {
        fs::rename(&draft, path)?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_id_is_made_once_and_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = Paths::under(dir.path()).expect("a home");
        let second = Paths::under(dir.path()).expect("the same home");
        assert_eq!(first.home_id, second.home_id);
        assert!(first.home_id.len() >= 16);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_look_inside() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let paths = Paths::under(&dir.path().join("home")).expect("a home");
        for folder in [&paths.data, &paths.config, &paths.state, &paths.run] {
            assert_eq!(fs::metadata(folder).expect("exists").permissions().mode() & 0o777, 0o700);
        }
    }
}
