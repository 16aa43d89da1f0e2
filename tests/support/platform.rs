//! A platform for hosted workspaces: `keyrack serve` in another process and another home.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::home::Home;

/// A platform that runs. Dropping it ends it.
pub struct Platform {
    child: Child,
    /// Where its API begins.
    pub base_url: String,
    /// The header value that lets a caller in.
    pub authorization: String,
}

impl Platform {
    /// Starts one over the practice workspace of this home.
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &["--workspace", "practice"], &[])
    }

    /// Starts one with these arguments and variables.
    pub fn start_with(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = home
            .command(&[&["serve", "--show-secrets"], arguments].concat())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program is built");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut told = |beginning: &str| {
            let line = lines.next().expect("a line on standard output").expect("text");
            line.strip_prefix(beginning).unwrap_or_else(|| panic!("{beginning} in {line}")).to_owned()
        };
        let base_url = told("base_url: ");
        let authorization = told("authorization: ");
        Self { child, base_url, authorization }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it politely to end, and returns its exit status.
    pub fn end(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(sent.expect("kill is installed").success());
        self.child.wait().expect("ended").code()
    }

    /// Signal 9.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // Harmless where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
