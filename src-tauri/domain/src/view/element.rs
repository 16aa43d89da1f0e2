//! Elements with their forms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::element::{Condition, FieldOption};
use crate::values::FieldKind;

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldView {
    pub key: String,
    /// Above the field.
    pub label: String,
    /// Below the field: where the value is found.
    pub help: String,
    /// A value that would do.
    pub example: String,
    /// What the field is filled in with.
    pub value: String,
    pub kind: FieldKind,
    pub options: Vec<FieldOption>,
    /// Whether it may stay empty.
    pub required: bool,
    /// Whether it is kept in the keychain and never shown again.
    pub secret: bool,
    /// Whether it stands under "Advanced".
    pub advanced: bool,
    /// Shown before the value.
    pub prefix: String,
    /// Shown after the value.
    pub suffix: String,
    /// What to say when the value does not fit.
    pub problem: String,
    /// The longest value, in characters.
    pub max_length: u32,
    /// When it is shown; always, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub visible_when: Option<Condition>,
}

/// How an element signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AuthView {
    /// RFC 6749.
    Oauth2,
    /// RFC 5849.
    Oauth1,
    Basic,
    ApiKey,
    /// Something of the product's own.
    Custom,
}

/// An element of the catalogue, with its form filled in for a workspace.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ElementView {
    pub key: String,
    pub name: String,
    /// Two letters for the tile.
    pub initials: String,
    /// The group it stands in.
    pub category: String,
    /// What connecting it gives.
    pub gives: String,
    /// What the product will be asked for.
    pub access: Vec<String>,
    /// Something to know before starting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub note: Option<String>,
    pub auth: AuthView,
    /// Whether its form describes a provider first, of which an element of the person's own is made.
    pub generic: bool,
    /// Whether the product was closed by its maker: on this computer it can only be practised.
    pub retired: bool,
    /// Whether its file is the person's own, and may be taken out of the list.
    pub own: bool,
    pub fields: Vec<FieldView>,
}

/// A filled-in form on its way to the engine. The values may hold secrets, so there is no `Debug`.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConnectRequest {
    pub element: String,
    /// Empty: the program picks one.
    pub name: String,
    pub tags: Vec<String>,
    /// Configuration key to value.
    pub values: BTreeMap<String, String>,
    /// The id of the connection to sign in to again: what it was made with need not be given anew.
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub again: Option<String>,
}
