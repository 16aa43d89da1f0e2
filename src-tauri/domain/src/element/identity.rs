use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call_text::CallText;
use super::defaults::is_default;
use crate::template::Template;

/// The call that names the account. It carries what each call carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The address to call.
    pub endpoint: Template,
    /// JSON pointers (RFC 6901) into the answer; the first that finds text is the identity. Without them only the status
    /// of the answer counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at: Vec<String>,
    /// A JSON pointer to the provider's own key of the account, which stays when its name changes.
    pub key: Option<String>,
    /// The scope that the call requires: it is skipped for tokens without this scope.
    pub needs_scope: Option<String>,
    /// The method. Default: POST if there is a body, otherwise GET.
    pub method: Option<IdentityMethod>,
    /// A GraphQL query, sent as the member `query` of a JSON body.
    pub graphql: Option<String>,
    /// The members of a JSON body.
    #[serde(default, skip_serializing_if = "is_default")]
    pub json: BTreeMap<String, CallText>,
    /// The parameters of a form as the body.
    #[serde(default, skip_serializing_if = "is_default")]
    pub form: BTreeMap<String, CallText>,
    /// What an answer with a good status must also have, for products that refuse with status 200.
    pub accepted: Option<Accepted>,
    /// Where the answer says when a key ends: a JSON pointer, or `header:` and the name of a header.
    pub expires: Option<String>,
}

/// The method of the call that names the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum IdentityMethod {
    /// Without a body.
    Get,
    /// With an empty body, or the one of the file.
    Post,
}

/// A member that says that a call succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The JSON pointer (RFC 6901) to it.
    pub at: String,
    /// Its value as text.
    pub is: String,
}

impl Identity {
    /// A call with GET whose answer names the account.
    pub(crate) fn new(endpoint: Template, at: &[&str], key: Option<&str>) -> Self {
        Self {
            endpoint,
            at: at.iter().map(|pointer| (*pointer).to_owned()).collect(),
            key: key.map(str::to_owned),
            needs_scope: None,
            method: None,
            graphql: None,
            json: BTreeMap::new(),
            form: BTreeMap::new(),
            accepted: None,
            expires: None,
        }
    }
}
