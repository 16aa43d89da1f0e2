use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::{Context, block_on};
use super::options::parse_seconds;
use super::print;
use super::problem::{Problem, usage};
use crate::domain::call::{AUTHORIZATION, CallParts};
use crate::domain::connection::Connection;
use crate::domain::credential::Credential;
use crate::domain::item::Item;
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
    /// Whole lines of all headers that a call needs
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
    let credential = Some(&item.credential)
        .filter(|credential| !args.element_token && !matches!(credential, Credential::ElementTokenOnly));
    let value = credential.and_then(Credential::calling_secret).unwrap_or(&item.element_token);
    let secret = credential.and_then(Credential::tokens).and_then(|tokens| tokens.token_secret.as_ref());
    let username = match credential {
        Some(Credential::Basic { username, .. }) => Some(username),
        _ => None,
    };
    let expires_at = item.expires_at().filter(|_| credential.is_some());
    let carried = || match credential {
        // Without the catalogue, which costs time.
        Some(Credential::Tokens(tokens)) if !item.own_call => Ok(CallParts::bearer(&tokens.access_token)),
        Some(credential) => Ok(context.engine.filled_form(item)?.call_parts(credential)),
        // The platform identifies the caller, too.
        None => context.engine.secrets_of(&connection.workspace).map(|secrets| {
            let (user, element) = (secrets.user.expose(), value.expose());
            let header = format!("User {user}, Element {element}");
            CallParts::header(AUTHORIZATION, header.into())
        }),
    };
    match if context.json { Format::Json } else { args.format } {
        Format::Raw => print::exact_line(value.expose()),
        Format::Header if secret.is_some() => {
            let text = "An OAuth 1.0a token signs each request, so there is no fixed header. \
                        Use --format json for the token and its secret.";
            return Err(usage(text).into());
        }
        Format::Header => {
            let carried = carried()?;
            if carried.headers.is_empty() {
                let text = "This product takes its key in the address or the body of each call, not in a header. \
                            Use --format json.";
                return Err(usage(text).into());
            }
            for (name, value) in &carried.headers {
                print::exact_line(&header_line(name, value));
            }
        }
        Format::Env => print_variables(Shell::Posix, value, secret, username, expires_at),
        Format::PowerShell => print_variables(Shell::PowerShell, value, secret, username, expires_at),
        Format::Json => {
            let mut document = json!({
                "id": connection.id,
                "name": connection.name,
                "element": connection.element,
                "token_type": token_type(credential),
                "token": value.expose(),
            });
            if let Some(at) = expires_at {
                document["expires_at"] = at.into();
            }
            if let Some(username) = username {
                document["username"] = username.expose().as_str().into();
            }
            if !item.callback.is_empty() {
                document["callback"] = json!(item.callback);
            }
            match secret {
                Some(secret) => document["token_secret"] = secret.expose().as_str().into(),
                None => {
                    let carried = carried()?;
                    if let [(name, value), ..] = carried.headers.as_slice() {
                        document["header"] = header_line(name, value).as_str().into();
                    }
                    for (place, named) in [
                        ("headers", &carried.headers),
                        ("query", &carried.query),
                        ("form", &carried.form),
                        ("json", &carried.json),
                    ] {
                        if !named.is_empty() {
                            let named = named.iter().map(|(n, v)| (n.clone(), v.expose().as_str().into()));
                            document[place] = serde_json::Value::Object(named.collect());
                        }
                    }
                }
            }
            print::json(&document);
        }
    }
    Ok(())
}

fn header_line(name: &str, value: &Sensitive<String>) -> Zeroizing<String> {
    Zeroizing::new(format!("{name}: {}", value.expose()))
}

fn token_type(credential: Option<&Credential>) -> &str {
    match credential {
        Some(Credential::Tokens(tokens)) => &tokens.token_type,
        Some(Credential::Key { .. }) => "Key",
        Some(Credential::Basic { .. }) => "Basic",
        Some(Credential::ElementTokenOnly) | None => "Element",
    }
}

fn print_variables(
    shell: Shell,
    token: &Sensitive<String>,
    secret: Option<&Sensitive<String>>,
    username: Option<&Sensitive<String>>,
    expires_at: Option<i64>,
) {
    let print = |name: &str, word: &str| print::exact_line(&Zeroizing::new(shell.assign(name, word)));
    print("KEYRACK_TOKEN", &Zeroizing::new(shell.quote(token.expose())));
    if let Some(secret) = secret {
        print("KEYRACK_TOKEN_SECRET", &Zeroizing::new(shell.quote(secret.expose())));
    }
    if let Some(username) = username {
        print("KEYRACK_USERNAME", &Zeroizing::new(shell.quote(username.expose())));
    }
    if let Some(at) = expires_at {
        print("KEYRACK_EXPIRES_AT", &at.to_string());
    }
}
