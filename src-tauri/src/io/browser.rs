//! Opens the user's own browser (RFC 8252 §5). The address is an argument of a program, never part of a shell line.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use url::Url;

use super::environment::remove_secrets;
use crate::domain::command_line::{Quoting, split_words};

/// A launcher that finds no browser fails within this time; one that still runs has found one, or is one.
const LAUNCH_TIMEOUT: Duration = Duration::from_millis(1_500);
/// `Child::wait` takes no timeout, so waiting is polling.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

const QUOTING: Quoting = if cfg!(windows) { Quoting::Windows } else { Quoting::Posix };

/// No browser opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// Neither was one named nor is there a default one.
    NoBrowser,
    /// This command, which the user named, failed.
    Command { command: String, why: String },
}

/// Opens `url` with the first of these that works: the named command, the browsers in `BROWSER`, the system's default.
/// Blocks for at most a few seconds.
pub fn open(url: &Url, named: Option<&str>) -> Result<(), NotOpened> {
    let environment = std::env::var("BROWSER").unwrap_or_default();
    let lines = named.map_or_else(|| split_list(&environment), |line| vec![line]);
    let mut failed = NotOpened::NoBrowser;
    for line in lines {
        let Err(why) = parse_command(line, url).and_then(launch) else { return Ok(()) };
        if failed == NotOpened::NoBrowser {
            failed = NotOpened::Command { command: line.to_owned(), why };
        }
    }
    if named.is_none() && open_default(url) { Ok(()) } else { Err(failed) }
}

/// The system's own call. Elsewhere the `open` crate starts programs; on Windows that would be PowerShell, which a policy
/// may forbid, and then Explorer, whose exit status is always 1.
#[cfg(windows)]
fn open_default(url: &Url) -> bool {
    open::that_detached(url.as_str()).is_ok()
}

#[cfg(not(windows))]
fn open_default(url: &Url) -> bool {
    open::commands(url.as_str()).into_iter().any(|command| launch(command).is_ok())
}

/// The commands in the value of `BROWSER`.
fn split_list(value: &str) -> Vec<&str> {
    if is_program(value) {
        return vec![value];
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    value.split(separator).filter(|line| !line.trim().is_empty()).collect()
}

/// Whether the whole text is the path of a program, so that spaces are part of it.
fn is_program(text: &str) -> bool {
    let is_app = cfg!(target_os = "macos") && text.ends_with(".app") && Path::new(text).is_dir();
    let is_exe = || cfg!(windows) && Path::new(&format!("{text}.exe")).is_file();
    is_app || Path::new(text).is_file() || is_exe()
}

/// Parses a command line by the convention of `BROWSER`: words, with `%s` for the address, else appended. A value that is
/// an existing file is the program.
fn parse_command(line: &str, url: &Url) -> Result<Command, String> {
    let words = if is_program(line) { Some(vec![line.to_owned()]) } else { split_words(line, QUOTING) };
    let words = words.ok_or("a quote is not closed")?;
    let (program, options) = words.split_first().ok_or("the command is empty")?;
    let mut command = if cfg!(target_os = "macos") && program.ends_with(".app") {
        let mut command = Command::new("/usr/bin/open");
        command.args(["-a", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(options.iter().map(|word| word.replace("%s", url.as_str())));
    if !options.iter().any(|word| word.contains("%s")) {
        command.arg(url.as_str());
    }
    Ok(command)
}

fn launch(mut command: Command) -> Result<(), String> {
    remove_secrets(&mut command);
    // Its output would mix with ours, and it must not read what a script pipes into us.
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "not found".to_owned(),
        kind => kind.to_string(),
    })?;
    let deadline = Instant::now() + LAUNCH_TIMEOUT;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL_INTERVAL),
            Ok(None) => {
                // Reaped in the background, so that a browser closed later is no zombie.
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(error) => return Err(error.kind().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        "https://example.org/authorize?state=a%20b&x='$(id)'".parse().expect("an address")
    }

    #[track_caller]
    fn argv(line: &str) -> Vec<String> {
        let command = parse_command(line, &url()).expect("a command");
        std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|a| a.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn the_address_is_passed_as_one_argument() {
        assert_eq!(argv("firefox --new-window"), ["firefox", "--new-window", url().as_str()]);
    }

    #[test]
    fn the_address_replaces_a_placeholder() {
        assert_eq!(argv("app --url=%s --quiet"), ["app", &format!("--url={}", url()), "--quiet"]);
    }

    #[test]
    fn a_path_with_a_space_is_an_existing_file_or_quoted() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("My Apps é");
        std::fs::create_dir(&folder).expect("made");
        let program = folder.join("the browser").to_str().expect("a plain path").to_owned();
        // Without the file the spaces separate words.
        assert_ne!(argv(&program)[0], program);
        std::fs::write(&program, "").expect("written");
        assert_eq!(argv(&program), [&program, url().as_str()]);
        assert_eq!(argv(&format!("\"{program}\" --new")), [&program, "--new", url().as_str()]);
        assert_eq!(split_list(&program), [program.as_str()]);
    }

    #[test]
    fn the_list_of_the_environment_is_split() {
        let separator = if cfg!(windows) { ";" } else { ":" };
        let list = ["first -a", "", "second"].join(separator);
        assert_eq!(split_list(&list), ["first -a", "second"]);
        assert!(split_list("").is_empty());
    }

    #[test]
    fn a_browser_that_fails_is_named() {
        for (line, wanted) in [
            ("/nonexistent/browser -x", "not found"),
            ("\"/nonexistent/browser", "a quote is not closed"),
            (" ", "the command is empty"),
        ] {
            let failed = NotOpened::Command { command: line.to_owned(), why: wanted.to_owned() };
            assert_eq!(open(&url(), Some(line)), Err(failed));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_launcher_that_fails_is_skipped() {
        let failed = open(&url(), Some("false")).expect_err("failed");
        assert!(matches!(failed, NotOpened::Command { why, .. } if why == "ended with exit status: 1"));
        assert_eq!(open(&url(), Some("true")), Ok(()));
    }
}
