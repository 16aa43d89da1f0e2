//! A product's own servers, as one sign-in or one connection reaches them. Every address is filled in once, in practice
//! with one of the built-in provider.

mod api;
mod authorize;
mod device;
mod direct;
mod exchange;
pub mod identity;
mod registration;
mod renewal;
pub mod revocation;
mod signed;

use std::collections::BTreeMap;

use url::Url;

use super::practice::{self, Practice};
use super::refusal::unusable;
use crate::domain::connection::missing_scopes;
use crate::domain::element::{
    API_KEY, API_SECRET, Auth, CALLBACK_URL, CallText, Grant, Oauth1, Oauth2, Pkce, RevocationStyle, Session,
    TokenAnswer, fill_all,
};
use crate::domain::error::Failure;
use crate::domain::form::{FieldProblem, FilledForm, Problem};
use crate::domain::oauth::oauth1::Credentials;
use crate::domain::oauth::token::{BodyFormat, ClientAuthentication, TokenEndpoint, TokenSet};
use crate::domain::sensitive::Sensitive;
use crate::domain::template::Template;
use crate::io::http::Http;

/// Where the practice provider puts the token of a session.
const PRACTICE_SESSION: &str = "/session";

/// A product's own servers, for one form.
#[derive(Clone)]
pub struct Provider {
    form: FilledForm,
    server: Server,
    http: Http,
    practice: Option<InPractice>,
}

/// The built-in provider, and where it serves this product in this process.
#[derive(Clone)]
struct InPractice {
    provider: Practice,
    base: Url,
}

/// The authorization server by its protocol.
#[derive(Clone)]
enum Server {
    OAuth2(Box<OAuth2Server>),
    OAuth1(Box<OAuth1Server>),
    /// OAuth 1.0a with a token that was made at the product by hand.
    GivenToken(Box<Oauth1>),
    /// A call that gives a token for a user name and a password.
    Session(Box<SessionServer>),
    /// The form holds the credential itself.
    None,
}

#[derive(Clone)]
struct SessionServer {
    /// What the product wants; the built-in provider wants nothing.
    rules: Option<Session>,
    endpoint: Url,
}

#[derive(Clone)]
struct OAuth2Server {
    rules: Oauth2,
    grant: Grant,
    authorization: Option<Url>,
    token: Url,
    refresh: Url,
    revocation: Option<(Url, RevocationStyle)>,
}

#[derive(Clone)]
struct OAuth1Server {
    rules: Oauth1,
    request_token: Url,
    authorization: Url,
    token: Url,
}

impl Provider {
    /// The servers that the element's file names.
    pub(super) fn real(form: FilledForm, http: &Http) -> Result<Self, Failure> {
        let required = |template: &Option<Template>| fill(&form, template.as_ref().ok_or_else(unnamed)?);
        let optional = |template: &Option<Template>| template.as_ref().map(|t| fill(&form, t)).transpose();
        let server = match form.auth() {
            Auth::Oauth2(rules) => {
                let token = required(&rules.token_endpoint)?;
                let revocation = rules.revocation.as_ref();
                Server::OAuth2(Box::new(OAuth2Server {
                    grant: form.grant(),
                    authorization: optional(&rules.authorization_endpoint)?,
                    refresh: optional(&rules.refresh_endpoint)?.unwrap_or_else(|| token.clone()),
                    revocation: revocation.and_then(|r| Some((r.endpoint.fill(&form.values).ok()?, r.style))),
                    token,
                    rules: (**rules).clone(),
                }))
            }
            Auth::Oauth1(rules) if rules.token_field.is_some() => Server::GivenToken(rules.clone()),
            Auth::Oauth1(rules) => Server::OAuth1(Box::new(OAuth1Server {
                request_token: required(&rules.request_token_endpoint)?,
                authorization: required(&rules.authorization_endpoint)?,
                token: required(&rules.token_endpoint)?,
                rules: (**rules).clone(),
            })),
            Auth::Session(rules) => Server::Session(Box::new(SessionServer {
                endpoint: fill(&form, &rules.endpoint)?,
                rules: Some((**rules).clone()),
            })),
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => Server::None,
        };
        Ok(Self { form, server, http: http.clone(), practice: None })
    }

    /// The built-in provider, started if need be. It knows the authorization code grant only.
    pub(super) async fn practice(
        form: FilledForm,
        http: &Http,
        practice: &Practice,
    ) -> Result<Self, Failure> {
        // One authorization server for each callback path, in practice as in life.
        let base = format!("{}:/{}/", practice::SCHEME, form.element.provider());
        let base = practice.resolve(base.parse().map_err(|_| unnamed())?).await?;
        let at = |path: &str| base.join(path).map_err(|_| unnamed());
        let session = || {
            let server = SessionServer { rules: None, endpoint: at("session")? };
            Ok::<_, Failure>(Server::Session(Box::new(server)))
        };
        let server = match form.auth() {
            Auth::Oauth2(rules) if rules.grant(&form.values).is_without_browser() => session()?,
            Auth::Oauth2(rules) => Server::OAuth2(Box::new(OAuth2Server {
                rules: standard(rules),
                grant: Grant::AuthorizationCode,
                authorization: Some(at("oauth2/authorize")?),
                token: at("oauth2/token")?,
                refresh: at("oauth2/token")?,
                revocation: Some((at("oauth2/revoke")?, RevocationStyle::Rfc7009)),
            })),
            Auth::Oauth1(rules) if rules.token_field.is_some() => Server::GivenToken(rules.clone()),
            Auth::Oauth1(rules) => Server::OAuth1(Box::new(OAuth1Server {
                rules: (**rules).clone(),
                request_token: at("oauth1/request_token")?,
                authorization: at("oauth1/authorize")?,
                token: at("oauth1/access_token")?,
            })),
            Auth::Session(_) => session()?,
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => Server::None,
        };
        let practice = Some(InPractice { provider: practice.clone(), base });
        Ok(Self { form, server, http: http.clone(), practice })
    }

    pub fn form(&self) -> &FilledForm {
        &self.form
    }

    /// Sets one field to a value that became known after the check. No address of the provider may depend on it.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), FieldProblem> {
        self.form.set(key, text)
    }

    pub fn product(&self) -> &str {
        &self.form.element.name
    }

    pub fn is_practice(&self) -> bool {
        self.practice.is_some()
    }

    pub fn grant(&self) -> Grant {
        if let Server::OAuth2(server) = &self.server { server.grant } else { Grant::AuthorizationCode }
    }

    /// A failure with the requests that led to it.
    pub fn with_exchanges(&self, failure: Failure) -> Failure {
        Failure { exchanges: self.http.exchanges(), ..failure }
    }

    /// The host that the account belongs to; in practice there is none.
    pub fn account_host(&self) -> Option<String> {
        let FilledForm { element, values } = &self.form;
        if self.practice.is_some() { None } else { element.account_host(values) }
    }

    /// The hosts that a connection depends on, to be compared when the element's file may have changed.
    pub fn hosts(&self) -> Vec<String> {
        let FilledForm { element, values } = &self.form;
        match self.practice {
            Some(_) => vec![format!("{}:", practice::SCHEME)],
            None => element.hosts(values).map(|hosts| hosts.into_iter().collect()).unwrap_or_default(),
        }
    }

    /// Scopes that the element requests and these tokens lack.
    pub fn missing(&self, tokens: &TokenSet) -> Vec<String> {
        let Server::OAuth2(server) = &self.server else { return Vec::new() };
        missing_scopes(server.rules.scope(&self.form.values).as_deref(), tokens.scope.as_deref())
    }

    fn oauth2(&self) -> Result<&OAuth2Server, Failure> {
        let Server::OAuth2(server) = &self.server else {
            return Err(Failure::internal("this element does not use OAuth 2"));
        };
        Ok(server)
    }

    /// The client of the form. In practice its secret is lent to the built-in provider of this process.
    fn client(&self) -> Credentials {
        let values = &self.form.values;
        let (id_field, secret_field, shared) = match &self.form.element.auth {
            Auth::Oauth2(rules) => {
                (rules.client_id_field.as_str(), &*rules.client_secret_field, rules.client_id.as_deref())
            }
            _ => (API_KEY, API_SECRET, None),
        };
        let secret = values.reveal(secret_field).unwrap_or_default();
        let id = values.get(id_field).or(shared).unwrap_or_default();
        if let Some(practice) = &self.practice {
            practice.provider.present(id, &secret);
        }
        Credentials::client(id, secret)
    }

    /// The same for an authorization that is being prepared, which registers the client in practice.
    fn authorizing_client(&self) -> Result<Credentials, Failure> {
        let client = self.client();
        if let Some(practice) = &self.practice {
            let (product, callback) = (self.form.element.provider(), self.callback_url());
            practice.provider.register(product, &client.client_id, &client.client_secret, callback)?;
        }
        Ok(client)
    }

    fn callback_url(&self) -> &str {
        self.form.values.get(CALLBACK_URL).unwrap_or_default()
    }
}

impl OAuth2Server {
    fn endpoint<'a>(
        &'a self,
        url: &'a Url,
        client: &'a Credentials,
        extra: &'a [(String, String)],
    ) -> TokenEndpoint<'a> {
        TokenEndpoint {
            url,
            client_id: &client.client_id,
            client_secret: &client.client_secret,
            authentication: self.rules.client_authentication,
            body_format: self.rules.body_format,
            extra,
            names: &self.rules.parameter_names,
        }
    }
}

/// The same without what is peculiar to the product: the built-in provider speaks the standard.
fn standard(rules: &Oauth2) -> Oauth2 {
    let answer = TokenAnswer { keep: rules.answer.keep.clone(), ..TokenAnswer::default() };
    let pkce = if rules.uses_pkce() { Pkce::S256 } else { Pkce::Off };
    let body_format = BodyFormat::default();
    Oauth2 { parameter_names: BTreeMap::new(), answer, body_format, pkce, ..rules.clone() }
}

fn fill(form: &FilledForm, template: &Template) -> Result<Url, Failure> {
    template.fill(&form.values).map_err(|error| unusable(&form.element, &error))
}

/// Further parameters of a request, filled in from the form.
fn parameters(form: &FilledForm, texts: &BTreeMap<String, CallText>) -> Vec<(String, String)> {
    let filled = fill_all(texts, &form.values, None).into_iter();
    filled.map(|(name, text)| (name, text.expose().clone())).collect()
}

fn unnamed() -> Failure {
    Failure::internal("the element file names no such endpoint")
}

/// RFC 9700 §2.1.1: what is sent binds a code to its client, either a verifier or the client's secret.
fn require_binding(
    rules: &Oauth2,
    client_secret: &Sensitive<String>,
    has_verifier: bool,
) -> Result<(), Failure> {
    let sends_secret =
        rules.client_authentication != ClientAuthentication::None && !client_secret.expose().is_empty();
    if has_verifier || sends_secret { Ok(()) } else { Err(secret_missing()) }
}

fn secret_missing() -> Failure {
    Failure::form(vec![FieldProblem { key: API_SECRET.to_owned(), problem: Problem::Required }])
}
