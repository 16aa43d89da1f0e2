//! A platform for hosted workspaces: `keyrack serve` in another process and another home.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::home::Home;

/// A running platform, killed on drop.
pub struct Platform {
    child: Child,
    /// The base address of its API.
    pub base_url: String,
    /// The value of the header `Authorization` that callers need.
    pub authorization: String,
}

impl Platform {
    /// Serves the practice workspace of this home.
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &["--workspace", "practice"], &[])
    }

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
        let mut read = |prefix: &str| {
            let line = lines.next().expect("a line on standard output").expect("text");
            line.strip_prefix(prefix).unwrap_or_else(|| panic!("{prefix} in {line}")).to_owned()
        };
        let base_url = read("base_url: ");
        let authorization = read("authorization: ");
        Self { child, base_url, authorization }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM and returns the exit status.
    pub fn terminate(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(sent.expect("kill is installed").success());
        self.child.wait().expect("ended").code()
    }

    /// Sends SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
