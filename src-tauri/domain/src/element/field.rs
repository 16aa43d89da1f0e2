//! One field of a form: what is asked, how it looks, what is accepted, and under which names it travels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults::{is_default, is_yes, yes};
use super::derived::Derived;
use crate::values::FieldKind;

/// The application's public name at the provider. Each OAuth element has it.
pub const API_KEY: &str = "oauth.api.key";
/// The application's secret at the provider. Each OAuth element has it.
pub const API_SECRET: &str = "oauth.api.secret";
/// Where the provider sends the browser back to. Each OAuth element has it.
pub const CALLBACK_URL: &str = "oauth.callback.url";
/// Which way to a token is taken, where the element has several: the word of a [`Grant`](super::Grant).
pub const GRANT: &str = "oauth.grant";

/// The names under which the three fields of every OAuth element stand in the query of `oauth/token` and
/// `oauth/url`. They belong to the platform API, so no element file states them.
pub const STANDARD_QUERY: [(&str, &str); 3] =
    [(API_KEY, "apiKey"), (API_SECRET, "apiSecret"), (CALLBACK_URL, "callbackUrl")];

/// A field of an element's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key in `configuration` when an instance is made, for instance `zendesk.subdomain`.
    pub key: String,
    /// What the field is called, in the words of the product's own settings.
    pub label: String,
    /// One or two sentences: where the value is found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// A value that would be accepted. Shown as a hint, and filled in when practising.
    pub example: String,
    /// What kind of value this is.
    #[serde(rename = "type", default, skip_serializing_if = "is_default")]
    pub kind: FieldKind,
    /// The choices of a `select`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FieldOption>,
    /// The value that the form starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What an empty field means in addresses. Never sent to the platform: only what was given is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_means: Option<String>,
    /// What an empty field becomes: a text with the keys of other fields in braces. Sent like a value that was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<Derived>,
    /// Whether the form may be sent without it.
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
    /// For a `host`: the domain it must lie in, such as `.salesforce.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_suffix: Option<String>,
    /// Whether prefix and suffix travel with the value, for platforms that want a whole address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sends_whole: bool,
    /// Folded away until asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub advanced: bool,
    /// A regular expression that the whole value must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The sentence shown when the value is not accepted: how to mend it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
    /// The most characters that are accepted.
    #[serde(default = "usual_length", skip_serializing_if = "is_usual_length")]
    pub max_length: usize,
    /// The names under which the value is sent in the query of `oauth/token` and `oauth/url`; none: not sent there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<String>,
    /// The steps whose query carries the value.
    #[serde(default = "both_steps", skip_serializing_if = "is_both_steps")]
    pub steps: Vec<Step>,
    /// Asked for only while an earlier field has a certain value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_when: Option<Condition>,
}

impl Field {
    /// A required line of text that goes nowhere but into the configuration.
    pub fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            label: String::new(),
            help: String::new(),
            example: String::new(),
            kind: FieldKind::Text,
            options: Vec::new(),
            default: None,
            empty_means: None,
            derived: None,
            required: true,
            secret: false,
            prefix: String::new(),
            suffix: String::new(),
            host_suffix: None,
            sends_whole: false,
            advanced: false,
            pattern: None,
            problem: String::new(),
            max_length: USUAL_LENGTH,
            query: Vec::new(),
            steps: both_steps(),
            visible_when: None,
        }
    }
}

/// A choice of a `select`.
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "OptionView"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldOption {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

/// True while the field `field` has the value `is`.
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "VisibleWhen"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The key of another field.
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

/// As long as the longest one-line field of the platform.
pub(super) const USUAL_LENGTH: usize = 1000;

/// The most that an element file may allow: room for a private key, and still far from a file pasted by mistake.
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
