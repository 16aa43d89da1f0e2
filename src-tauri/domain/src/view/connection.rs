use std::ops::Deref;

use serde::Serialize;

use crate::connection::{Connection, Facts, Status};
use crate::error::Code;
use crate::key_end::KeyEnd;
use crate::text::initials;

/// A connection as the list and `keyrack list --json` show it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct ConnectionView {
    /// The workspace by its name, the product by its name today.
    #[serde(flatten)]
    pub facts: Facts,
    pub initials: String,
    pub disabled: bool,
    pub status: Status,
    pub last_code: Option<Code>,
    /// Milliseconds since 1970.
    pub renewed_at: Option<i64>,
    /// When the access token or the key ends, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// How near the end of a key is, if it is near.
    pub key_end: Option<KeyEnd>,
    /// The provider's words for what was granted.
    pub scopes: Vec<String>,
    /// Plain words for what was granted.
    pub access: Vec<String>,
    /// What happens to its access when it is removed.
    pub revocation: Revocation,
}

impl Deref for ConnectionView {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl ConnectionView {
    /// Joins a row with the words of its element; `element` is `(name, initials, access)`.
    pub fn new(
        row: Connection,
        element: Option<(&str, &str, &[String])>,
        revocation: Revocation,
        key_end: Option<KeyEnd>,
    ) -> Self {
        let mut facts = row.facts;
        let (initials, access) = match element {
            Some((name, initials, access)) => {
                name.clone_into(&mut facts.product);
                (initials.to_owned(), access.to_vec())
            }
            None => (initials(&facts.product), vec![]),
        };
        Self {
            facts,
            initials,
            disabled: row.disabled,
            status: row.status,
            last_code: row.last_code.as_deref().and_then(Code::parse),
            renewed_at: row.renewed_at,
            expires_at: row.expires_at,
            key_end,
            scopes: row.scopes,
            access,
            revocation,
        }
    }
}

/// What happens to the access at the provider when a connection is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum Revocation {
    /// It is revoked.
    Ends,
    /// The product has no endpoint for it, but a page.
    Page { url: String },
    /// It lasts until it expires.
    Stays,
}
