use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::{Context, block_on};
use super::options::parse_seconds;
use super::print;
use super::problem::{Problem, usage};
use crate::domain::connection::Connection;
use crate::domain::item::Item;
use crate::domain::oauth::token::BEARER;
use crate::domain::sensitive::Sensitive;
use crate::domain::shell::Shell;
use crate::engine::{Cached, DEFAULT_MIN_TTL};

/// Print a token that works
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// How many seconds the token must live on at least; at most a third of its life counts
    #[arg(long, value_name = "S", value_parser = parse_seconds)]
    min_ttl: Option<Duration>,
    /// What to print
    #[arg(long, value_enum, default_value = "raw")]
    format: Format,
    /// The Element token of the platform API instead of the product's own
    #[arg(long)]
    element_token: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token alone
    Raw,
    /// A whole Authorization line
    Header,
    /// Lines of export NAME=value
    Env,
    /// Lines of $env:NAME = value
    #[value(name = "powershell")]
    PowerShell,
    /// Everything a caller needs
    Json,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    let min_ttl = args.min_ttl.unwrap_or(DEFAULT_MIN_TTL);
    let item = match context.engine.cached_token(&connection, min_ttl)? {
        Cached::Usable(item) => *item,
        // An Element token does not end.
        Cached::Stale(item) if args.element_token => *item,
        Cached::Stale(_) => block_on(context.engine.renew(&connection, min_ttl))?.item,
    };
    hand_out(context, args, &connection, &item)
}

fn hand_out(context: &Context, args: &Args, connection: &Connection, item: &Item) -> Result<(), Problem> {
    // In a hosted workspace the Element token is what calls the product.
    let tokens = item.tokens().filter(|_| !args.element_token);
    let value = tokens.map_or(&item.element_token, |tokens| &tokens.access_token);
    let secret = tokens.and_then(|tokens| tokens.token_secret.as_ref());
    let expires_at = item.expires_at().filter(|_| tokens.is_some());
    let header = || match tokens {
        Some(_) => Ok(Zeroizing::new(format!("Authorization: {BEARER} {}", value.expose()))),
        // The platform identifies the caller, too.
        None => context.engine.secrets_of(&connection.workspace).map(|secrets| {
            let (user, element) = (secrets.user.expose(), value.expose());
            Zeroizing::new(format!("Authorization: User {user}, Element {element}"))
        }),
    };
    match if context.json { Format::Json } else { args.format } {
        Format::Raw => print::exact_line(value.expose()),
        Format::Header if secret.is_some() => {
            let text = "An OAuth 1.0a token signs each request, so there is no fixed header. \
                        Use --format json for the token and its secret.";
            return Err(usage(text).into());
        }
        Format::Header => print::exact_line(&header()?),
        Format::Env => print_variables(Shell::Posix, value, secret, expires_at),
        Format::PowerShell => print_variables(Shell::PowerShell, value, secret, expires_at),
        Format::Json => {
            let mut document = json!({
                "id": connection.id,
                "name": connection.name,
                "element": connection.element,
                "token_type": tokens.map_or("Element", |tokens| tokens.token_type.as_str()),
                "token": value.expose(),
            });
            if let Some(at) = expires_at {
                document["expires_at"] = at.into();
            }
            if !item.callback.is_empty() {
                document["callback"] = json!(item.callback);
            }
            match secret {
                Some(secret) => document["token_secret"] = secret.expose().as_str().into(),
                None => document["header"] = header()?.as_str().into(),
            }
            print::json(&document);
        }
    }
    Ok(())
}

fn print_variables(
    shell: Shell,
    token: &Sensitive<String>,
    secret: Option<&Sensitive<String>>,
    expires_at: Option<i64>,
) {
    let print = |name: &str, word: &str| print::exact_line(&Zeroizing::new(shell.assign(name, word)));
    print("KEYRACK_TOKEN", &Zeroizing::new(shell.quote(token.expose())));
    if let Some(secret) = secret {
        print("KEYRACK_TOKEN_SECRET", &Zeroizing::new(shell.quote(secret.expose())));
    }
    if let Some(at) = expires_at {
        print("KEYRACK_EXPIRES_AT", &at.to_string());
    }
}
