//! An entry of the catalogue: how to connect to one product. Pure data, read from `elements/<key>/element.toml`.
//!
//! The comments on its members are the descriptions in `elements/schema.json`, for authors of element files.

mod api;
mod auth;
mod callback;
mod defaults;
mod derived;
mod field;
mod platform;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::oauth::grant::Grant;
pub use crate::values::FieldKind;
pub use api::{Api, ApiFromAnswer};
pub use auth::{
    ApiKey, ApiKeyPlace, Auth, Basic, Custom, Oauth1, Oauth2, Pkce, Revocation, RevocationStyle, TokenAnswer,
    Variant,
};
pub use callback::CallbackRules;
pub use derived::{Derived, DerivedProblem};
pub use field::{
    API_KEY, API_SECRET, CALLBACK_URL, Condition, Field, FieldOption, GRANT, MOST_LENGTH, RESERVED_QUERY,
    STANDARD_QUERY, Step, USUAL_LENGTH,
};
pub use platform::PlatformFacts;

use crate::address::host_and_port;
use crate::template::{Place, Template, TemplateError};
use crate::text;
use crate::values::{CALLBACK_PREFIX, Values};
use defaults::is_default;

/// How to connect to one product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// The key in commands, file names and the platform API.
    pub key: String,
    /// The product's common name.
    pub name: String,
    /// Two characters for the tile in lists.
    pub initials: String,
    /// The heading in lists.
    pub category: String,
    /// What a connection gives access to, in one short line.
    pub gives: String,
    /// What the sign-in asks for, in plain words, listed before it starts.
    pub access: Vec<String>,
    /// What users must know first, for instance that the product has closed.
    pub note: Option<String>,
    /// Whether the product was closed. It can be practised, and works in hosted workspaces that still support it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retired: bool,
    /// Whether the form names the provider. A sign-in with it writes a custom element.
    #[serde(default, skip_serializing_if = "is_default")]
    pub generic: bool,
    /// The generic element whose form made this custom element.
    pub from: Option<String>,
    /// The last segment of the callback address, shared by all elements of one authorization server and by no others
    /// (RFC 8252 §8.10). Default: the key.
    pub provider: Option<String>,
    /// The key in the path of `oauth/token` and `oauth/url`, where it differs from the key in `instances`.
    pub path_key: Option<String>,
    /// The product's own page for revoking access by hand.
    pub access_page: Option<Template>,
    /// How the application signs in.
    pub auth: Auth,
    /// Other kinds of sign-in that a field chooses; the first whose condition holds is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// What the browser brings back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub callback: CallbackRules,
    /// The call that names the account; it is also the test of a connection.
    pub identity: Option<Identity>,
    /// Where the product's API begins.
    pub api: Option<Api>,
    /// Further facts for callers of the platform API.
    pub platform: Option<PlatformFacts>,
    /// The fields of the form, in order.
    pub fields: Vec<Field>,
}

/// The call that names the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Called with GET and the access token.
    pub endpoint: Template,
    /// JSON pointers (RFC 6901) into the answer; the first that finds text is the identity.
    pub at: Vec<String>,
    /// A JSON pointer to the provider's own key of the account, which stays when its name changes.
    pub key: Option<String>,
    /// The scope that the call requires: it is skipped for tokens without this scope.
    pub needs_scope: Option<String>,
}

impl Element {
    pub(crate) fn new(key: String, name: String, auth: Auth) -> Self {
        Self { initials: text::initials(&name), key, name, auth, ..Self::default() }
    }

    pub fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or(&self.key)
    }

    pub fn path_key(&self) -> &str {
        self.path_key.as_deref().unwrap_or(&self.key)
    }

    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The kind of sign-in that these values choose.
    pub fn auth_for(&self, values: &Values) -> &Auth {
        let chosen = self.variants.iter().find(|v| values.get(&v.when.field) == Some(v.when.is.as_str()));
        chosen.map_or(&self.auth, |variant| &variant.auth)
    }

    /// Whether a sign-in with these values uses a browser that calls back.
    pub fn needs_browser_for(&self, values: &Values) -> bool {
        match self.auth_for(values) {
            Auth::Oauth2(oauth2) => oauth2.grant(values) == Grant::AuthorizationCode,
            other => other.needs_browser(),
        }
    }

    /// The names that `providerData` must have. For OAuth 1.0a they include the secret of the request token.
    pub fn provider_data<'e>(&'e self, auth: &Auth) -> Vec<&'e str> {
        let mut names: Vec<&str> = match auth {
            Auth::Oauth2(_) => vec!["code"],
            Auth::Oauth1(_) => vec!["oauth_token", "oauth_verifier", "secret"],
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => Vec::new(),
        };
        names.extend(self.callback.provider_data.iter().map(String::as_str));
        names
    }

    /// The hosts, with unusual ports, to which a connection with these values is pinned. A domain in which the token
    /// answer chooses is written `*.example.com`.
    pub fn hosts(&self, values: &Values) -> Result<BTreeSet<String>, TemplateError> {
        let mut hosts = BTreeSet::new();
        let mut templates: Vec<&Template> =
            self.auth_for(values).templates().into_iter().map(|(_, t)| t).collect();
        templates.extend(self.identity.as_ref().map(|identity| &identity.endpoint));
        match &self.api {
            Some(Api::Address(template)) => templates.push(template),
            Some(Api::TokenAnswer(from)) => {
                hosts.insert(format!("*{}", from.host_suffix));
            }
            None => {}
        }
        // An optional endpoint whose fields are empty is never called. Callback values are not known before the
        // sign-in, and never part of a host.
        let is_called = |template: &&Template| {
            let mut holes = template.holes().into_iter();
            holes.all(|(hole, _)| hole.starts_with(CALLBACK_PREFIX) || values.get(hole).is_some())
        };
        for template in templates.into_iter().filter(is_called) {
            hosts.insert(host_and_port(&template.origin(values)?));
        }
        Ok(hosts)
    }

    /// The host of the account, to show.
    pub fn account_host(&self, values: &Values) -> Option<String> {
        let template = match (&self.api, &self.identity) {
            (Some(Api::Address(template)), _) => template,
            (_, Some(identity)) => &identity.endpoint,
            _ => return None,
        };
        template.origin(values).ok()?.host_str().map(str::to_owned)
    }

    /// The values that practice fills in: the examples of required fields, of the client (which practice always
    /// registers), and of the fields that a generic form shows at first. The program sets the callback address.
    pub fn practice_values(&self) -> BTreeMap<String, String> {
        let filled = |field: &&Field| {
            let client = [API_KEY, API_SECRET].contains(&field.key.as_str());
            field.key != CALLBACK_URL && (field.required || client || (self.generic && !field.advanced))
        };
        let asked = self.fields.iter().filter(filled);
        asked.map(|field| (field.key.clone(), field.example.clone())).collect()
    }

    /// Whether both elements use the same authorization server, as elements of one provider must: otherwise one
    /// server's answer could be taken for the other's (RFC 9700 §4.4).
    pub fn same_server(&self, other: &Self) -> bool {
        // Without an authorization endpoint the token endpoint identifies the server.
        let server = |element: &Self| {
            let templates = element.auth.templates();
            let named = |name: &str| templates.iter().find(|(n, _)| *n == name).map(|(_, t)| (*t).clone());
            named("authorization_endpoint").or_else(|| named("token_endpoint"))
        };
        self.auth.kind() == other.auth.kind() && server(self) == server(other)
    }

    /// Every address of this element, with its place in the file.
    pub(crate) fn templates(&self) -> Vec<(String, &Template)> {
        let variants = self.variants.iter().enumerate();
        let variants = variants.map(|(index, variant)| (format!("variants.{index}.auth"), &variant.auth));
        let mut templates = Vec::new();
        for (at, auth) in std::iter::once(("auth".to_owned(), &self.auth)).chain(variants) {
            let own = auth.templates().into_iter();
            templates.extend(own.map(|(name, t)| (format!("{at}.{}.{name}", auth.kind()), t)));
        }
        templates.extend(self.access_page.as_ref().map(|t| ("access_page".to_owned(), t)));
        templates.extend(self.identity.as_ref().map(|i| ("identity.endpoint".to_owned(), &i.endpoint)));
        if let Some(Api::Address(template)) = &self.api {
            templates.push(("api.address".to_owned(), template));
        }
        templates
    }

    /// Whether the value of this field becomes part of a host name, which is lower case.
    pub(crate) fn is_host_part(&self, key: &str) -> bool {
        self.templates()
            .iter()
            .flat_map(|(_, t)| t.holes())
            .any(|(hole, place)| hole == key && place == Place::Label)
    }
}
