//! A home of Keyrack in a session, and runs of the program in it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::TIMEOUT;
use super::keyrack::{Outcome, Running};
use super::session::Session;
use super::user;

pub struct Home {
    dir: tempfile::TempDir,
    pub session: Session,
}

impl Home {
    /// A home with an unlocked, empty keyring.
    pub fn new() -> Self {
        Self::in_session(Session::with_keyring())
    }

    pub fn in_session(session: Session) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Self { dir, session };
        // The user's browser, which only records the address.
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", home.address_file().display());
        fs::write(home.browser(), script).expect("written");
        fs::set_permissions(home.browser(), fs::Permissions::from_mode(0o700)).expect("executable");
        home
    }

    /// The value of `KEYRACK_HOME`.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    fn browser(&self) -> PathBuf {
        self.dir.path().join("browser")
    }

    fn address_file(&self) -> PathBuf {
        self.dir.path().join("addresses")
    }

    /// The addresses that were opened in the browser.
    pub fn opened_addresses(&self) -> Vec<String> {
        fs::read_to_string(self.address_file()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The environment of a program in this home.
    pub fn environment(&self) -> BTreeMap<&'static str, OsString> {
        let mut environment = self.session.environment();
        environment.insert("KEYRACK_HOME", self.path().into());
        environment.insert("BROWSER", self.browser().into());
        environment
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
        command.args(arguments).env_clear().envs(self.environment());
        command
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    pub fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        Running::start(command)
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).wait()
    }

    /// Runs the program with `--json` and asserts success.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).ok().json()
    }

    /// Starts a sign-in in the practice workspace that prints its address.
    pub fn practise(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        let all = [&["connect"], arguments, &["--workspace", "practice", "--no-browser"]].concat();
        self.start_with(&all, variables)
    }

    /// Signs in to the practice workspace, and allows access.
    #[track_caller]
    pub fn connect(&self, arguments: &[&str]) -> Outcome {
        self.connect_with(arguments, &[])
    }

    #[track_caller]
    pub fn connect_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut running = self.practise(arguments, variables);
        let callback = user::allow(&running.line("open: "));
        let tab = user::open_tab(&callback);
        let outcome = running.wait().ok();
        let page = tab.join().expect("a tab").expect("a page");
        assert!(page.body.contains("is connected"), "{}", page.body);
        outcome
    }

    /// Deletes the index with what SQLite keeps beside it.
    pub fn delete_index(&self) {
        for entry in fs::read_dir(self.path().join("data")).expect("listed") {
            let file = entry.expect("an entry").path();
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("index.sqlite3")) {
                fs::remove_file(file).expect("deleted");
            }
        }
    }

    /// The connections of all workspaces.
    #[track_caller]
    pub fn list(&self) -> Vec<Value> {
        self.json(&["list"]).as_array().expect("a list").clone()
    }

    /// The index, opened by the test.
    pub fn index(&self) -> rusqlite::Connection {
        let index = rusqlite::Connection::open(self.path().join("data/index.sqlite3")).expect("an index");
        index.busy_timeout(TIMEOUT).expect("set");
        index
    }

    /// The result of a query of the index that counts.
    #[track_caller]
    pub fn count(&self, query: &str) -> i64 {
        self.index().query_row(query, [], |row| row.get(0)).expect(query)
    }

    /// A named pipe for a program that waits at a fault point.
    pub fn gate(&self) -> Gate {
        let pipe = self.dir.path().join("gate");
        let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is installed");
        assert!(made.success());
        Gate { pipe }
    }

    /// Asserts that no attempt or removal is open, and that each row has its item and each item its row.
    #[track_caller]
    pub fn assert_consistent(&self, connections: usize) {
        assert_eq!(self.count("SELECT count(*) FROM attempt"), 0, "no attempt is open");
        assert_eq!(
            self.count("SELECT count(*) FROM connection WHERE removing <> 0"),
            0,
            "no removal is open"
        );
        let ids = |values: Vec<Value>| {
            let mut ids: Vec<_> =
                values.iter().map(|v| v["id"].as_str().unwrap_or_default().to_owned()).collect();
            ids.sort();
            ids
        };
        let (rows, items) = (ids(self.list()), ids(self.session.items()));
        assert_eq!(rows, items, "each row has its item and each item its row");
        assert_eq!(rows.len(), connections);
    }

    /// All files of the home, with their contents.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.path(), &mut found);
        found
    }
}

fn collect(dir: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(dir).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            let bytes = fs::read(&path).expect("read");
            found.push((path, bytes));
        }
    }
}

/// Holds a program at a fault point.
pub struct Gate {
    pipe: PathBuf,
}

impl Gate {
    /// The environment with which a program waits at `point` until the gate opens.
    pub fn variables<'g>(&'g self, point: &'g str) -> [(&'g str, &'g str); 2] {
        [("KEYRACK_FAULT", point), ("KEYRACK_FAULT_UNTIL", self.pipe.to_str().expect("a plain path"))]
    }

    /// Lets the waiting program continue.
    pub fn open(&self) {
        drop(fs::OpenOptions::new().write(true).open(&self.pipe).expect("opened"));
    }
}

/// Sleeps until a moment in milliseconds since 1970.
pub fn wait_until(ms: i64) {
    let moment = UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).expect("after 1970"));
    while let Ok(left) = moment.duration_since(SystemTime::now()) {
        std::thread::sleep(left);
    }
}

/// Polls for something that has no event, such as a file of another program.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
