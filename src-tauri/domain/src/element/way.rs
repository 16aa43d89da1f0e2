//! One of several ways to connect to a product.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::Api;
use super::auth::Auth;
use super::callback::CallbackRules;
use super::defaults::is_default;
use super::field::{Condition, Field};
use super::identity::Identity;
use crate::template::Template;

/// The key under which a form names its way. No field has it.
pub const WAY: &str = "keyrack.way";

/// One of several ways to connect. What it leaves out is taken from the element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The name in commands: `--way key`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The name in the window, where the usual one for this kind of sign-in would mislead.
    pub label: Option<String>,
    /// The field whose value chooses this way, where the platform has one.
    pub when: Option<Condition>,
    /// Whether hosted platforms do not know this way, so that it is not offered there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub local: bool,
    /// The page where the key is made, or the application is registered.
    pub setup_page: Option<Template>,
    /// The kind of sign-in.
    pub auth: Auth,
    /// What the browser brings back.
    pub callback: Option<CallbackRules>,
    /// The call that names the account.
    pub identity: Option<Identity>,
    /// Where the API begins, and what each call carries.
    pub api: Option<Api>,
    /// Fields of this way, after those of the element.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}
