//! How a product lets an application in. The platform API knows five kinds; the tables here say what the local
//! platform must know to run each of them against the product itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults::is_default;
use super::field::{Condition, GRANT};
use crate::oauth::grant::Grant;
use crate::oauth::oauth1::SignatureMethod;
use crate::oauth::token::{BodyFormat, ClientAuthentication};
use crate::template::Template;
use crate::values::Values;

/// The kind of sign-in, written as a table: `[auth.oauth2]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Auth {
    /// OAuth 2 (RFC 6749), by any of the ways of [`Grant`].
    Oauth2(Box<Oauth2>),
    /// OAuth 1.0a (RFC 5849).
    Oauth1(Box<Oauth1>),
    /// A user name and a password, sent as RFC 7617 says.
    Basic(Basic),
    /// A key that goes with each call.
    ApiKey(ApiKey),
    /// Anything else: the fields go to the platform, which knows what to do with them.
    Custom(Custom),
}

impl Auth {
    /// The name of the kind, as in the element file.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// Whether the person usually signs in with a browser; [`Element::needs_browser_for`](super::Element) knows
    /// which grant was chosen.
    pub fn needs_browser(&self) -> bool {
        matches!(self, Self::Oauth2(_) | Self::Oauth1(_))
    }

    /// Every address that this kind calls or opens, with its name in the element file.
    pub fn templates(&self) -> Vec<(&'static str, &Template)> {
        let named: Vec<(&'static str, Option<&Template>)> = match self {
            Self::Oauth2(oauth2) => vec![
                ("issuer", oauth2.issuer.as_ref()),
                ("authorization_endpoint", oauth2.authorization_endpoint.as_ref()),
                ("token_endpoint", oauth2.token_endpoint.as_ref()),
                ("refresh_endpoint", oauth2.refresh_endpoint.as_ref()),
                ("device_authorization_endpoint", oauth2.device_authorization_endpoint.as_ref()),
                ("registration_endpoint", oauth2.registration_endpoint.as_ref()),
                ("revocation.endpoint", oauth2.revocation.as_ref().map(|r| &r.endpoint)),
            ],
            Self::Oauth1(oauth1) => vec![
                ("request_token_endpoint", oauth1.request_token_endpoint.as_ref()),
                ("authorization_endpoint", oauth1.authorization_endpoint.as_ref()),
                ("token_endpoint", oauth1.token_endpoint.as_ref()),
            ],
            Self::Basic(_) | Self::ApiKey(_) | Self::Custom(_) => Vec::new(),
        };
        named.into_iter().filter_map(|(name, template)| template.map(|t| (name, t))).collect()
    }
}

/// OAuth 2, by any of the ways of [`Grant`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth2 {
    /// The issuer identifier (RFC 8414 §2), for `announces_issuer`. Its metadata is not asked: each endpoint stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Template>,
    /// Whether each answer carries `iss` (RFC 9207), which then must equal `issuer`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub announces_issuer: bool,
    /// Where the person signs in. Needed by the grant `authorization_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Template>,
    /// Where tokens come from. Needed by every grant; a hosted platform knows its own and does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Template>,
    /// Where tokens are renewed, if not at `token_endpoint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_endpoint: Option<Template>,
    /// Where a sign-in on another device begins (RFC 8628 §3.1). Needed by the grant `device_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<Template>,
    /// Where the application registers itself if the person has not registered one (RFC 7591 §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<Template>,
    /// The ways to a token, best first; the field `oauth.grant` chooses another. Left out: a browser that calls back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// What is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The key of a field whose value, if there is one, replaces `scopes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_field: Option<String>,
    /// What stands between two scopes; RFC 6749 §3.3 says a space.
    #[serde(default = "space", skip_serializing_if = "is_space")]
    pub scope_separator: String,
    /// How the application proves who it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub client_authentication: ClientAuthentication,
    /// Whether the code is bound to this sign-in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pkce: Pkce,
    /// How calls of the token endpoint are written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub body_format: BodyFormat,
    /// Added to the authorization request. May not repeat a standard parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorize_parameters: BTreeMap<String, String>,
    /// Added to each call of the token endpoint. May not repeat a standard parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub token_parameters: BTreeMap<String, String>,
    /// Where the answer of the token endpoint differs from RFC 6749 §5.1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub answer: TokenAnswer,
    /// Seconds that an access token lives if the answer does not say. Left out: it does not expire by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_life: Option<u32>,
    /// How access is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Revocation>,
}

impl Default for Oauth2 {
    fn default() -> Self {
        Self {
            issuer: None,
            announces_issuer: false,
            authorization_endpoint: None,
            token_endpoint: None,
            refresh_endpoint: None,
            device_authorization_endpoint: None,
            registration_endpoint: None,
            grants: Vec::new(),
            scopes: Vec::new(),
            scope_field: None,
            scope_separator: space(),
            client_authentication: ClientAuthentication::default(),
            pkce: Pkce::default(),
            body_format: BodyFormat::default(),
            authorize_parameters: BTreeMap::new(),
            token_parameters: BTreeMap::new(),
            answer: TokenAnswer::default(),
            default_life: None,
            revocation: None,
        }
    }
}

impl Oauth2 {
    /// The value of `scope` for this form, if anything is asked for.
    pub fn scope(&self, values: &Values) -> Option<String> {
        let given = self.scope_field.as_deref().and_then(|field| values.get(field)).map(str::to_owned);
        given.or_else(|| (!self.scopes.is_empty()).then(|| self.scopes.join(&self.scope_separator)))
    }

    /// The way to a token that these values choose, if the element has it, else its first.
    pub fn grant(&self, values: &Values) -> Grant {
        let chosen = values.get(GRANT).and_then(Grant::parse).filter(|grant| self.grants.contains(grant));
        chosen.or_else(|| self.grants.first().copied()).unwrap_or_default()
    }

    /// The issuer identifier byte for byte as it was written: RFC 9207 §2.4 and RFC 8414 §3.3 compare it as a simple
    /// string, and a `Url` would add a slash. None where none is known, or where it is no address.
    pub fn issuer_text(&self, values: &Values) -> Option<String> {
        self.issuer.as_ref().and_then(|issuer| issuer.fill_text(values).ok())
    }
}

/// Proof Key for Code Exchange (RFC 7636).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Pkce {
    /// On, as RFC 9700 §2.1.1 advises for every client. Servers that do not know it ignore it (RFC 6749 §3.1).
    #[default]
    #[serde(rename = "S256")]
    S256,
    /// Off, for servers that refuse parameters they do not know.
    #[serde(rename = "off")]
    Off,
}

/// Where the answer of the token endpoint differs from the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenAnswer {
    /// Members that are kept beside the standard ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
}

/// How access is given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Where.
    pub endpoint: Template,
    /// How.
    #[serde(default, skip_serializing_if = "is_default")]
    pub style: RevocationStyle,
}

/// The two ways of giving access back that were met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationStyle {
    /// POST of the token, as RFC 7009 says.
    #[default]
    Rfc7009,
    /// DELETE with the access token as bearer: the token deletes itself.
    DeleteWithToken,
}

/// OAuth 1.0a. An element file names all three endpoints; a hosted platform knows them and does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth1 {
    /// Where temporary credentials come from (RFC 5849 §2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_token_endpoint: Option<Template>,
    /// Where the person signs in (RFC 5849 §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Template>,
    /// Where token credentials come from (RFC 5849 §2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Template>,
    /// How requests are signed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub signature_method: SignatureMethod,
    /// Added to the address that the person opens. May not repeat a standard parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorize_parameters: BTreeMap<String, String>,
}

/// A user name and a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The key of the field with the user name.
    pub username_field: String,
    /// The key of the field with the password; none: the password is empty, and the user name is the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_field: Option<String>,
}

/// A key that goes with each call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key of the field with the API key.
    pub key_field: String,
    /// Where it goes: `{ header = "x-api-key" }` or `{ query = "api_key" }`.
    pub place: ApiKeyPlace,
    /// What stands before the key there, such as `Token `.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// Where an API key goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyPlace {
    /// A request header of this name.
    Header(String),
    /// A query parameter of this name.
    Query(String),
}

/// A kind that only the platform understands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custom {}

/// Another kind of sign-in that a field chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// When it is chosen.
    pub when: Condition,
    /// The kind that then holds.
    pub auth: Auth,
}

fn space() -> String {
    " ".to_owned()
}

fn is_space(text: &str) -> bool {
    text == " "
}
