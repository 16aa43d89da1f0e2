//! The command line: a contract with scripts. stdout carries the result and nothing else; progress and problems go to
//! stderr; each failure has a code and an exit status.

mod args;
mod connect;
mod doctor;
mod print;
mod renew;
mod run;
mod serve;
mod token;
mod trust;
mod workspaces;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::domain::error::{Code, Failure};
use args::Args;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    crate::io::log::init();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let json = args.json;
    match run::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => print::failure(&problem, json),
    }
}

/// What the command line of the program looks like, for completions and man pages.
pub fn command() -> clap::Command {
    Args::command()
}

/// `--help` and `--version` are results; everything else that clap refuses is a usage failure.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    // The parser failed, so whether JSON was asked for has to be seen in the raw arguments.
    let json = std::env::args_os().any(|arg| arg == "--json");
    if json {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        print::failure(&Failure::new(Code::Usage).detail(first).into(), true)
    } else {
        let _ = error.print();
        ExitCode::from(Code::Usage.exit_status())
    }
}
