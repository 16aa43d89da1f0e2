use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::call_text::CallText;
use super::defaults::is_default;
use crate::host;
use crate::oauth::json;
use crate::template::{Template, TemplateError};

/// Where the product's API begins, and what each call carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// An address that the fields complete.
    pub address: Option<Template>,
    /// The API is at a server that the token answer names.
    pub token_answer: Option<ApiFromAnswer>,
    /// The API is at a server that another call names.
    pub lookup: Option<ApiLookup>,
    /// Headers of each call.
    #[serde(default, skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, CallText>,
    /// Added to the query of each call.
    #[serde(default, skip_serializing_if = "is_default")]
    pub query: BTreeMap<String, CallText>,
    /// Added to the body of each call that has a form as its body.
    #[serde(default, skip_serializing_if = "is_default")]
    pub form: BTreeMap<String, CallText>,
    /// Added to the body of each call that has a JSON object as its body.
    #[serde(default, skip_serializing_if = "is_default")]
    pub json: BTreeMap<String, CallText>,
}

/// An API whose server the token answer names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiFromAnswer {
    /// The member of the answer that contains the address, or the name of the host alone.
    pub member: String,
    /// The domain of the server: the token is never sent elsewhere.
    pub host_suffix: String,
}

/// An API whose server a call with the token names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiLookup {
    /// Called with GET and the token.
    pub endpoint: Template,
    /// The JSON pointer (RFC 6901) to the address, or the name of the host alone.
    pub at: String,
    /// The domain of the server: the token is never sent elsewhere.
    pub host_suffix: String,
}

impl Api {
    /// The texts of each call, with their places in the file.
    pub fn texts(&self) -> impl Iterator<Item = (String, &CallText)> {
        let tables =
            [("headers", &self.headers), ("query", &self.query), ("form", &self.form), ("json", &self.json)];
        tables.into_iter().flat_map(|(table, texts)| {
            texts.iter().map(move |(name, text)| (format!("api.{table}.{name}"), text))
        })
    }

    /// The domains in which an answer chooses the server, written `*.example.com`.
    pub(crate) fn domains(&self) -> BTreeSet<String> {
        let answer = self.token_answer.as_ref().map(|from| &from.host_suffix);
        let suffixes = answer.into_iter().chain(self.lookup.as_ref().map(|lookup| &lookup.host_suffix));
        suffixes.map(|suffix| format!("*{suffix}")).collect()
    }
}

impl ApiFromAnswer {
    /// The base URL that this token answer names.
    pub fn base(&self, answer: &BTreeMap<String, String>) -> Result<Url, TemplateError> {
        let text = answer.get(&self.member).ok_or_else(|| TemplateError::Missing(self.member.clone()))?;
        origin_below(text, &self.host_suffix).ok_or_else(|| TemplateError::Refused(self.member.clone()))
    }
}

impl ApiLookup {
    /// The base URL that the answer of the call names.
    pub fn base(&self, answer: &[u8]) -> Result<Url, TemplateError> {
        let answer = json::parse(answer);
        let text = answer.as_ref().and_then(|json| json.text_at(&self.at));
        let text = text.ok_or_else(|| TemplateError::Missing(self.at.clone()))?;
        origin_below(text, &self.host_suffix).ok_or_else(|| TemplateError::Refused(self.at.clone()))
    }
}

/// The origin of an https address, or of a host alone, in this domain. A path in it does not count.
fn origin_below(text: &str, suffix: &str) -> Option<Url> {
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    let url = url.ok().filter(|url| url.scheme() == "https")?;
    let is_below = url.host_str().is_some_and(|name| host::is_below(name, suffix));
    if is_below { Url::parse(&url.origin().ascii_serialization()).ok() } else { None }
}
