//! Instances of a hosted platform, and what an import did.

use serde::Serialize;

use super::connection::ConnectionView;
use crate::error::Failure;

/// An instance at a hosted platform, as the import lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct InstanceView {
    /// Its id there.
    pub id: String,
    pub name: String,
    pub element: String,
    pub product: String,
    /// Two letters for the tile.
    pub initials: String,
    pub tags: Vec<String>,
    /// Whether it is switched off there.
    pub disabled: bool,
    /// The connection that it is here already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// An instance that could not be brought in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NotImported {
    /// Its id at the platform.
    pub instance: String,
    pub failure: Failure,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportView {
    /// The connections that are new here.
    pub added: Vec<ConnectionView>,
    /// What could not be brought in.
    pub failed: Vec<NotImported>,
}
