//! The platform on this person's own computer: it answers the calls of the platform API itself, by filling in the
//! provider's addresses, signing OAuth 1.0a, running PKCE and exchanging the code.
//!
//! In the practice workspace the same code talks to the built-in provider instead. What was issued is handed back at
//! once: keeping it is the engine's first concern, and nothing here comes between.

mod api;
mod device;
mod identity;
mod provider;
mod renew;
mod revoke;
mod signed;

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::practice::{self, Practice};
use super::{InstanceBody, Issued, OauthCall, OauthToken, OauthUrl, Pairs};
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element, Grant, Oauth1, Oauth2, Pkce};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, FieldProblem, Problem, Values};
use crate::domain::http::HttpResponse;
use crate::domain::oauth::authorize::AuthorizationRequest;
use crate::domain::oauth::oauth1::{self, Credentials, Signing};
use crate::domain::oauth::pkce::Verifier;
use crate::domain::oauth::token::{
    TokenEndpoint, TokenRefusal, TokenSet, read_token_answer, registered_address, speaks_of_redirect,
};
use crate::domain::sensitive::Sensitive;
use crate::domain::template::Template;
use crate::io::catalog::Catalog;
use crate::io::clock;
use crate::io::http::Http;

pub use api::Addresses;
pub use revoke::revocation;

/// The platform on this computer.
#[derive(Clone)]
pub struct Local {
    catalog: Arc<Catalog>,
    http: Http,
    /// Present in the practice workspace: its provider stands in for all products.
    practice: Option<Practice>,
}

/// Where an OAuth 2 provider is.
struct Endpoints2 {
    /// Absent where nobody is sent there.
    authorization: Option<Url>,
    token: Url,
    refresh: Url,
}

/// Where an OAuth 1.0a provider is.
struct Endpoints1 {
    request_token: Url,
    authorization: Url,
    token: Url,
}

impl Local {
    /// A platform for the real providers, or for `practice`. It notes what it asks, for a report.
    pub fn new(catalog: Arc<Catalog>, http: &Http, practice: Option<Practice>) -> Self {
        Self { catalog, http: http.with_journal(), practice }
    }

    /// `GET /elements/{path_key}/oauth/token`: asks the provider for a request token.
    ///
    /// # Errors
    /// An unknown element, a missing value, or whatever the provider answers.
    pub async fn oauth_token(&self, call: &OauthCall) -> Result<OauthToken, Failure> {
        let element = self.element(&call.path_key)?;
        let values = values_of_query(element, &call.query)?;
        let Auth::Oauth1(oauth1) = element.auth_for(&values) else {
            return Err(Failure::internal("oauth/token is for OAuth 1.0a elements only"));
        };
        let client = self.client(element, &values)?;
        let endpoints = self.endpoints1(element, oauth1, &values).await?;
        // `?state=…` is appended to the callback, as the platform does, and so comes back with the answer.
        let callback = with_state(values.get(CALLBACK_URL).unwrap_or_default(), call.get("state"));
        let url = endpoints.request_token;
        let answer = self
            .signed(oauth1, &url, |signing| oauth1::request_token(url.clone(), &callback, &client, signing))
            .await?;
        let issued = oauth1::read_temporary(&answer).map_err(|e| self.signed_refusal(e, element, &url))?;
        Ok(OauthToken { token: issued.token, secret: issued.secret })
    }

    /// `GET /elements/{path_key}/oauth/url`: fills in the address that the browser opens.
    ///
    /// # Errors
    /// An unknown element or a missing value.
    pub async fn oauth_url(&self, call: &OauthCall) -> Result<OauthUrl, Failure> {
        let element = self.element(&call.path_key)?;
        let values = values_of_query(element, &call.query)?;
        let client = self.client(element, &values)?;
        match element.auth_for(&values) {
            Auth::Oauth1(oauth1) => {
                let endpoints = self.endpoints1(element, oauth1, &values).await?;
                let token = call.get("requestToken").map(|t| t.expose().as_str()).unwrap_or_default();
                let url = oauth1::authorization_url(
                    &endpoints.authorization,
                    token,
                    &pairs(&oauth1.authorize_parameters),
                )
                .map_err(|e| Failure::internal(e.to_string()))?;
                Ok(OauthUrl { oauth_url: url.into(), verifier: None })
            }
            Auth::Oauth2(oauth2) => {
                let endpoints = self.endpoints2(element, oauth2, &values).await?;
                if oauth2.pkce == Pkce::Off && client.client_secret.expose().is_empty() {
                    // RFC 9700 §2.1.1: nothing else binds the code to a client without a secret.
                    return Err(secret_missing());
                }
                let verifier = (oauth2.pkce == Pkce::S256).then(|| Verifier::from_random(clock::random()));
                let given =
                    |name: &str| call.get(name).map(|text| text.expose().clone()).filter(|t| !t.is_empty());
                // A caller of the platform API may ask for another scope than the element does.
                let scope = given("scope").or_else(|| oauth2.scope(&values));
                let request = AuthorizationRequest {
                    endpoint: endpoints.authorization.ok_or_else(unnamed)?,
                    client_id: client.client_id,
                    redirect_uri: values.get(CALLBACK_URL).unwrap_or_default().to_owned(),
                    extra: authorize_parameters(oauth2, scope.as_deref()),
                    scope,
                    state: call.get("state").map(|s| s.expose().clone()).unwrap_or_default(),
                    code_challenge: verifier.as_ref().map(Verifier::challenge),
                };
                let url = request.url().map_err(|e| Failure::internal(e.to_string()))?;
                Ok(OauthUrl { oauth_url: url.into(), verifier })
            }
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => {
                Err(Failure::internal("this element does not sign in with a browser"))
            }
        }
    }

    /// `POST /instances`: exchanges what the callback brought for tokens and mints the Element token.
    ///
    /// # Errors
    /// An unknown element, a missing value, or whatever the provider answers.
    pub async fn create_instance(
        &self,
        body: &InstanceBody,
        verifier: Option<&Verifier>,
    ) -> Result<Issued, Failure> {
        let element = self.element(&body.element)?;
        // What the callback added to the configuration is for the platform's books; the form knows its own fields.
        let values = form::check_entries(element, body.configuration.iter().map(|(key, value)| (key, value)))
            .map_err(Failure::form)?;
        let client = self.client_of_earlier(&values);
        let tokens = match element.auth_for(&values) {
            Auth::Oauth2(oauth2) => {
                let endpoints = self.endpoints2(element, oauth2, &values).await?;
                let extra = pairs(&oauth2.token_parameters);
                let token_endpoint = endpoint(oauth2, &endpoints.token, &client, &extra);
                let asked = oauth2.scope(&values);
                let request = match self.grant(oauth2, &values) {
                    // RFC 6749 §4.4: only for clients that can prove who they are.
                    Grant::ClientCredentials if client.client_secret.expose().is_empty() => {
                        return Err(secret_missing());
                    }
                    Grant::ClientCredentials => token_endpoint.client_credentials(asked.as_deref()),
                    Grant::AuthorizationCode | Grant::DeviceCode => {
                        let missing =
                            || Failure::new(Code::ProviderBadResponse).detail("the answer holds no code");
                        let code = body.provided("code").ok_or_else(missing)?;
                        token_endpoint.code(code, values.get(CALLBACK_URL).unwrap_or_default(), verifier)
                    }
                };
                let request = request.map_err(|e| Failure::internal(e.to_string()))?;
                let answer = self.http.send(request).await?;
                let tokens = read(oauth2, &answer).map_err(|e| Failure {
                    redirect: values.get(CALLBACK_URL).map(str::to_owned),
                    ..refusal(e, element)
                })?;
                // RFC 6749 §5.1: without `scope` in the answer, what was asked for was given.
                TokenSet { scope: tokens.scope.or(asked), ..tokens }
            }
            Auth::Oauth1(oauth1) => {
                let endpoints = self.endpoints1(element, oauth1, &values).await?;
                let part = |name: &str| body.provided(name).cloned().unwrap_or_default();
                let credentials = client.with_token(part("oauth_token"), part("secret"));
                let (url, verifier) = (endpoints.token, part("oauth_verifier"));
                let make =
                    |signing: &Signing| oauth1::access_token(url.clone(), &verifier, &credentials, signing);
                let answer = self.signed(oauth1, &url, make).await?;
                oauth1::read_access(&answer, &[]).map_err(|e| self.signed_refusal(e, element, &url))?
            }
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => {
                return Err(Failure::internal("this element does not sign in with a browser"));
            }
        };
        Ok(self.issued(element, &values, tokens))
    }

    /// What a connection is made of, once the provider has issued its tokens.
    pub fn issued(&self, element: &Element, values: &Values, tokens: TokenSet) -> Issued {
        Issued {
            token: clock::random_token().into(),
            instance: None,
            missing: self.missing(element, values, &tokens),
            tokens: Some(tokens),
            hosts: self.hosts(element, values),
        }
    }

    /// Whether the practice provider stands in for all products.
    pub fn is_practice(&self) -> bool {
        self.practice.is_some()
    }

    /// A failure with what was asked of whom since this platform was made.
    pub fn told(&self, failure: Failure) -> Failure {
        Failure { exchanges: self.http.exchanges(), ..failure }
    }

    /// The host that the account lives at, for people; nothing in practice, where there is none.
    pub fn account_host(&self, element: &Element, values: &Values) -> Option<String> {
        if self.practice.is_some() { None } else { element.account_host(values) }
    }

    /// Whether the element's file still names the hosts that a connection was made with.
    pub fn is_pinned(&self, element: &Element, values: &Values, hosts: &[String]) -> bool {
        self.hosts(element, values) == hosts
    }

    fn hosts(&self, element: &Element, values: &Values) -> Vec<String> {
        match self.practice {
            Some(_) => vec![format!("{}:", practice::SCHEME)],
            None => element.hosts(values).map(|h| h.into_iter().collect()).unwrap_or_default(),
        }
    }

    fn element(&self, key: &str) -> Result<&Element, Failure> {
        Ok(self.catalog.find(key)?)
    }

    /// The client of an authorization that is being made. In practice it is registered by that.
    fn client(&self, element: &Element, values: &Values) -> Result<Credentials, Failure> {
        let client = self.client_of_earlier(values);
        if let Some(practice) = &self.practice {
            let callback = values.get(CALLBACK_URL).unwrap_or_default();
            practice.register(element.provider(), &client.client_id, &client.client_secret, callback)?;
        }
        Ok(client)
    }

    /// The client of an authorization that was made before, perhaps by another process.
    fn client_of_earlier(&self, values: &Values) -> Credentials {
        let secret = values.secret(API_SECRET).cloned().unwrap_or_default();
        let id = values.get(API_KEY).unwrap_or_default();
        if let Some(practice) = &self.practice {
            practice.present(id, &secret);
        }
        Credentials::client(id, secret)
    }

    async fn endpoints2(
        &self,
        element: &Element,
        oauth2: &Oauth2,
        values: &Values,
    ) -> Result<Endpoints2, Failure> {
        if self.practice.is_some() {
            let token = self.real(practice_url(element, "oauth2/token")).await?;
            let authorization = self.real(practice_url(element, "oauth2/authorize")).await?;
            let authorization = Some(authorization);
            return Ok(Endpoints2 { authorization, refresh: token.clone(), token });
        }
        let token = named(&oauth2.token_endpoint, values)?;
        let refresh = match &oauth2.refresh_endpoint {
            Some(template) => filled(template, values)?,
            None => token.clone(),
        };
        let authorization = oauth2.authorization_endpoint.as_ref();
        let authorization = authorization.map(|template| filled(template, values)).transpose()?;
        Ok(Endpoints2 { authorization, refresh, token })
    }

    async fn endpoints1(
        &self,
        element: &Element,
        oauth1: &Oauth1,
        values: &Values,
    ) -> Result<Endpoints1, Failure> {
        if self.practice.is_some() {
            return Ok(Endpoints1 {
                request_token: self.real(practice_url(element, "oauth1/request_token")).await?,
                authorization: self.real(practice_url(element, "oauth1/authorize")).await?,
                token: self.real(practice_url(element, "oauth1/access_token")).await?,
            });
        }
        Ok(Endpoints1 {
            request_token: named(&oauth1.request_token_endpoint, values)?,
            authorization: named(&oauth1.authorization_endpoint, values)?,
            token: named(&oauth1.token_endpoint, values)?,
        })
    }

    async fn real(&self, url: Url) -> Result<Url, Failure> {
        match &self.practice {
            Some(practice) => practice.resolve(url).await,
            None => Ok(url),
        }
    }
}

/// The values that a query of the platform API carries.
fn values_of_query(element: &Element, query: &Pairs) -> Result<Values, Failure> {
    let query: Vec<_> = query.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect();
    form::check_call(element, &form::read_query(element, &query)).map_err(Failure::form)
}

/// One authorization server for each callback path, in practice as in life.
fn practice_url(element: &Element, path: &str) -> Url {
    format!("{}:/{}/{path}", practice::SCHEME, element.provider())
        .parse()
        .expect("keys are URL-safe by their format")
}

fn filled(template: &Template, values: &Values) -> Result<Url, Failure> {
    template.fill(values).map_err(|e| Failure::new(Code::ElementInvalid).detail(e.to_string()))
}

/// An endpoint that only elements of hosted platforms may leave out.
fn named(template: &Option<Template>, values: &Values) -> Result<Url, Failure> {
    filled(template.as_ref().ok_or_else(unnamed)?, values)
}

fn unnamed() -> Failure {
    Failure::internal("the element file names no such endpoint")
}

fn with_state(callback: &str, state: Option<&Sensitive<String>>) -> String {
    let Some(state) = state else { return callback.to_owned() };
    let separator = if callback.contains('?') { '&' } else { '?' };
    format!("{callback}{separator}state={}", state.expose())
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// What is added to the address that the browser opens.
fn authorize_parameters(oauth2: &Oauth2, scope: Option<&str>) -> Vec<(String, String)> {
    let mut parameters = pairs(&oauth2.authorize_parameters);
    let asks = |word: &str| scope.is_some_and(|scope| scope.split(' ').any(|asked| asked == word));
    // OpenID Connect Core 1.0 §11: without the consent prompt the server ignores `offline_access`.
    if asks("openid") && asks("offline_access") && !oauth2.authorize_parameters.contains_key("prompt") {
        parameters.push(("prompt".to_owned(), "consent".to_owned()));
    }
    parameters
}

fn endpoint<'a>(
    oauth2: &Oauth2,
    url: &'a Url,
    client: &'a Credentials,
    extra: &'a [(String, String)],
) -> TokenEndpoint<'a> {
    TokenEndpoint {
        url,
        client_id: &client.client_id,
        client_secret: &client.client_secret,
        authentication: oauth2.client_authentication,
        body_format: oauth2.body_format,
        extra,
    }
}

fn read(oauth2: &Oauth2, answer: &HttpResponse) -> Result<TokenSet, TokenRefusal> {
    let mut tokens = read_token_answer(answer, &oauth2.answer.keep)?;
    tokens.expires_in = tokens.expires_in.or(oauth2.default_life.map(u64::from));
    Ok(tokens)
}

fn secret_missing() -> Failure {
    Failure::form(vec![FieldProblem { key: API_SECRET.to_owned(), problem: Problem::Required }])
}

/// What a refusal of the provider means for a sign-in.
pub fn refusal(refusal: TokenRefusal, element: &Element) -> Failure {
    let failure = match refusal {
        TokenRefusal::Refused { error, description, .. } => {
            let code = if TIME_REFUSED.contains(&error.as_str()) {
                Code::ClockWrong
            } else if error == "invalid_grant" {
                // RFC 6749 §5.2: the code is spent, too old, or of another redirect address. The client is fine.
                Code::AuthorizationExpired
            } else if speaks_of_redirect(&error, description.as_deref()) {
                Code::RedirectMismatch
            } else {
                Code::ProviderRejected
            };
            let registered = description.as_deref().and_then(registered_address);
            let words = description.map_or_else(|| error.clone(), |d| format!("{error}: {d}"));
            Failure { registered, ..Failure::new(code).detail(words) }
        }
        TokenRefusal::Temporary { status, retry_after } => {
            let failure = Failure::new(Code::ProviderUnreachable).detail(format!("status {status}"));
            Failure { retry_after, ..failure }
        }
        TokenRefusal::BadAnswer(what) => Failure::new(Code::ProviderBadResponse).detail(what),
    };
    failure.product(&element.name)
}

/// What the OAuth 1.0 problem reporting extension calls a time that is too far off.
const TIME_REFUSED: [&str; 1] = ["timestamp_refused"];
