//! A home whose path has spaces and letters beyond ASCII, and runs of the program in it.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::elements::plain_element;
use crate::keyrack::{Outcome, Running};
use crate::scripted::Scripted;
use crate::{allow_at_once, user};

/// A file with a byte order mark.
pub const SECRET: &str = "secret of Jörg.txt";
/// As PowerShell 5 writes it.
pub const UTF16_SECRET: &str = "secret in UTF-16.txt";

pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Self { dir };
        fs::create_dir(home.folder()).expect("made");
        let text = "\u{feff}s3crét\r\n";
        fs::write(home.folder().join(SECRET), text).expect("written");
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(home.folder().join(UTF16_SECRET), wide).expect("written");
        home
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("a home of Jörg")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
        command.args(arguments).env("KEYRACK_HOME", self.folder().join("home")).env_remove("BROWSER");
        command
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    pub fn start_with(&self, arguments: &[&str], (name, value): (&str, &str)) -> Running {
        let mut command = self.command(arguments);
        command.env(name, value);
        Running::start(command)
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).wait()
    }

    /// Connects a practice account.
    #[track_caller]
    pub fn practise(&self, name: &str) -> Outcome {
        let arguments = ["connect", "zendesk", "--workspace", "practice", "--no-browser", "--name", name];
        let mut running = self.start(&arguments);
        let tab = user::open_tab(&user::allow(&running.line("open: ")));
        let outcome = running.wait().ok();
        assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
        outcome
    }

    /// Connects “Anvils” at a scripted server, with the secret of this file.
    #[track_caller]
    pub fn connect(&self, server: &Scripted, secret: &str) {
        let folder = self.folder().join("home/config/elements/acme");
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join("element.toml"), plain_element("acme", &server.url)).expect("written");
        let secret = format!("oauth.api.secret=file:{}", self.folder().join(secret).display());
        let mut arguments = vec!["connect", "acme", "--name", "Anvils", "--no-browser"];
        arguments.extend(["--set", "oauth.api.key=keyrack", "--secret", &secret]);
        let mut running = self.start(&arguments);
        let tab = user::open_tab(&allow_at_once(&running.line("open: ")));
        running.wait().ok();
        tab.join().expect("a tab").expect("a page");
    }

    /// Starts the server in practice, and waits for the first line that it prints.
    pub fn serve(&self) -> (Running, String) {
        Running::start_and_read_line(self.command(&["serve", "--workspace", "practice"]))
    }

    /// A copy of this program in a folder with a space, and the file in which it records the address.
    pub fn browser(&self) -> (String, String) {
        let folder = self.folder().join("My Apps");
        fs::create_dir(&folder).expect("made");
        let browser = folder.join(if cfg!(windows) { "the browser.exe" } else { "the browser" });
        fs::copy(std::env::current_exe().expect("this program"), &browser).expect("copied");
        (browser.display().to_string(), folder.join("opened").display().to_string())
    }
}

/// The number of items in the keychain that belong to a connection.
#[track_caller]
pub fn items_of(connection: &str) -> usize {
    assert!(keyring::Entry::store_status().is_ok());
    let store = keyring_core::get_default_store().expect("a keychain");
    let (key, value) = if cfg!(windows) {
        ("pattern", connection)
    } else {
        ("service", ::keyrack::io::vault::KEYCHAIN_SERVICE)
    };
    let found = store.search(&HashMap::from([(key, value)])).expect("listed");
    let is_ours = |entry: &&keyring_core::Entry| {
        entry.get_specifiers().is_some_and(|(_, user)| user.contains(connection))
    };
    let ours: Vec<_> = found.iter().filter(is_ours).collect();
    for entry in &ours {
        if cfg!(windows) {
            let attributes = entry.get_attributes().expect("read");
            assert_eq!(attributes["persistence"], "Local", "an item does not roam");
            assert!(attributes["comment"].starts_with("Keyrack: "), "{attributes:?}");
        }
    }
    ours.len()
}
