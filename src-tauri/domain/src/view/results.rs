//! The results of an import, a removal and a test.

use serde::Serialize;

use super::connection::ConnectionView;
use crate::error::Failure;

/// An instance at a hosted platform, as the import lists it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct InstanceView {
    pub id: String,
    pub name: String,
    pub element: String,
    pub product: String,
    pub initials: String,
    pub tags: Vec<String>,
    pub disabled: bool,
    /// The connection that already represents it.
    pub connection: Option<String>,
}

/// An instance that could not be imported.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NotImported {
    pub instance: String,
    pub failure: Failure,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportView {
    pub added: Vec<ConnectionView>,
    pub failed: Vec<NotImported>,
}

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
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct RemovedView {
    pub revoked: Revoked,
    /// The product's page on which access can be ended by hand.
    pub page: Option<String>,
}

/// A connection that works.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct TestView {
    /// The account, if the provider names it.
    pub identity: Option<String>,
    /// How long the answer took, in milliseconds. `None` if there was nobody to ask.
    pub took_ms: Option<u64>,
}
