//! One field of a form: its labels, what it accepts, and the names under which its value is sent.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults::{is_default, is_yes, yes};
use super::derived::Derived;
use crate::values::FieldKind;

/// The client ID. Each OAuth element has it.
pub const API_KEY: &str = "oauth.api.key";
/// The client secret. Each OAuth element has it.
pub const API_SECRET: &str = "oauth.api.secret";
/// The redirect address. Each OAuth element has it.
pub const CALLBACK_URL: &str = "oauth.callback.url";
/// The chosen [`Grant`](super::Grant), where the element has several.
pub const GRANT: &str = "oauth.grant";

/// The key of the field with an API key, unless the file names another.
pub const KEY_FIELD: &str = "api.key";
/// The key of the field with the user name, unless the file names another.
pub const USERNAME: &str = "username";
/// The key of the field with the password, unless the file names another.
pub const PASSWORD: &str = "password";

/// The key of the field with the day on which a key ends. The program's own: no product or platform is sent it.
pub const KEY_ENDS: &str = "keyrack.ends";

/// The names of the three standard fields in the query of `oauth/token` and `oauth/url`. The platform API defines
/// them, so element files do not.
pub const STANDARD_QUERY: [(&str, &str); 3] =
    [(API_KEY, "apiKey"), (API_SECRET, "apiSecret"), (CALLBACK_URL, "callbackUrl")];

/// Further names in that query that the platform API reserves, and those of [`STANDARD_QUERY`].
pub const RESERVED_QUERY: [&str; 5] = ["apiKey", "apiSecret", "callbackUrl", "requestToken", "state"];

/// A field of an element's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key in the `configuration` of an instance, for instance `zendesk.subdomain`.
    pub key: String,
    /// The name of the field, in the words of the product's settings.
    pub label: String,
    /// Where to find the value, in one or two sentences.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// A valid value. Shown as a hint, and filled in when practising.
    pub example: String,
    /// The type of the value.
    #[serde(rename = "type", default, skip_serializing_if = "is_default")]
    pub kind: FieldKind,
    /// The choices of a `select`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FieldOption>,
    /// Replaces a value of a `select` or `toggle` in addresses and calls: `{ true = "sandbox", false = "www" }`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub means: BTreeMap<String, String>,
    /// The initial value.
    pub default: Option<String>,
    /// The value of an empty field in addresses. Never sent to the platform.
    pub empty_means: Option<String>,
    /// The value of an empty field: a text with the keys of other fields in braces. Sent like a value that was
    /// entered.
    pub derived: Option<Derived>,
    /// Whether the form needs a value.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub required: bool,
    /// Kept in the keychain, never shown again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secret: bool,
    /// Text before the input, such as `https://`. Cut from a pasted value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Text after the input, such as `.zendesk.com`. Cut from a pasted value, with all that follows it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// For a `host`: the domain it must be in, such as `.salesforce.com`.
    pub host_suffix: Option<String>,
    /// Whether prefix and suffix are sent with the value, for platforms that want a whole address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sends_whole: bool,
    /// Folded away at first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub advanced: bool,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// The sentence shown when the value is not accepted: how to correct it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
    /// The maximum number of characters.
    #[serde(default = "usual_length", skip_serializing_if = "is_usual_length")]
    pub max_length: usize,
    /// The names of the value in the query of `oauth/token` and `oauth/url`. Default: it is not sent there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<String>,
    /// Whether the value is part of an instance's configuration. Without, it is sent in the query only.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub configuration: bool,
    /// The calls whose query carries the value.
    #[serde(default = "both_steps", skip_serializing_if = "is_both_steps")]
    pub steps: Vec<Step>,
    /// The condition under which the field is shown.
    pub visible_when: Option<Condition>,
}

impl Field {
    /// A required text field.
    pub fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            required: true,
            configuration: true,
            max_length: USUAL_LENGTH,
            steps: both_steps(),
            ..Self::default()
        }
    }
}

/// A choice of a `select`.
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "OptionView"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldOption {
    /// The value that is sent.
    pub value: String,
    /// The text that is shown.
    pub label: String,
}

/// True while the field `field` has the value `is`.
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "VisibleWhen"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The key of an earlier field.
    pub field: String,
    /// The value it must have.
    pub is: String,
}

/// The two calls that prepare a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `oauth/token`: OAuth 1.0a only.
    Token,
    /// `oauth/url`.
    Url,
}

/// The longest one-line field of the platform.
pub const USUAL_LENGTH: usize = 1000;

/// The maximum of `max_length`: enough for a private key.
pub const MOST_LENGTH: usize = 8000;

fn usual_length() -> usize {
    USUAL_LENGTH
}

fn both_steps() -> Vec<Step> {
    vec![Step::Token, Step::Url]
}

fn is_usual_length(value: &usize) -> bool {
    *value == USUAL_LENGTH
}

fn is_both_steps(value: &[Step]) -> bool {
    value == [Step::Token, Step::Url]
}
