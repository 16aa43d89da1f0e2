//! An attempt of the window.

use serde::Serialize;

use crate::attempt::Stage;
use crate::error::Failure;

/// An attempt of this window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct AttemptView {
    /// Becomes the connection's id.
    pub id: String,
    pub element: String,
    pub product: String,
    /// Two letters for the tile.
    pub initials: String,
    pub name: String,
    /// Whether it signs in again to a connection that exists.
    pub again: bool,
    pub stage: Stage,
    /// The host the browser was sent to.
    pub host: String,
    /// The whole address, to be shown when no browser opens.
    pub link: String,
    /// Where the answer is expected.
    pub callback: String,
    /// Whether the answer cannot arrive by itself.
    pub paste_only: bool,
    /// Whether a browser took the address.
    pub browser_opened: bool,
    /// What the person types there, or compares (RFC 8628 §3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_code: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// Milliseconds since 1970.
    pub ends_at: i64,
    /// The connection it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Why it ended, or why the token could not be saved yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}
