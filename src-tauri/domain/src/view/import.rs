//! Instances of a hosted platform, and the result of an import.

use serde::Serialize;

use super::connection::ConnectionView;
use crate::error::Failure;

/// An instance at a hosted platform, as the import lists it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct InstanceView {
    pub id: String,
    pub name: String,
    pub element: String,
    pub product: String,
    /// Two letters for the tile.
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

/// The result of an import.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportView {
    pub added: Vec<ConnectionView>,
    pub failed: Vec<NotImported>,
}
