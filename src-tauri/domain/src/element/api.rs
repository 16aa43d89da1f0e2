use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::host;
use crate::template::{Template, TemplateError};
use crate::values::Values;

/// Where the product's API begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// At an address that the fields complete.
    Address(Template),
    /// At a server that the token answer names.
    TokenAnswer(ApiFromAnswer),
}

/// An API whose server the token answer names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiFromAnswer {
    /// The member of the answer that contains the address.
    pub member: String,
    /// The domain of the server: the token is never sent elsewhere.
    pub host_suffix: String,
}

impl Api {
    /// The base URL for this form and this token answer. Of an address in the answer only the origin counts.
    pub fn base(&self, values: &Values, answer: &BTreeMap<String, String>) -> Result<Url, TemplateError> {
        match self {
            Self::Address(template) => template.fill(values),
            Self::TokenAnswer(from) => {
                let text =
                    answer.get(&from.member).ok_or_else(|| TemplateError::Missing(from.member.clone()))?;
                let refused = || TemplateError::Refused(from.member.clone());
                let url = Url::parse(text).map_err(|_| refused())?;
                let below = url.host_str().is_some_and(|name| host::is_below(name, &from.host_suffix));
                if url.scheme() != "https" || !below {
                    return Err(refused());
                }
                Url::parse(&url.origin().ascii_serialization()).map_err(|_| refused())
            }
        }
    }
}
