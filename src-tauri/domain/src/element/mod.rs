//! An entry of the catalogue: how to connect to one product. Pure data, read from `elements/<key>/element.toml`.
//!
//! The comments on its members are the descriptions in `elements/schema.json`, for authors of element files.

mod api;
mod auth;
mod call_text;
mod callback;
mod defaults;
mod derived;
mod field;
mod identity;
mod platform;
pub mod search;
mod way;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::oauth::grant::Grant;
pub use crate::values::FieldKind;
pub use api::{Api, ApiFromAnswer, ApiLookup};
pub use auth::{
    ApiKey, ApiKeyPlace, Auth, Basic, Custom, Oauth1, Oauth2, Pkce, Revocation, RevocationStyle, Session,
    TokenAnswer,
};
pub use call_text::{CallText, CallTextProblem, Named, TOKEN_HOLE, fill_all};
pub use callback::CallbackRules;
pub use derived::{Derived, DerivedProblem};
pub use field::{
    API_KEY, API_SECRET, CALLBACK_URL, Condition, Field, FieldOption, GRANT, KEY_ENDS, KEY_FIELD,
    MOST_LENGTH, PASSWORD, RESERVED_QUERY, STANDARD_QUERY, Step, USERNAME, USUAL_LENGTH,
};
pub use identity::{Accepted, Identity, IdentityMethod};
pub use platform::PlatformFacts;
pub use way::{WAY, Way};

use crate::address::host_and_port;
use crate::template::{Place, Template, TemplateError};
use crate::text;
use crate::values::{CALLBACK_PREFIX, Values};
use defaults::is_default;

/// The newest version of the format that this program reads.
pub const NEWEST_FORMAT: u32 = 2;

/// How to connect to one product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// The version of the format that the file is written in. Default: 1.
    #[serde(default = "first_format", skip_serializing_if = "is_first_format")]
    pub format: u32,
    /// The key in commands, file names and the platform API.
    pub key: String,
    /// The product's common name.
    pub name: String,
    /// Names that the product had before, for search.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// Two characters for the tile in lists. Default: of the name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initials: String,
    /// The product's mark: the slug of an icon in Simple Icons.
    pub mark: Option<String>,
    /// The heading in lists.
    pub category: String,
    /// What a connection gives access to, in one short line.
    pub gives: String,
    /// What the sign-in asks for, in plain words, listed before it starts. Default: a sentence for the kind of sign-in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<String>,
    /// What users must know first, for instance that the product has closed.
    pub note: Option<String>,
    /// Whether the product was closed. It can be practised, and works in hosted workspaces that still support it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retired: bool,
    /// The key of the element of the product that took the place of a closed one.
    pub replaced_by: Option<String>,
    /// Whether it can only be practised, and connected in hosted workspaces: no address of today is known, or calls are
    /// signed in a way of the product's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub historical: bool,
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
    /// The key at hosted platforms, where it has characters that a key here has not.
    pub platform_key: Option<String>,
    /// The product's own page for revoking access by hand.
    pub access_page: Option<Template>,
    /// The page where the key is made, or the application is registered.
    pub setup_page: Option<Template>,
    /// The product's own page about authentication.
    pub docs: Option<String>,
    /// Where the facts of this file come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The day on which the facts were checked, such as `2026-11-26`.
    pub checked: Option<String>,
    /// How the application signs in, where there is one way.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auth: Auth,
    /// Several ways to connect, the easiest first. `auth` beside them is the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "variants")]
    pub ways: Vec<Way>,
    /// What the browser brings back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub callback: CallbackRules,
    /// The call that names the account; it is also the test of a connection.
    pub identity: Option<Identity>,
    /// Where the product's API begins, and what each call carries.
    pub api: Option<Api>,
    /// Further facts for callers of the platform API.
    pub platform: Option<PlatformFacts>,
    /// The fields of the form, in order. Those that every sign-in of a kind needs may be left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The chosen way, where a name chooses one. Not part of the file.
    #[serde(skip)]
    pub way: Option<String>,
    /// The label of the chosen way. Not part of the file.
    #[serde(skip)]
    pub label: Option<String>,
}

impl Element {
    pub(crate) fn new(key: String, name: String, auth: Auth) -> Self {
        Self { format: 1, initials: text::initials(&name), key, name, auth, ..Self::default() }
    }

    pub fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or(&self.key)
    }

    /// The key at hosted platforms.
    pub fn wire_key(&self) -> &str {
        self.platform_key.as_deref().unwrap_or(&self.key)
    }

    pub fn path_key(&self) -> &str {
        self.path_key.as_deref().unwrap_or(self.wire_key())
    }

    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Whether a sign-in with these values uses a browser that calls back.
    pub fn needs_browser_for(&self, values: &Values) -> bool {
        match &self.auth {
            Auth::Oauth2(oauth2) => oauth2.grant(values) == Grant::AuthorizationCode,
            other => other.needs_browser(),
        }
    }

    /// The names that `providerData` must have. For OAuth 1.0a they include the secret of the request token.
    pub fn provider_data(&self) -> Vec<&str> {
        let mut names: Vec<&str> = match &self.auth {
            Auth::Oauth2(_) => vec!["code"],
            Auth::Oauth1(oauth1) if oauth1.token_field.is_none() => {
                vec!["oauth_token", "oauth_verifier", "secret"]
            }
            _ => Vec::new(),
        };
        names.extend(self.callback.provider_data.iter().map(String::as_str));
        names
    }

    /// The hosts, with unusual ports, to which a connection with these values is pinned. A domain in which the token
    /// answer chooses is written `*.example.com`.
    pub fn hosts(&self, values: &Values) -> Result<BTreeSet<String>, TemplateError> {
        let mut templates: Vec<&Template> = self.auth.templates().into_iter().map(|(_, t)| t).collect();
        templates.extend(self.identity.as_ref().map(|identity| &identity.endpoint));
        templates.extend(self.api.as_ref().and_then(|api| api.address.as_ref()));
        let lookup = self.api.as_ref().and_then(|api| api.lookup.as_ref());
        templates.extend(lookup.map(|lookup| &lookup.endpoint));
        let mut hosts = self.api.as_ref().map(Api::domains).unwrap_or_default();
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
        let address = self.api.as_ref().and_then(|api| api.address.as_ref());
        let template = address.or(self.identity.as_ref().map(|identity| &identity.endpoint))?;
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

    /// The page where the key is made, or the application is registered. `None` for one whose address has fields: it is
    /// known only once the form is filled in.
    pub fn setup_address(&self) -> Option<String> {
        self.setup_page.as_ref()?.fill(&Values::default()).ok().map(String::from)
    }

    /// Every address of this way, with its place in the file.
    pub(crate) fn templates(&self) -> Vec<(String, &Template)> {
        let own = self.auth.templates().into_iter();
        let mut templates: Vec<_> =
            own.map(|(name, t)| (format!("auth.{}.{name}", self.auth.kind()), t)).collect();
        let api = self.api.as_ref();
        for (at, template) in [
            ("access_page", self.access_page.as_ref()),
            ("setup_page", self.setup_page.as_ref()),
            ("identity.endpoint", self.identity.as_ref().map(|identity| &identity.endpoint)),
            ("api.address", api.and_then(|api| api.address.as_ref())),
            ("api.lookup.endpoint", api.and_then(|api| api.lookup.as_ref()).map(|lookup| &lookup.endpoint)),
        ] {
            templates.extend(template.map(|template| (at.to_owned(), template)));
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

fn first_format() -> u32 {
    1
}

fn is_first_format(format: &u32) -> bool {
    *format == 1
}
