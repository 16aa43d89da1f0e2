//! Elements with their forms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::element::{Auth, Condition, FieldOption};
use crate::values::FieldKind;

/// A [`Field`](crate::element::Field) of a form.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct FieldView {
    pub key: String,
    pub label: String,
    pub help: String,
    pub example: String,
    /// The initial value.
    pub value: String,
    pub kind: FieldKind,
    pub options: Vec<FieldOption>,
    pub required: bool,
    /// Whether the value is kept in the keychain and never shown again.
    pub secret: bool,
    /// Whether the field is shown under "Advanced".
    pub advanced: bool,
    pub prefix: String,
    pub suffix: String,
    /// The message for a value that does not match.
    pub problem: String,
    /// The longest value, in characters.
    pub max_length: u32,
    /// When the field is shown; always, if absent.
    pub visible_when: Option<Condition>,
}

/// How easily a product connects, the easiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Signing in is enough.
    SignIn,
    /// A key or a password is pasted.
    Key,
    /// An app has to be registered first.
    App,
}

impl From<&Auth> for Reach {
    fn from(auth: &Auth) -> Self {
        match auth {
            Auth::Oauth2(rules) if rules.client_id.is_some() || rules.registration_endpoint.is_some() => {
                Self::SignIn
            }
            Auth::Oauth2(rules) if rules.grants.first().is_some_and(|grant| grant.is_without_browser()) => {
                Self::Key
            }
            auth if auth.needs_browser() => Self::App,
            _ => Self::Key,
        }
    }
}

/// Another way to connect the same product.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct WayView {
    pub key: String,
    pub label: Option<String>,
    pub auth: AuthView,
    pub reach: Reach,
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
    /// A user name and a password give a token.
    Session,
    /// A scheme of the product's own.
    Custom,
}

/// An [`Element`](crate::element::Element), with its form filled in for a workspace.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct ElementView {
    pub key: String,
    pub name: String,
    pub initials: String,
    pub category: String,
    pub gives: String,
    pub access: Vec<String>,
    pub note: Option<String>,
    pub auth: AuthView,
    /// How easily it connects.
    pub reach: Reach,
    /// Names that the product had before.
    pub formerly: Vec<String>,
    /// The slug of its mark.
    pub mark: Option<String>,
    /// The page where the key is made or the app is registered.
    pub setup_page: Option<String>,
    /// The key of the product that took its place.
    pub replaced_by: Option<String>,
    /// Whether it only works in practice and in hosted workspaces.
    pub historical: bool,
    /// The name of this way to connect, if there are several.
    pub way: Option<String>,
    /// What this way is called, if the usual words would mislead.
    pub label: Option<String>,
    /// The other ways, the easiest first.
    pub ways: Vec<WayView>,
    /// Whether its form describes a provider, from which a custom element is made.
    pub generic: bool,
    /// Whether the product was shut down: on this computer it only works in practice.
    pub retired: bool,
    /// Whether its file is in the user's folder, where it can be changed and removed.
    pub own: bool,
    /// The hosts of its addresses, if it is such a file.
    pub hosts: Option<Vec<String>>,
    pub fields: Vec<FieldView>,
}

/// A fault in the text of an element file.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct ElementProblem {
    /// The line, counted from 1, if one is at fault.
    pub line: Option<usize>,
    /// A sentence without a full stop. It may quote the file, without hidden characters.
    pub text: String,
}

/// A filled-in form on its way to the engine. The values may hold secrets, so there is no `Debug`.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConnectRequest {
    pub element: String,
    /// If empty, a name is chosen.
    pub name: String,
    pub tags: Vec<String>,
    /// Configuration key to value.
    pub values: BTreeMap<String, String>,
    /// The id of the connection to sign in to again. Values that it was made with may be left out.
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub again: Option<String>,
}
