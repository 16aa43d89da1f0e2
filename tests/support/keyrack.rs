//! Runs the real command line program, reads it line by line, and kills it if it hangs.

use std::io::{BufRead, BufReader, Read, Write};
#[cfg(unix)]
use std::process::Child;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde_json::Value;

use super::TIMEOUT;

#[derive(Debug)]
pub struct Outcome {
    status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// `None` if a signal ended the program.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub fn dumped_core(&self) -> bool {
        std::os::unix::process::ExitStatusExt::core_dumped(&self.status)
    }

    /// Asserts success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code(), Some(0), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Standard output, parsed as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}\nstdout: {}\nstderr: {}", self.stdout, self.stderr))
    }

    /// Asserts that a run with `--json` failed with this exit status and code, and returns the error.
    #[track_caller]
    pub fn error(&self, status: i32, code: &str) -> Value {
        assert_eq!(self.code(), Some(status), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        let error = self.json()["error"].clone();
        assert_eq!(error["code"], code);
        error
    }
}

#[cfg(unix)]
type Program = Child;
/// In a console group of its own, so that an event for it does not end the tests.
#[cfg(windows)]
type Program = send_ctrlc::InterruptibleChild;

fn spawn(mut command: Command) -> (Program, BufReader<ChildStdout>) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    let spawned = command.spawn();
    #[cfg(windows)]
    let spawned = send_ctrlc::InterruptibleCommand::spawn_interruptible(&mut command);
    let mut child = spawned.expect("the program is built");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    (child, out)
}

/// A running program, killed on drop.
pub struct Running {
    child: Program,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: String,
    stdout: Option<JoinHandle<String>>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        Self::start_at(command)
    }

    /// As [`Running::start`], with the standard input of the command.
    pub fn start_at(command: Command) -> Self {
        let (child, out) = spawn(command);
        Self::read(child, out)
    }

    /// Starts a program and waits for the first line of its standard output.
    pub fn start_and_read_line(mut command: Command) -> (Self, String) {
        command.stdin(Stdio::piped());
        let (child, mut out) = spawn(command);
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        (Self::read(child, out), line)
    }

    fn read(mut child: Program, mut out: BufReader<ChildStdout>) -> Self {
        let err = BufReader::new(child.stderr.take().expect("a pipe"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || err.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            let _ = out.read_to_string(&mut text);
            text
        });
        Self { stdin: child.stdin.take(), child, lines, stderr: String::new(), stdout: Some(stdout) }
    }

    /// Waits for a line on standard error with this prefix and returns the rest of it.
    #[track_caller]
    pub fn line(&mut self, prefix: &str) -> String {
        self.next_line(prefix)
            .unwrap_or_else(|stderr| panic!("no line begins with {prefix:?}; stderr: {stderr}"))
    }

    /// The same, or all that was written to standard error.
    pub fn next_line(&mut self, prefix: &str) -> Result<String, String> {
        let deadline = Instant::now() + TIMEOUT;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.stderr.push_str(&line);
            self.stderr.push('\n');
            if let Some(rest) = line.strip_prefix(prefix) {
                return Ok(rest.to_owned());
            }
        }
        Err(self.stderr.clone())
    }

    pub fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("the program reads");
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a Ctrl-Break event: Windows keeps Ctrl-C from a console group.
    #[cfg(windows)]
    pub fn interrupt(&mut self) {
        send_ctrlc::Interruptible::terminate(&mut self.child).expect("sent");
    }

    /// Sends SIGINT, as Control-C does.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        self.signal("-INT");
    }

    pub fn signal(&self, signal: &str) {
        let sent =
            Command::new("kill").args([signal, &self.id().to_string()]).status().expect("kill is installed");
        assert!(sent.success());
    }

    /// Sends SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    /// Waits for the program to end. One that hangs is killed and fails the test.
    #[track_caller]
    pub fn wait(mut self) -> Outcome {
        drop(self.stdin.take());
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.stderr.push_str(&line);
                    self.stderr.push('\n');
                }
                // The program has closed the pipe.
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the program hangs; stderr: {}", self.stderr),
            }
        }
        let status = self.child.wait().expect("ended");
        let stdout = self.stdout.take().expect("read once").join().expect("read");
        Outcome { status, stdout, stderr: std::mem::take(&mut self.stderr) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
