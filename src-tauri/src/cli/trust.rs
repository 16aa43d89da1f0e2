//! `keyrack trust`: certificate authorities that are trusted beside those of the operating system. There is no option
//! to trust everybody.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::print::{self, Problem};
use super::run::Context;
use crate::domain::error::{Code, Failure};
use crate::domain::view::CertificateView;
use crate::io::http::proxy_in_use;

/// More than is ever added: the rest of a wrong file need not be read to say so.
const READ_MAX: u64 = 1024 * 1024;

#[derive(Subcommand)]
pub(super) enum Trust {
    /// The authorities that were added
    List,
    /// Trust an authority, such as the one of your organisation's network
    Add {
        /// Its certificate, or several, in PEM or DER
        file: PathBuf,
    },
    /// Trust one no longer
    Remove {
        /// The SHA-256 of its certificate, as `list` prints it
        sha256: String,
    },
}

pub(super) fn trust(context: &Context, command: Trust) -> Result<(), Problem> {
    let trusted = context.engine.trust();
    match command {
        Trust::List => {
            let all = trusted.list().map_err(Failure::from)?;
            if context.json {
                print::json(&all);
            } else {
                table(&all);
            }
        }
        Trust::Add { file } => {
            let added = trusted.add(&read(&file)?).map_err(Failure::from)?;
            if context.json {
                print::json(&added);
            } else {
                table(&added);
                print::note("Trusted from now on, by Keyrack alone.");
            }
        }
        Trust::Remove { sha256 } => {
            let removed = trusted.remove(&sha256).map_err(Failure::from)?;
            if context.json {
                print::json(&json!({ "removed": removed }));
            } else {
                print::note(&format!("“{}” is no longer trusted.", removed.subject));
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut given = Vec::new();
    let read = File::open(path).and_then(|file| file.take(READ_MAX).read_to_end(&mut given));
    read.map_err(|error: io::Error| {
        Failure::new(Code::Usage).detail(format!("{}: {}", path.display(), error.kind()))
    })?;
    Ok(given)
}

fn table(all: &[CertificateView]) {
    let rows: Vec<_> = all.iter().map(|one| (one, print::utc(one.expires_at))).collect();
    print::table(rows.iter().map(|(one, until)| {
        let until = until.split(' ').next().unwrap_or_default();
        [one.sha256.as_str(), until, &one.subject]
    }));
}

/// What stands between this computer and the servers, for `doctor`; of the clock as far as any server told meanwhile.
pub(super) fn finding(context: &Context, clock_skew: Option<i64>) -> Result<String, Failure> {
    let added = context.engine.trust().list().map_err(Failure::from)?;
    let mut says = vec![match proxy_in_use() {
        Some(proxy) => format!("through the proxy {proxy}"),
        None => "no proxy".to_owned(),
    }];
    says.push(match added.len() {
        0 => "the system's certificate authorities".to_owned(),
        1 => format!("the system's certificate authorities and “{}”", added[0].subject),
        n => format!("the system's certificate authorities and {n} that were added"),
    });
    if let Some(skew) = clock_skew {
        let way = if skew > 0 { "slow" } else { "fast" };
        says.push(format!("this computer's clock is {} seconds {way}", skew.abs()));
    }
    Ok(says.join("; "))
}
