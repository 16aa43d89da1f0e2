//! Opens the user's own browser (RFC 8252 §5). The address is an argument of a program, never part of a shell line.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use url::Url;

/// A launcher that finds no browser fails within this time; one that still runs has found one, or is one.
const LAUNCH_TIMEOUT: Duration = Duration::from_millis(1_500);
/// `Child::wait` takes no timeout, so waiting is polling.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Opens `url` with the first of these that works: the named command, the browsers in `BROWSER`, the system's default.
/// Returns whether one did. Blocks for at most a few seconds. `withheld` names variables that hold secrets: the browser,
/// which lives longer than this program, does not inherit them.
pub fn open(url: &Url, named: Option<&str>, withheld: &[String]) -> bool {
    let candidates = candidates(url, named, std::env::var("BROWSER").ok().as_deref());
    candidates.into_iter().any(|command| launch(command, withheld))
}

fn candidates(url: &Url, named: Option<&str>, environment: Option<&str>) -> Vec<Command> {
    if let Some(line) = named {
        return parse_command(line, url).into_iter().collect();
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    let lines = environment.unwrap_or_default().split(separator);
    let from_environment = lines.filter_map(|line| parse_command(line, url));
    from_environment.chain(open::commands(url.as_str())).collect()
}

/// Parses a command line by the convention of `BROWSER`: words, with `%s` for the address, else appended.
fn parse_command(line: &str, url: &Url) -> Option<Command> {
    let mut words = split_words(line)?.into_iter();
    let mut command = Command::new(words.next()?);
    let mut placed = false;
    for word in words {
        placed |= word.contains("%s");
        command.arg(word.replace("%s", url.as_str()));
    }
    if !placed {
        command.arg(url.as_str());
    }
    Some(command)
}

/// Splits a line as a shell does. Before that, the path of a program may hold spaces without quotes: that is how it is
/// copied from a file manager. `None` if a quotation mark is not closed.
fn split_words(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let ends = line.match_indices(char::is_whitespace).map(|(end, _)| end).chain([line.len()]);
    let path_end = ends.rev().find(|end| Path::new(&line[..*end]).is_file());
    let (path, rest) = line.split_at(path_end.unwrap_or_default());
    // A backslash separates folders on Windows.
    let words = if cfg!(windows) { shlex::split(&rest.replace('\\', "\\\\")) } else { shlex::split(rest) };
    let path = path_end.map(|_| path.to_owned());
    Some(path.into_iter().chain(words?).collect())
}

fn launch(mut command: Command, withheld: &[String]) -> bool {
    for variable in withheld {
        command.env_remove(variable);
    }
    // Its output would mix with ours, and it must not read what a script pipes into us.
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = spawned else { return false };
    let deadline = Instant::now() + LAUNCH_TIMEOUT;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL_INTERVAL),
            Ok(None) => {
                // Reaped in the background, so that a browser closed later is no zombie.
                std::thread::spawn(move || child.wait());
                return true;
            }
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        "https://example.org/authorize?state=a%20b&x='$(id)'".parse().expect("an address")
    }

    fn argv(command: &Command) -> Vec<String> {
        std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|a| a.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn the_address_is_passed_as_one_argument() {
        let commands = candidates(&url(), Some("firefox --new-window"), None);
        assert_eq!(argv(&commands[0]), ["firefox", "--new-window", url().as_str()]);
    }

    #[test]
    fn the_address_replaces_a_placeholder() {
        let commands = candidates(&url(), None, Some("app --url=%s --quiet"));
        assert_eq!(argv(&commands[0]), ["app", &format!("--url={}", url()), "--quiet"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_launcher_that_fails_is_skipped() {
        assert!(!open(&url(), Some("false"), &[]));
        assert!(!open(&url(), Some("/nonexistent/browser"), &[]));
        assert!(!open(&url(), Some("\"true"), &[]));
        assert!(open(&url(), Some("true"), &[]));
    }

    #[test]
    fn a_line_is_split_like_a_shell_and_a_path_may_hold_spaces() {
        let dir = tempfile::tempdir().expect("a folder");
        let program = dir.path().join("My Apps").join("br");
        std::fs::create_dir(dir.path().join("My Apps")).expect("a folder");
        std::fs::write(&program, "").expect("written");
        let path = program.display().to_string();
        for (line, words) in [
            (path.clone(), vec![path.as_str()]),
            (format!(" {path} "), vec![&path]),
            (format!("{path} --new --url=%s"), vec![&path, "--new", "--url=%s"]),
            (format!("\"{path}\" --new"), vec![&path, "--new"]),
            (format!("'{path}' 'two words'"), vec![&path, "two words"]),
            ("firefox -P 'my profile' \"%s\"".to_owned(), vec!["firefox", "-P", "my profile", "%s"]),
            (String::new(), vec![]),
        ] {
            let found = split_words(&line).expect("words");
            assert_eq!(found, words, "{line}");
        }
        assert_eq!(split_words("firefox \"%s"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_browser_inherits_no_variable_that_holds_a_secret() {
        // Set in every process of cargo, and in no shell by itself.
        let line = "sh -c 'test -z \"$CARGO_MANIFEST_DIR\"'";
        assert!(!open(&url(), Some(line), &[]));
        assert!(open(&url(), Some(line), &["CARGO_MANIFEST_DIR".to_owned()]));
    }
}
