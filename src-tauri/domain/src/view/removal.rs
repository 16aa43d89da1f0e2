//! What became of a removed or a tested connection.

use serde::Serialize;

/// What became of the access at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// It is ended there.
    Yes,
    /// The provider did not answer; it is told later.
    Later,
    /// There is no way to end it by a call, or the provider refused.
    No,
}

/// A connection that was removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct RemovedView {
    /// What became of the access.
    pub revoked: Revoked,
    /// The product's page on which access can be ended by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A connection that works.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct TestView {
    /// Whose account it is, if whoever was asked told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
}
