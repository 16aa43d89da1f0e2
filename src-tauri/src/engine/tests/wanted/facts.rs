//! `tests/facts/wanted.json`: what the most wanted products want to be sent.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/wanted.json");

/// What is right: a text, or one of several. `null` means that it may be left out.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Right {
    One(String),
    OneOf(Vec<Option<String>>),
}

impl Right {
    pub(super) fn texts(&self) -> impl Iterator<Item = Option<&str>> {
        match self {
            Self::One(text) => std::slice::from_ref(text).iter().map(|text| Some(text.as_str())).collect(),
            Self::OneOf(texts) => texts.iter().map(Option::as_deref).collect::<Vec<_>>(),
        }
        .into_iter()
    }

    pub(super) fn allows(&self, text: &str) -> bool {
        self.texts().any(|right| right == Some(text))
    }
}

impl From<&str> for Right {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

/// One way to connect a product.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Way {
    pub(super) kind: String,
    /// Why nothing is said about it.
    pub(super) left_out: Option<String>,
    pub(super) request_token_endpoint: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) refresh_endpoint: Option<String>,
    pub(super) signature_method: String,
    pub(super) authorize_parameters: BTreeMap<String, Right>,
    pub(super) token_parameters: BTreeMap<String, Right>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) scope_separator: Option<String>,
    pub(super) scope_parameter: Option<String>,
    pub(super) pkce: Option<Right>,
    pub(super) client_authentication: Option<Right>,
    pub(super) body_format: Option<String>,
    /// How the redirect address begins.
    pub(super) redirect: Option<String>,
    /// The names of values that the callback brings.
    pub(super) callback: Vec<String>,
    pub(super) token_answer: Option<Value>,
    /// The answer to a renewal. Without one there is no renewal.
    pub(super) renewed_answer: Option<Value>,
    /// The life of a token in seconds.
    pub(super) life: Option<u64>,
    pub(super) revocation: Option<Revocation>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    /// Where a call carries the credential: `Name: value`, or `?name`.
    pub(super) carries: Option<Right>,
    /// What else a call carries.
    pub(super) headers: BTreeMap<String, Right>,
    pub(super) identity: Option<Identity>,
    pub(super) api: Option<Right>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocation {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) carries: RevocationCarries,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RevocationCarries {
    /// The token in the body (RFC 7009).
    Token,
    /// The access token, as each call does.
    Bearer,
    /// The client in the header, and the access token in the body.
    Client,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub(super) method: String,
    pub(super) url: Right,
    #[serde(default)]
    pub(super) body: BTreeMap<String, Right>,
    /// The account is Maria, and its key is 7.
    pub(super) answer: Value,
}

/// The ways of each product by its key.
pub(super) fn read() -> BTreeMap<String, Vec<Way>> {
    let text = std::fs::read_to_string(FILE).expect("the facts");
    serde_json::from_str(&text).expect("facts of this form")
}
