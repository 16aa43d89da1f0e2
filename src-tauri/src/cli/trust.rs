use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::context::Context;
use super::print;
use super::problem::{Problem, usage};
use crate::domain::error::Failure;
use crate::domain::view::CertificateView;

/// Larger than any certificate file: a wrong file is not read to its end.
const READ_MAX: u64 = 1024 * 1024;

/// Certificate authorities that are trusted beside those of the system
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The authorities that were added
    List,
    /// Trust an authority, such as the one of your organisation's network
    Add {
        /// Its certificate, or several, in PEM, DER or PKCS #7; or the one that a server issued for itself
        file: PathBuf,
    },
    /// Trust one no longer
    Remove {
        /// The SHA-256 of its certificate, as `list` prints it
        sha256: String,
    },
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let trusted = context.engine.trust();
    match &args.command {
        Command::List => {
            let all = trusted.list().map_err(Failure::from)?;
            context.print(&all, || print_table(&all));
        }
        Command::Add { file } => {
            let added = trusted.add(&read_file(file)?).map_err(Failure::from)?;
            context.print(&added, || {
                print_table(&added);
                print::note("Trusted from now on, by Keyrack alone.");
            });
        }
        Command::Remove { sha256 } => {
            let removed = trusted.remove(sha256).map_err(Failure::from)?;
            let document = json!({ "removed": removed });
            context.print_or_note(&document, || format!("“{}” is no longer trusted.", removed.subject));
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(READ_MAX).read_to_end(&mut bytes));
    read.map_err(|error| usage(format!("{}: {}", path.display(), error.kind())))?;
    Ok(bytes)
}

fn print_table(all: &[CertificateView]) {
    print::table(all.iter().map(|view| {
        let expires_at = print::utc(view.expires_at);
        let date = expires_at.split(' ').next().unwrap_or_default();
        [view.sha256.clone(), date.to_owned(), view.subject.clone()]
    }));
}
