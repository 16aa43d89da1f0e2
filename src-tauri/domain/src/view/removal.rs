//! The result of removing or testing a connection.

use serde::Serialize;

/// What happened to the access at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// It was revoked.
    Yes,
    /// The provider did not answer; the revocation is sent again later.
    Later,
    /// There is no revocation endpoint, or the provider refused.
    No,
}

/// A connection that was removed.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct RemovedView {
    pub revoked: Revoked,
    /// The product's page on which access can be ended by hand.
    pub page: Option<String>,
}

/// A connection that works.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct TestView {
    /// The account, if the provider names it.
    pub identity: Option<String>,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
}
