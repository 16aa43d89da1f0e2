//! Opens the user's own browser (RFC 8252 §5). The address is an argument of a program, never part of a shell line.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use url::Url;

use super::environment::remove_secrets;

/// A launcher that finds no browser fails within this time; one that still runs has found one, or is one.
const LAUNCH_TIMEOUT: Duration = Duration::from_millis(1_500);
/// `Child::wait` takes no timeout, so waiting is polling.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Opens `url` with the first of these that works: the named command, the browsers in `BROWSER`, the system's default.
/// Returns whether one did. Blocks for at most a few seconds.
pub fn open(url: &Url, named: Option<&str>) -> bool {
    candidates(url, named, std::env::var("BROWSER").ok().as_deref()).into_iter().any(launch)
}

fn candidates(url: &Url, named: Option<&str>, environment: Option<&str>) -> Vec<Command> {
    if let Some(line) = named {
        return parse_command(line, url).into_iter().collect();
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    let from_environment =
        environment.unwrap_or_default().split(separator).filter_map(|line| parse_command(line, url));
    from_environment.chain(open::commands(url.as_str())).collect()
}

/// Parses a command line by the convention of `BROWSER`: words, with `%s` for the address, else appended.
fn parse_command(line: &str, url: &Url) -> Option<Command> {
    let mut words = line.split_whitespace();
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

fn launch(mut command: Command) -> bool {
    remove_secrets(&mut command);
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
        assert!(!open(&url(), Some("false")));
        assert!(!open(&url(), Some("/nonexistent/browser")));
        assert!(open(&url(), Some("true")));
    }
}
