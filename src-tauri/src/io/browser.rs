//! Opens the person's own browser (RFC 8252 §5). The address is an argument of a program, never part of a shell line.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use url::Url;

/// A launcher that finds no browser says so within this time; one that still runs has found one, or is one.
const GIVES_UP_WITHIN: Duration = Duration::from_millis(1_500);
/// How often the launcher is looked at: an exit cannot be awaited with a deadline without a thread for it.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Opens `url` in, by preference: the command that was named, the browsers in `BROWSER`, the system's default.
/// Returns whether a browser took it. Blocks for at most a few seconds.
pub fn open(url: &Url, named: Option<&str>) -> bool {
    candidates(url, named, std::env::var("BROWSER").ok().as_deref()).into_iter().any(takes_it)
}

fn candidates(url: &Url, named: Option<&str>, environment: Option<&str>) -> Vec<Command> {
    if let Some(line) = named {
        return command(line, url).into_iter().collect();
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    let from_environment =
        environment.unwrap_or_default().split(separator).filter_map(|line| command(line, url));
    from_environment.chain(open::commands(url.as_str())).collect()
}

/// A command line in the convention of `BROWSER`: words, with `%s` where the address goes, else at the end.
fn command(line: &str, url: &Url) -> Option<Command> {
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

fn takes_it(mut command: Command) -> bool {
    // Its output would stand between ours, and it must not read what a script pipes into us.
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = spawned else { return false };
    let until = Instant::now() + GIVES_UP_WITHIN;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            Ok(None) => {
                // Reaped when it ends, so that a browser closed later does not stay behind as a zombie.
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
    fn the_address_is_one_argument_whatever_it_holds() {
        let commands = candidates(&url(), Some("firefox --new-window"), None);
        assert_eq!(argv(&commands[0]), ["firefox", "--new-window", url().as_str()]);
    }

    #[test]
    fn a_placeholder_says_where_the_address_goes() {
        let commands = candidates(&url(), None, Some("app --url=%s --quiet"));
        assert_eq!(argv(&commands[0]), ["app", &format!("--url={}", url()), "--quiet"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_launcher_that_fails_is_no_browser() {
        assert!(!open(&url(), Some("false")));
        assert!(!open(&url(), Some("/nonexistent/browser")));
        assert!(open(&url(), Some("true")));
    }
}
