//! The values of options. A secret is never an argument: every program of this computer can read those.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::sync::mpsc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::problem::usage;
use crate::domain::error::{Code, Failure};
use crate::domain::text_file;
use crate::io::environment;

/// A file is read in less time.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// A longer secret is a file named by mistake.
const SECRET_MAX: u64 = 64 * 1024;

/// A year: a larger number was meant as milliseconds.
const SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

/// How long a secret is waited for where the command has no `--timeout`.
pub(super) const SECRET_TIMEOUT: Duration = Duration::from_secs(900);

pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 0..=SECONDS_MAX) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("a whole number of seconds, at most {SECONDS_MAX}")),
    }
}

pub(super) fn split_pair<'a>(text: &'a str, option: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| usage(format!("{option} wants KEY=VALUE")))
}

/// Reads the values of `--secret` options. A pipe that stays silent is given up after `timeout`.
pub(super) fn read_secrets(
    options: &[String],
    timeout: Duration,
) -> Result<BTreeMap<String, String>, Failure> {
    let read = |option: &String| {
        let (key, source) = split_pair(option, "--secret")?;
        let value = match read_at_terminal(key, source)? {
            Some(typed) => typed,
            None => read_secret(key, source, timeout)?,
        };
        Ok((key.to_owned(), value))
    };
    options.iter().map(read).collect()
}

/// Asks for the secret if it is to come from standard input, and that is a terminal.
#[cfg(unix)]
fn read_at_terminal(key: &str, source: &str) -> Result<Option<String>, Failure> {
    use super::context::block_on;
    use super::print;
    use super::signals::interrupted;
    use super::terminal::{Input, Terminal, Typing, is_in_foreground};
    use std::io::IsTerminal;

    if source != "-" || !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    if !is_in_foreground() {
        let what = format!("--secret {key}: a background job cannot ask; give it as env:VAR or file:PATH");
        return Err(usage(what));
    }
    let (terminal, mut reader) = Terminal::open(Typing::Hidden);
    let (sender, typed) = tokio::sync::oneshot::channel();
    print::note(&format!("Type or paste {key}, then press Enter. It is not shown."));
    std::thread::spawn(move || sender.send(reader.read()));
    let input = block_on(async {
        tokio::select! {
            input = typed => input.unwrap_or(Input::Ended),
            () = interrupted() => Input::Interrupted,
        }
    });
    drop(terminal);
    match input {
        // A terminal may mark what was pasted.
        Input::Text(text) => {
            Ok(Some(text.replace("\x1b[200~", "").replace("\x1b[201~", "").trim_end().to_owned()))
        }
        Input::Interrupted => Err(Failure::new(Code::Cancelled)),
        Input::Ended => Err(usage(format!("--secret {key}: nothing was typed"))),
    }
}

#[cfg(not(unix))]
fn read_at_terminal(_key: &str, _source: &str) -> Result<Option<String>, Failure> {
    Ok(None)
}

/// Reads a secret from its source. The errors name the source, never the value.
fn read_secret(key: &str, source: &str, timeout: Duration) -> Result<String, Failure> {
    let refuse = |why: String| usage(format!("--secret {key}: {why}"));
    let text = if let Some(variable) = source.strip_prefix("env:") {
        environment::withhold(variable);
        std::env::var(variable).map_err(|_| refuse(format!("the variable {variable} is not set")))?
    } else if source == "-" || source.starts_with("file:") {
        let (sender, text) = mpsc::channel();
        let from = source.to_owned();
        // Nothing else ends the wait for the writer of a named pipe.
        std::thread::spawn(move || sender.send(read_stream(&from)));
        let silent = |_| {
            let seconds = timeout.as_secs();
            usage(format!("--secret {key}: nothing came in {seconds} s"))
        };
        text.recv_timeout(timeout.max(SHORTEST_WAIT)).map_err(silent)?.map_err(refuse)?
    } else {
        let what = "say env:VAR, file:PATH or -; a secret on the command line can be seen by other programs";
        return Err(refuse(what.to_owned()));
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_stream(source: &str) -> Result<String, String> {
    match source.strip_prefix("file:") {
        Some(path) => File::open(path)
            .map_err(|e| e.kind().to_string())
            .and_then(read_bounded)
            .map_err(|why| format!("{path}: {why}")),
        None => read_bounded(std::io::stdin()),
    }
}

fn read_bounded(source: impl Read) -> Result<String, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    source.take(SECRET_MAX + 1).read_to_end(&mut bytes).map_err(|e| e.kind().to_string())?;
    if bytes.len() as u64 > SECRET_MAX {
        return Err("too long for a secret".into());
    }
    text_file::decode(&bytes).map_err(|e| e.to_string())
}
