//! The command line: a contract with scripts. Standard output carries the result and nothing else; progress and
//! problems go to standard error; each failure has a code and an exit status.
//!
//! A command is a file with its `Args` and its `run`, an arm of [`Command`] and an arm of [`run`].

mod completions;
mod connect;
mod context;
mod doctor;
mod each;
mod elements;
mod import;
mod list;
mod new_element;
mod note;
mod open;
mod options;
mod paste;
mod print;
mod problem;
mod reconnect;
mod remove;
mod rename;
mod renew;
mod replace_key;
mod sentence;
mod serve;
mod show;
mod sign_in;
mod signals;
mod switch;
mod tag;
#[cfg(unix)]
mod terminal;
mod test;
mod token;
mod trust;
mod unlock;
mod version;
mod workspaces;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::domain::error::Code;
use context::Context;
use problem::{Problem, usage};

/// Connects accounts and hands their tokens to scripts.
#[derive(Parser)]
#[command(name = "keyrack", version, propagate_version = true)]
struct Args {
    /// Print one JSON document on standard output
    #[arg(long, global = true)]
    json: bool,
    /// The workspace: local (this computer), practice, or a hosted one by its name
    #[arg(long, global = true, value_name = "W")]
    workspace: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Elements(elements::Args),
    Workspaces(workspaces::Args),
    Connect(connect::Args),
    List(list::Args),
    Show(show::Args),
    Token(token::Args),
    Reconnect(reconnect::Args),
    /// Replace the key or the password of a connection: its name, id and tags stay
    ///
    /// The product is asked first. A key that it refuses, or one of another account, replaces nothing. On a terminal the key
    /// is asked for; elsewhere give it with --secret.
    ReplaceKey(reconnect::Args),
    Test(test::Args),
    Renew(renew::Args),
    Rename(rename::Args),
    Tag(tag::Args),
    Note(note::Args),
    /// Switch a connection off: it is kept, and hands out no token
    Disable(switch::Args),
    /// Switch a connection on again
    Enable(switch::Args),
    Remove(remove::Args),
    Import(import::Args),
    Serve(serve::Args),
    Trust(trust::Args),
    /// Check that everything this program needs is there
    Doctor,
    /// Unlock the keychain by the system's own password prompt
    Unlock,
    /// Open the window
    Open,
    /// Print the version and the commit, and where data and tokens are kept
    Version,
    Completions(completions::Args),
}

pub fn main() -> ExitCode {
    crate::io::hardening::protect_memory();
    crate::io::log::init();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return report_usage(&error),
    };
    let json = args.json;
    let done = run(args);
    context::shut_down();
    end(done.map_or_else(|problem| problem.report(json), |()| 0))
}

/// Ends with this status, or with a failure if the result could not be written.
fn end(status: u8) -> ExitCode {
    let Some(kind) = print::output_failure() else { return ExitCode::from(status) };
    print::note(&format!("keyrack: The result could not be written to standard output: {kind}."));
    ExitCode::from(if status == 0 { Code::Internal.exit_status() } else { status })
}

fn run(Args { json, workspace, command }: Args) -> Result<(), Problem> {
    let open = || Context::open(json, workspace.as_deref());
    match command {
        Command::Elements(args) => elements::run(args, json, open),
        Command::Workspaces(args) => workspaces::run(&open()?, args),
        Command::Connect(args) => connect::run(&open()?, args),
        Command::List(args) => list::run(&open()?, &args),
        Command::Show(args) => show::run(&open()?, &args),
        Command::Token(args) => token::run(&open()?, &args),
        Command::Reconnect(args) => reconnect::run(&open()?, &args),
        Command::ReplaceKey(args) => replace_key::run(&open()?, args),
        Command::Test(args) => test::run(&open()?, &args),
        Command::Renew(args) => renew::run(&open()?, &args),
        Command::Rename(args) => rename::run(&open()?, &args),
        Command::Tag(args) => tag::run(&open()?, args),
        Command::Note(args) => note::run(&open()?, &args),
        Command::Disable(args) => switch::run(&open()?, &args, false),
        Command::Enable(args) => switch::run(&open()?, &args, true),
        Command::Remove(args) => remove::run(&open()?, &args),
        Command::Import(args) => import::run(&open()?, &args),
        Command::Serve(args) => serve::run(&open()?, &args),
        Command::Trust(args) => trust::run(&open()?, &args),
        Command::Doctor => {
            let (context, repair) = Context::open_repaired(json, workspace.as_deref())?;
            doctor::run(&context, &repair)
        }
        Command::Unlock => unlock::run(json),
        Command::Open => open().map_err(Problem::from).and_then(|_| open::run()),
        Command::Version => version::run(json),
        Command::Completions(args) => completions::run(&args, Args::command()),
    }
}

/// `--help` and `--version` are results; everything else that clap refuses is a usage failure.
fn report_usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        print::help(error);
        return end(0);
    }
    let text = error.to_string();
    // The parser failed, so the raw arguments show whether JSON was asked for.
    if std::env::args_os().any(|arg| arg == "--json") {
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        return end(Problem::from(usage(first)).report(true));
    }
    text.lines().for_each(print::note);
    ExitCode::from(Code::Usage.exit_status())
}
