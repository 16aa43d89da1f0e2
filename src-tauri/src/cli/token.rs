//! `keyrack token`: what calls the product, fresh.

use serde_json::json;
use zeroize::Zeroizing;

use super::args::{Format, Token};
use super::print::{self, Problem};
use super::run::{Context, block_on};
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::oauth::token::BEARER;
use crate::engine::{Cached, DEFAULT_MIN_TTL};

pub(super) fn token(context: &Context, args: &Token) -> Result<(), Problem> {
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

fn hand_out(context: &Context, args: &Token, connection: &Connection, item: &Item) -> Result<(), Problem> {
    // In a hosted workspace the Element token is what calls the product.
    let tokens = item.tokens().filter(|_| !args.element_token);
    let value = tokens.map_or(&item.element_token, |tokens| &tokens.access_token);
    let secret = tokens.and_then(|tokens| tokens.token_secret.as_ref());
    let wants_header = context.json || matches!(args.format, Format::Json | Format::Header);
    let header = Zeroizing::new(match tokens {
        Some(_) => format!("{BEARER} {}", value.expose()),
        // The platform wants to know who asks, too.
        None if wants_header => {
            let secrets = context.engine.secrets_of(&connection.workspace)?;
            format!("User {}, Element {}", secrets.user.expose(), value.expose())
        }
        None => String::new(),
    });
    let expires_at = item.expires_at().filter(|_| tokens.is_some());
    if context.json || args.format == Format::Json {
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
        match secret {
            Some(secret) => document["token_secret"] = secret.expose().as_str().into(),
            None => document["header"] = format!("Authorization: {}", *header).into(),
        }
        print::json(&document);
        return Ok(());
    }
    match args.format {
        Format::Raw => print::line(value.expose()),
        Format::Header if secret.is_some() => {
            return Err(Failure::new(Code::Usage)
                .detail(
                    "An OAuth 1.0a token signs each request, so there is no fixed header. \
                     Use --format json for the token and its secret.",
                )
                .into());
        }
        Format::Header => print::line(&Zeroizing::new(format!("Authorization: {}", *header))),
        Format::Env => {
            print::line(&Zeroizing::new(format!(
                "export KEYRACK_TOKEN={}",
                print::shell_quoted(value.expose())
            )));
            if let Some(secret) = secret {
                let quoted = print::shell_quoted(secret.expose());
                print::line(&Zeroizing::new(format!("export KEYRACK_TOKEN_SECRET={quoted}")));
            }
            if let Some(at) = expires_at {
                print::line(&format!("export KEYRACK_EXPIRES_AT={at}"));
            }
        }
        Format::Json => {}
    }
    Ok(())
}
