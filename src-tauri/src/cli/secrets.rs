//! The values of `--set` and `--secret`. A secret is never an argument: every program of this computer can read those.

use std::collections::BTreeMap;
use std::io::Read;

use zeroize::Zeroizing;

use crate::domain::error::{Code, Failure};
use crate::domain::text_file;

/// A longer secret is a file named by mistake.
const SECRET_MAX: u64 = 64 * 1024;

/// Reads the values of `--secret` options.
pub(super) fn read_secrets(options: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    for option in options {
        let (key, source) = split_pair(option, "--secret")?;
        let value = read_secret(source)
            .map_err(|why| Failure::new(Code::Usage).detail(format!("--secret {key}: {why}")))?;
        values.insert(key.to_owned(), value);
    }
    Ok(values)
}

/// Splits `KEY=VALUE`.
pub(super) fn split_pair<'a>(text: &'a str, option: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| Failure::new(Code::Usage).detail(format!("{option} wants KEY=VALUE")))
}

/// Reads a secret from its source. The errors name the source, never the value.
fn read_secret(source: &str) -> Result<String, String> {
    let text = if source == "-" {
        read_bounded(std::io::stdin())?
    } else if let Some(variable) = source.strip_prefix("env:") {
        std::env::var(variable).map_err(|_| format!("the variable {variable} is not set"))?
    } else if let Some(path) = source.strip_prefix("file:") {
        std::fs::File::open(path)
            .map_err(|e| e.kind().to_string())
            .and_then(read_bounded)
            .map_err(|why| format!("{path}: {why}"))?
    } else {
        return Err(
            "say env:VAR, file:PATH or -; a secret on the command line can be seen by other programs".into(),
        );
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_bounded(source: impl Read) -> Result<String, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    source.take(SECRET_MAX + 1).read_to_end(&mut bytes).map_err(|e| e.kind().to_string())?;
    if bytes.len() as u64 > SECRET_MAX {
        return Err("too long for a secret".into());
    }
    text_file::decode(&bytes).map_err(|e| e.to_string())
}
