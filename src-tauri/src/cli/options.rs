//! The values of options. A secret is never an argument: every program of this computer can read those.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use super::problem::usage;
use crate::domain::error::Failure;

/// A longer secret is a file named by mistake.
const SECRET_MAX: u64 = 64 * 1024;

/// A year: a larger number was meant as milliseconds.
const SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 0..=SECONDS_MAX) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("a whole number of seconds, at most {SECONDS_MAX}")),
    }
}

pub(super) fn split_pair<'a>(text: &'a str, option: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| usage(format!("{option} wants KEY=VALUE")))
}

/// Reads the values of `--secret` options.
pub(super) fn read_secrets(options: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let read = |option: &String| {
        let (key, source) = split_pair(option, "--secret")?;
        let value = read_secret(source).map_err(|why| usage(format!("--secret {key}: {why}")))?;
        Ok((key.to_owned(), value))
    };
    options.iter().map(read).collect()
}

/// Reads a secret from its source. The errors name the source, never the value.
fn read_secret(source: &str) -> Result<String, String> {
    let text = if source == "-" {
        read_bounded(std::io::stdin())?
    } else if let Some(variable) = source.strip_prefix("env:") {
        std::env::var(variable).map_err(|_| format!("the variable {variable} is not set"))?
    } else if let Some(path) = source.strip_prefix("file:") {
        read_bounded(std::fs::File::open(path).map_err(|e| format!("{path}: {}", e.kind()))?)?
    } else {
        return Err(
            "say env:VAR, file:PATH or -; a secret on the command line can be seen by other programs".into(),
        );
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_bounded(source: impl Read) -> Result<String, String> {
    let mut text = String::new();
    source.take(SECRET_MAX + 1).read_to_string(&mut text).map_err(|e| e.kind().to_string())?;
    if text.len() as u64 > SECRET_MAX { Err("too long for a secret".into()) } else { Ok(text) }
}
