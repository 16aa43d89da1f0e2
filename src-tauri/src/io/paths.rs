//! The folders of this installation. `KEYRACK_HOME=DIR` puts all of them under DIR, for portable use and for tests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{clock, files};

const INDEX: &str = "index.sqlite3";

/// The folders of one home. They exist, and on Unix only their owner can enter them.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The index and the home's id.
    pub data: PathBuf,
    /// The user's own element files.
    pub config: PathBuf,
    /// The log.
    pub state: PathBuf,
    /// Locks, which may be lost in a restart.
    pub run: PathBuf,
    /// Random, made once; prefix of the user name of every keychain item.
    pub home_id: String,
}

impl Paths {
    /// The home that `KEYRACK_HOME` or the operating system's convention gives.
    pub fn from_env() -> io::Result<Self> {
        match std::env::var_os("KEYRACK_HOME").filter(|v| !v.is_empty()) {
            Some(dir) => Self::under(&std::path::absolute(dir)?),
            None => Self::by_convention(),
        }
    }

    /// A home with all folders under `dir`.
    pub fn under(dir: &Path) -> io::Result<Self> {
        files::check_parent(dir)?;
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
            files::create_private_dir(dir)?;
        }
        let id_file = data.join("home-id");
        if !id_file.exists() {
            // Before the id: an index that is missing beside an id was lost.
            files::open_private(&data.join(INDEX))?;
        }
        let home_id = read_or_create_id(&id_file)?;
        Ok(Self { data, config, state, run, home_id })
    }

    pub fn index(&self) -> PathBuf {
        self.data.join(INDEX)
    }

    /// The folder whose `<key>/element.toml` files extend the catalogue or replace its elements.
    pub fn elements(&self) -> PathBuf {
        self.config.join("elements")
    }

    /// The certificate authorities that the user added.
    pub fn extra_ca(&self) -> PathBuf {
        self.config.join("extra-ca.pem")
    }
}

/// Two processes may start for the first time at once: only one of them can create the file, and both use its content.
fn read_or_create_id(path: &Path) -> io::Result<String> {
    let read =
        || fs::read_to_string(path).map(|text| text.trim().to_owned()).ok().filter(|id| !id.is_empty());
    if let Some(id) = read() {
        return Ok(id);
    }
    let id = clock::random_id();
    if let Err(error) = files::write_draft(path, id.as_bytes())?.persist_noclobber(path) {
        if let Some(id) = read() {
            return Ok(id);
        }
        // The file is empty, or this file system has no links, as on a memory stick.
        error.file.persist(path)?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_id_is_created_once_and_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = Paths::under(dir.path()).expect("a home");
        let second = Paths::under(dir.path()).expect("the same home");
        assert_eq!(first.home_id, second.home_id);
        assert!(first.home_id.len() >= 16);
        assert_eq!(fs::read_dir(&first.data).expect("listed").count(), 2, "no draft is left");
    }

    #[test]
    fn an_empty_home_id_is_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("home-id");
        fs::write(&path, "").expect("written");
        let id = read_or_create_id(&path).expect("an id");
        assert_eq!(fs::read_to_string(&path).expect("read"), id);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_enter_the_folders() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let paths = Paths::under(&dir.path().join("home")).expect("a home");
        for folder in [&paths.data, &paths.config, &paths.state, &paths.run] {
            assert_eq!(fs::metadata(folder).expect("exists").permissions().mode() & 0o777, 0o700);
        }
    }
}
