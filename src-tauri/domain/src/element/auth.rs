//! Kinds of sign-in, as the platform API names them, with what this computer needs to sign in at the product itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call_text::CallText;
use super::defaults::is_default;
use super::field::{API_KEY, API_SECRET, GRANT};
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
    /// OAuth 2 (RFC 6749), by any [`Grant`].
    Oauth2(Box<Oauth2>),
    /// OAuth 1.0a (RFC 5849).
    Oauth1(Box<Oauth1>),
    /// A user name and a password (RFC 7617).
    Basic(Basic),
    /// A key that is sent with each call.
    ApiKey(ApiKey),
    /// A call that gives a token for a user name and a password.
    Session(Box<Session>),
    /// Anything else: the fields are sent to the platform.
    Custom(Custom),
}

impl Default for Auth {
    fn default() -> Self {
        Self::Custom(Custom::default())
    }
}

impl Auth {
    /// The name in element files.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// Whether a sign-in usually needs a browser; [`super::Element::needs_browser_for`] knows the chosen grant.
    pub fn needs_browser(&self) -> bool {
        match self {
            Self::Oauth2(_) => true,
            Self::Oauth1(oauth1) => oauth1.token_field.is_none(),
            Self::Basic(_) | Self::ApiKey(_) | Self::Session(_) | Self::Custom(_) => false,
        }
    }

    /// The address with this name in the element file.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates().into_iter().find(|(known, _)| *known == name).map(|(_, template)| template)
    }

    /// Every address that is called or opened, with its name in the element file.
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
            Self::Session(session) => vec![("endpoint", Some(&session.endpoint))],
            Self::Basic(_) | Self::ApiKey(_) | Self::Custom(_) => Vec::new(),
        };
        named.into_iter().filter_map(|(name, template)| template.map(|t| (name, t))).collect()
    }
}

/// OAuth 2, by any [`Grant`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth2 {
    /// The issuer identifier (RFC 8414 §2), for `announces_issuer`. Its metadata is not read: the file names each
    /// endpoint.
    pub issuer: Option<Template>,
    /// Whether each answer carries `iss` (RFC 9207), which then must equal `issuer`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub announces_issuer: bool,
    /// Where the user signs in. Needed by the grant `authorization_code`.
    pub authorization_endpoint: Option<Template>,
    /// Where tokens are issued. Needed by every grant; absent only in descriptions of hosted platforms.
    pub token_endpoint: Option<Template>,
    /// Where tokens are renewed, if not at `token_endpoint`.
    pub refresh_endpoint: Option<Template>,
    /// Where a sign-in on another device starts (RFC 8628 §3.1). Needed by the grant `device_code`.
    pub device_authorization_endpoint: Option<Template>,
    /// Where the application registers itself if the user has no client (RFC 7591 §3).
    pub registration_endpoint: Option<Template>,
    /// The client ID of a public client that all users share. No registration is needed.
    pub client_id: Option<String>,
    /// The supported grants, best first; the field `oauth.grant` chooses another. Default: `authorization_code`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// The requested scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The key of a field whose value, if any, replaces `scopes`.
    pub scope_field: Option<String>,
    /// The separator of scopes; RFC 6749 §3.3 says a space.
    #[serde(default = "space", skip_serializing_if = "is_space")]
    pub scope_separator: String,
    /// How the client authenticates.
    #[serde(default, skip_serializing_if = "is_default")]
    pub client_authentication: ClientAuthentication,
    /// Whether PKCE binds the code to this sign-in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pkce: Pkce,
    /// The format of requests to the token endpoint.
    #[serde(default, skip_serializing_if = "is_default")]
    pub body_format: BodyFormat,
    /// Added to the authorization request: texts, or keys of fields in braces. Must not repeat a standard parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorize_parameters: BTreeMap<String, CallText>,
    /// Added to each request to the token endpoint, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub token_parameters: BTreeMap<String, CallText>,
    /// Other names of standard parameters: `{ client_id = "client_key" }`. That of `code` is also its name in the
    /// callback.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameter_names: BTreeMap<String, String>,
    /// The key of the field with the client ID. Default: `oauth.api.key`.
    #[serde(default = "api_key", skip_serializing_if = "is_api_key")]
    pub client_id_field: String,
    /// The key of the field with the client secret. Default: `oauth.api.secret`.
    #[serde(default = "api_secret", skip_serializing_if = "is_api_secret")]
    pub client_secret_field: String,
    /// The key of the field with the user name, for the grant `password`. Default: `username`.
    pub username_field: Option<String>,
    /// The key of the field with the password, for the grant `password`. Default: `password`.
    pub password_field: Option<String>,
    /// Where the answer of the token endpoint differs from RFC 6749 §5.1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub answer: TokenAnswer,
    /// The lifetime of an access token in seconds if the answer does not say. Default: it does not expire.
    pub default_life: Option<u32>,
    /// How access is revoked.
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
            client_id: None,
            grants: Vec::new(),
            scopes: Vec::new(),
            scope_field: None,
            scope_separator: space(),
            client_authentication: ClientAuthentication::default(),
            pkce: Pkce::default(),
            body_format: BodyFormat::default(),
            authorize_parameters: BTreeMap::new(),
            token_parameters: BTreeMap::new(),
            parameter_names: BTreeMap::new(),
            client_id_field: api_key(),
            client_secret_field: api_secret(),
            username_field: None,
            password_field: None,
            answer: TokenAnswer::default(),
            default_life: None,
            revocation: None,
        }
    }
}

impl Oauth2 {
    /// The `scope` parameter for this form, if any.
    pub fn scope(&self, values: &Values) -> Option<String> {
        let given = self.scope_field.as_deref().and_then(|field| values.get(field)).map(str::to_owned);
        given.or_else(|| (!self.scopes.is_empty()).then(|| self.scopes.join(&self.scope_separator)))
    }

    /// The grant that these values choose, if the element has it, else its first.
    pub fn grant(&self, values: &Values) -> Grant {
        let chosen = values.get(GRANT).and_then(Grant::parse).filter(|grant| self.grants.contains(grant));
        chosen.or_else(|| self.grants.first().copied()).unwrap_or_default()
    }

    /// Whether the sign-in sends a PKCE challenge. A client that authenticates with no secret does in any case: nothing else
    /// binds the code to it (RFC 9700 §2.1.1).
    pub fn uses_pkce(&self) -> bool {
        self.pkce != Pkce::Off || self.client_authentication == ClientAuthentication::None
    }

    /// The issuer identifier byte for byte, as RFC 9207 §2.4 and RFC 8414 §3.3 compare it.
    pub fn issuer_text(&self, values: &Values) -> Option<String> {
        self.issuer.as_ref().and_then(|issuer| issuer.fill_text(values).ok())
    }
}

/// Proof Key for Code Exchange (RFC 7636).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Pkce {
    /// On, as RFC 9700 §2.1.1 recommends. Servers that do not know it ignore it (RFC 6749 §3.1).
    #[default]
    #[serde(rename = "S256")]
    S256,
    /// The verifier itself is the challenge, for the few servers that know nothing else (RFC 7636 §4.2).
    #[serde(rename = "plain")]
    Plain,
    /// Off, for servers that refuse unknown parameters.
    #[serde(rename = "off")]
    Off,
}

/// Where the answer of the token endpoint differs from the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenAnswer {
    /// Members to keep besides the standard ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// A JSON pointer (RFC 6901) to the object that has the members, where that is not the whole answer.
    pub at: Option<String>,
    /// JSON pointers, from `at`, to standard members that have other names:
    /// `{ access_token = "/authed_user/access_token" }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

/// How access is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The address to call.
    pub endpoint: Template,
    /// The kind of call.
    #[serde(default, skip_serializing_if = "is_default")]
    pub style: RevocationStyle,
}

/// The kind of call that revokes access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationStyle {
    /// POST of the token (RFC 7009).
    #[default]
    Rfc7009,
    /// DELETE with the access token as bearer: the token deletes itself.
    DeleteWithToken,
    /// POST with the access token as bearer, without a body.
    PostWithToken,
    /// DELETE with the client's ID and secret as Basic, and the access token as member of a JSON body.
    DeleteWithClient,
}

/// OAuth 1.0a. Element files name all three endpoints; descriptions of hosted platforms name none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth1 {
    /// Where temporary credentials are issued (RFC 5849 §2.1).
    pub request_token_endpoint: Option<Template>,
    /// Where the user signs in (RFC 5849 §2.2).
    pub authorization_endpoint: Option<Template>,
    /// Where token credentials are issued (RFC 5849 §2.3).
    pub token_endpoint: Option<Template>,
    /// How requests are signed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub signature_method: SignatureMethod,
    /// Added to the authorization address. Must not repeat a standard parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorize_parameters: BTreeMap<String, CallText>,
    /// The key of the field with a token that was made at the product by hand. Then there are no endpoints and no browser.
    pub token_field: Option<String>,
    /// The key of the field with that token's secret.
    pub token_secret_field: Option<String>,
    /// The key of the field with the realm of the `Authorization` header (RFC 5849 §3.5.1).
    pub realm_field: Option<String>,
}

/// A user name and a password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The user name: a text with keys of fields in braces. Default: the field of `username_field`.
    pub username: Option<CallText>,
    /// The password, likewise.
    pub password: Option<CallText>,
    /// The key of the field with the user name. Default: `username`.
    pub username_field: Option<String>,
    /// The key of the field with the password. Default: `password`; without one the password is empty, and the user name is
    /// the secret.
    pub password_field: Option<String>,
}

/// A key that is sent with each call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key of the field with the API key. Default: `api.key`.
    pub key_field: Option<String>,
    /// Where it is sent: `{ header = "x-api-key" }` or `{ query = "api_key" }`. Default: as `api` says.
    pub place: Option<ApiKeyPlace>,
    /// Text before the key, such as `Token `.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// Where an API key is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyPlace {
    /// In a request header of this name.
    Header(String),
    /// In a query parameter of this name.
    Query(String),
}

/// A call that gives a token for a user name and a password. The token is renewed by the same call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Called with POST.
    pub endpoint: Template,
    /// The members of a JSON body: texts with keys of fields in braces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub json: BTreeMap<String, CallText>,
    /// The parameters of a form as the body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, CallText>,
    /// Whether the call carries user name and password as HTTP Basic.
    #[serde(default, skip_serializing_if = "is_default")]
    pub basic: bool,
    /// A JSON pointer to the token in the answer.
    pub token: Option<String>,
    /// The header of the answer that has the token.
    pub token_header: Option<String>,
    /// The lifetime of the token in seconds. Default: it does not expire.
    pub life: Option<u32>,
}

/// A kind that only a platform implements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custom {}

fn space() -> String {
    " ".to_owned()
}

fn is_space(text: &str) -> bool {
    text == " "
}

fn api_key() -> String {
    API_KEY.to_owned()
}

fn is_api_key(key: &str) -> bool {
    key == API_KEY
}

fn api_secret() -> String {
    API_SECRET.to_owned()
}

fn is_api_secret(key: &str) -> bool {
    key == API_SECRET
}
