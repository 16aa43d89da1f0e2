use serde::Serialize;

use crate::attempt::{Stage, Stray};
use crate::error::Failure;

/// An attempt as the window shows it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct AttemptView {
    /// The id of the connection it leads to.
    pub id: String,
    pub element: String,
    pub product: String,
    pub initials: String,
    pub name: String,
    /// Whether it signs in again to a connection that exists.
    pub again: bool,
    pub stage: Stage,
    /// The host of `link`.
    pub host: String,
    /// The authorization URL, shown when no browser opens.
    pub link: String,
    pub callback: String,
    /// Whether the callback has to be pasted.
    pub paste_only: bool,
    /// Whether a browser opened `link`.
    pub browser_opened: bool,
    /// The code that the user enters or compares (RFC 8628 §3.3).
    pub user_code: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// When it times out, in milliseconds since 1970.
    pub ends_at: i64,
    /// What came to the callback address while it waits, and is not its answer.
    pub stray: Option<Stray>,
    /// The connection it led to.
    pub connection: Option<String>,
    /// Why it ended, or why the token could not be saved yet.
    pub failure: Option<Failure>,
}
