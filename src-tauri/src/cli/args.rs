//! What can be typed. Secrets have no place here: arguments are visible to every program of this computer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::trust::Trust;

/// Connects accounts and hands their tokens to scripts.
#[derive(Parser)]
#[command(name = "keyrack", version, propagate_version = true)]
pub(super) struct Args {
    /// Print one JSON document on standard output
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// The workspace: local (this computer), practice, or a hosted one by its name
    #[arg(long, global = true, value_name = "W")]
    pub(super) workspace: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// The products that can be connected
    #[command(subcommand)]
    Elements(Elements),
    /// The workspaces
    #[command(subcommand)]
    Workspaces(Workspaces),
    /// Sign in once in the browser and keep the result
    Connect(Connect),
    /// What is connected
    List(List),
    /// One connection
    Show {
        /// A connection's name or id
        name: String,
    },
    /// Print a token that works
    Token(Token),
    /// Sign in again to a connection: its name, id and tags stay
    Reconnect(Reconnect),
    /// Ask the product, or the platform, whether a connection works
    Test {
        /// A connection's name or id
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All connections
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    /// Renew tokens before they end
    Renew {
        /// A connection's name or id
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All connections of this computer
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    /// Give a connection another name
    Rename {
        /// A connection's name or id
        name: String,
        /// The new name
        new_name: String,
    },
    /// Add words to find a connection by, or take some away; without either, print them
    Tag {
        /// A connection's name or id
        name: String,
        /// A word to add; may be repeated
        #[arg(long, value_name = "T")]
        add: Vec<String>,
        /// A word to take away; may be repeated
        #[arg(long, value_name = "T")]
        remove: Vec<String>,
    },
    /// Switch a connection off: it is kept, and hands out no token
    Disable {
        /// A connection's name or id
        name: String,
    },
    /// Switch a connection on again
    Enable {
        /// A connection's name or id
        name: String,
    },
    /// Remove a connection; in a hosted workspace it is deleted at the platform too
    Remove {
        /// A connection's name or id
        name: String,
        /// Leave what stands at a hosted platform as it is
        #[arg(long)]
        here: bool,
    },
    /// Bring in what exists at a hosted platform; without a choice, list it
    Import {
        /// The ids of instances there, or their names
        instances: Vec<String>,
        /// Only those whose name contains this text
        #[arg(long, value_name = "TEXT", conflicts_with = "instances")]
        search: Option<String>,
        /// Everything that is not here yet
        #[arg(long, conflicts_with = "instances")]
        all: bool,
    },
    /// Answer the platform API on this computer, for scripts
    Serve(Serve),
    /// Certificate authorities that are trusted beside those of the system
    #[command(subcommand)]
    Trust(Trust),
    /// Check that everything this program needs is there
    Doctor,
    /// Open the window
    Open,
    /// Print a completion script
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Subcommand)]
pub(super) enum Elements {
    /// All of them
    List,
    /// One of them, with its fields
    Show {
        /// An element's key, such as zendesk
        key: String,
    },
    /// Say what is wrong with an element file
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(super) enum Workspaces {
    /// All of them
    List,
    /// Add a hosted platform; its secrets are checked there, then kept in the keychain
    Add {
        /// What to call it
        name: String,
        /// Where it is: us, eu, staging, or the address at which its API begins
        #[arg(long, value_name = "PRESET|URL")]
        at: String,
        /// The secrets: user=…, organization=…, or authorization=… for a line with both
        #[arg(long = "secret", value_name = "KEY=env:VAR|file:PATH|-", required = true)]
        secrets: Vec<String>,
    },
    /// Replace the secrets of a hosted workspace; they are checked at the platform first
    Secrets {
        /// Its name
        name: String,
        /// The secrets: user=…, organization=…, or authorization=… for a line with both
        #[arg(long = "secret", value_name = "KEY=env:VAR|file:PATH|-", required = true)]
        secrets: Vec<String>,
    },
    /// Use a workspace where none is named
    Use {
        /// Its name
        name: String,
    },
    /// Give a hosted workspace another name
    Rename {
        /// Its name
        name: String,
        /// The new name
        new_name: String,
    },
    /// Remove a hosted workspace with its connections from this computer; the platform keeps its instances
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Group)]
pub(super) struct Connect {
    /// An element's key, such as zendesk
    pub(super) key: String,
    /// What to call the connection; the product's name unless given
    #[arg(long, value_name = "N")]
    pub(super) name: Option<String>,
    /// A word to find it by; may be repeated
    #[arg(long = "tag", value_name = "T")]
    pub(super) tags: Vec<String>,
    #[command(flatten)]
    pub(super) sign_in: SignIn,
}

#[derive(Group)]
pub(super) struct Reconnect {
    /// A connection's name or id
    pub(super) name: String,
    /// Take the account that signs in, also if it is another one than before
    #[arg(long)]
    pub(super) other_account: bool,
    #[command(flatten)]
    pub(super) sign_in: SignIn,
}

/// What belongs to each sign-in.
#[derive(Group)]
pub(super) struct SignIn {
    /// A field of the element's form; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// A secret field, from a variable, a file or standard input; may be repeated
    #[arg(long = "secret", value_name = "KEY=env:VAR|file:PATH|-")]
    pub(super) secrets: Vec<String>,
    /// The browser to open instead of the usual one
    #[arg(long, value_name = "CMD", conflicts_with = "no_browser")]
    pub(super) browser: Option<String>,
    /// Open none; print the address as a line that begins with "open: "
    #[arg(long)]
    pub(super) no_browser: bool,
    /// Read the address that the browser ended on from standard input
    #[arg(long)]
    pub(super) paste: bool,
    /// How many seconds to wait for the sign-in
    #[arg(long, value_name = "S", default_value = "900", value_parser = seconds)]
    pub(super) timeout: Duration,
}

#[derive(Group)]
pub(super) struct Serve {
    /// Where to listen; only addresses of this computer
    #[arg(long, value_name = "127.0.0.1:PORT")]
    pub(super) listen: Option<SocketAddr>,
    /// Print the Authorization header too
    #[arg(long)]
    pub(super) show_secrets: bool,
}

#[derive(Group)]
pub(super) struct List {
    /// Only connections with this tag
    #[arg(long, value_name = "T")]
    pub(super) tag: Option<String>,
    /// Only connections of this element
    #[arg(long, value_name = "KEY")]
    pub(super) element: Option<String>,
    /// Only connections with this status
    #[arg(long, value_name = "S", value_enum)]
    pub(super) status: Option<StatusWord>,
}

/// The statuses, as they stand in JSON.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum StatusWord {
    Ok,
    Retrying,
    NeedsSignIn,
    NeedsSettings,
}

#[derive(Group)]
pub(super) struct Token {
    /// A connection's name or id
    pub(super) name: String,
    /// How many seconds the token must live on at least; at most a third of its life counts
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(super) min_ttl: Option<Duration>,
    /// What to print
    #[arg(long, value_enum, default_value = "raw")]
    pub(super) format: Format,
    /// The Element token of the platform API instead of the product's own
    #[arg(long)]
    pub(super) element_token: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The token alone
    Raw,
    /// A whole Authorization line
    Header,
    /// Lines of export NAME=value
    Env,
    /// Everything a caller needs
    Json,
}

fn seconds(text: &str) -> Result<Duration, String> {
    // A year: beyond it somebody meant milliseconds.
    const MOST: u64 = 366 * 24 * 60 * 60;
    match text.parse::<u64>() {
        Ok(seconds) if seconds <= MOST => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("a whole number of seconds, at most {MOST}")),
    }
}
