//! A catalogue entry: how to connect to one product. Pure data, read from `elements/<key>/element.toml`.
//!
//! Finding the files is `io/catalog.rs`. Checking what a person typed is `form`. What a template may contain is
//! `template`.

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
    API_KEY, API_SECRET, CALLBACK_URL, Condition, Field, FieldOption, GRANT, MOST_LENGTH, STANDARD_QUERY,
    Step,
};
pub use platform::PlatformFacts;

use crate::address::host_and_port;
use crate::template::{Place, Template, TemplateError};
use crate::text;
use crate::values::{CALLBACK_PREFIX, Values};
use defaults::is_default;

/// How to connect to one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// The key that commands, files and the platform API use.
    pub key: String,
    /// The product's name as people know it.
    pub name: String,
    /// Two characters for the tile in lists.
    pub initials: String,
    /// The heading under which it is listed.
    pub category: String,
    /// One short line: what a connection brings.
    pub gives: String,
    /// What is asked for, in plain words, for the list before signing in.
    pub access: Vec<String>,
    /// What a person must know first, for instance that the product has closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the product was closed by its maker. It can be practised, and works where a hosted workspace still
    /// answers for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retired: bool,
    /// Whether the form itself says which provider it is. Signing in with it makes an element of the person's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub generic: bool,
    /// The generic element whose form wrote this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last segment of the callback address, shared by all elements of one authorization server and by no
    /// others (RFC 8252 §8.10). Left out: the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The key in the path of `oauth/token` and `oauth/url`, where it differs from the key in `instances`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_key: Option<String>,
    /// The product's own page on which access can be taken back by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_page: Option<Template>,
    /// How the product lets an application in.
    pub auth: Auth,
    /// Other ways in that a field chooses; the first whose condition holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// What the browser brings back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub callback: CallbackRules,
    /// The call that tells whose account it is; it is also the test of a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Where the product's API begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// What a platform tells of it beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformFacts>,
    /// What the form asks for, in its order.
    pub fields: Vec<Field>,
}

/// The call that tells whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Read with GET and the access token.
    pub endpoint: Template,
    /// JSON pointers (RFC 6901) into the answer; the first that finds text is the identity.
    pub at: Vec<String>,
    /// A JSON pointer to the provider's own key of the account, which stays when its name changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The scope without which the call is refused: a token that was not given it is not asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_scope: Option<String>,
}

impl Element {
    /// An element with nothing but this.
    pub(crate) fn new(key: String, name: String, auth: Auth) -> Self {
        Self {
            initials: text::initials(&name),
            category: String::new(),
            gives: String::new(),
            access: Vec::new(),
            note: None,
            retired: false,
            generic: false,
            from: None,
            provider: None,
            path_key: None,
            access_page: None,
            auth,
            variants: Vec::new(),
            callback: CallbackRules::default(),
            identity: None,
            api: None,
            platform: None,
            fields: Vec::new(),
            key,
            name,
        }
    }

    /// The last segment of the callback address: one for each authorization server.
    pub fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or(&self.key)
    }

    /// The key in the path of `oauth/token` and `oauth/url`.
    pub fn path_key(&self) -> &str {
        self.path_key.as_deref().unwrap_or(&self.key)
    }

    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The way in that these values choose.
    pub fn auth_for(&self, values: &Values) -> &Auth {
        let chosen = self.variants.iter().find(|v| values.get(&v.when.field) == Some(v.when.is.as_str()));
        chosen.map_or(&self.auth, |variant| &variant.auth)
    }

    /// Whether the person signs in with a browser that calls back, with these values.
    pub fn needs_browser_for(&self, values: &Values) -> bool {
        match self.auth_for(values) {
            Auth::Oauth2(oauth2) => oauth2.grant(values) == Grant::AuthorizationCode,
            other => other.needs_browser(),
        }
    }

    /// The names that `providerData` must have: what the kind of sign-in brings back, what this element adds, and
    /// for OAuth 1.0a the secret that came with the request token.
    pub fn provider_data<'e>(&'e self, auth: &Auth) -> Vec<&'e str> {
        let mut names: Vec<&str> = match auth {
            Auth::Oauth2(_) => vec!["code"],
            Auth::Oauth1(_) => vec!["oauth_token", "oauth_verifier", "secret"],
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => Vec::new(),
        };
        names.extend(self.callback.provider_data.iter().map(String::as_str));
        names
    }

    /// The hosts that a connection made with these values depends on, with their ports where unusual. A connection
    /// keeps them: should the file name others later, signing in again is due. A domain within which the token
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
        // sign-in and never part of a host.
        let is_called = |template: &&Template| {
            let mut holes = template.holes().into_iter();
            holes.all(|(hole, _)| hole.starts_with(CALLBACK_PREFIX) || values.get(hole).is_some())
        };
        for template in templates.into_iter().filter(is_called) {
            hosts.insert(host_and_port(&template.origin(values)?));
        }
        Ok(hosts)
    }

    /// The host that the account lives at, for people.
    pub fn account_host(&self, values: &Values) -> Option<String> {
        let template = match (&self.api, &self.identity) {
            (Some(Api::Address(template)), _) => template,
            (_, Some(identity)) => &identity.endpoint,
            _ => return None,
        };
        template.origin(values).ok()?.host_str().map(str::to_owned)
    }

    /// The values that practice fills in: the example of each field that must be given, of the client, which practice
    /// always registers, and of all that a generic form shows at first. The callback address is the program's own,
    /// because it names the port that listens.
    pub fn practice_values(&self) -> BTreeMap<String, String> {
        let filled = |field: &&Field| {
            let client = [API_KEY, API_SECRET].contains(&field.key.as_str());
            field.key != CALLBACK_URL && (field.required || client || (self.generic && !field.advanced))
        };
        let asked = self.fields.iter().filter(filled);
        asked.map(|field| (field.key.clone(), field.example.clone())).collect()
    }

    /// Whether both elements send people to the same authorization server, as elements of one provider must: else
    /// the answer of one server could be taken for the other's (RFC 9700 §4.4).
    pub fn same_server(&self, other: &Self) -> bool {
        // A server without a page for people is told by where its tokens come from.
        let server = |element: &Self| {
            let templates = element.auth.templates();
            let named = |name: &str| templates.iter().find(|(n, _)| *n == name).map(|(_, t)| (*t).clone());
            named("authorization_endpoint").or_else(|| named("token_endpoint"))
        };
        self.auth.kind() == other.auth.kind() && server(self) == server(other)
    }

    /// Every address of this element, with its place in the file.
    pub(crate) fn templates(&self) -> Vec<(String, &Template)> {
        let of = |prefix: String, auth: &'_ Auth| format!("{prefix}.{}", auth.kind());
        let mut templates = Vec::new();
        let base = of("auth".to_owned(), &self.auth);
        templates.extend(self.auth.templates().into_iter().map(|(name, t)| (format!("{base}.{name}"), t)));
        for (index, variant) in self.variants.iter().enumerate() {
            let base = of(format!("variants.{index}.auth"), &variant.auth);
            templates
                .extend(variant.auth.templates().into_iter().map(|(name, t)| (format!("{base}.{name}"), t)));
        }
        templates.extend(self.access_page.as_ref().map(|t| ("access_page".to_owned(), t)));
        templates.extend(self.identity.as_ref().map(|i| ("identity.endpoint".to_owned(), &i.endpoint)));
        if let Some(Api::Address(template)) = &self.api {
            templates.push(("api.address".to_owned(), template));
        }
        templates
    }

    /// Whether the value of this field becomes part of a host name, which has no upper case.
    pub(crate) fn is_host_part(&self, key: &str) -> bool {
        self.templates()
            .iter()
            .flat_map(|(_, t)| t.holes())
            .any(|(hole, place)| hole == key && place == Place::Label)
    }
}
