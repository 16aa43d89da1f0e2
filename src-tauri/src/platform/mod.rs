//! Whoever answers the calls of the platform API: `oauth/token`, `oauth/url`, `instances`.
//!
//! The calls here are wire values under the API's own names. The engine builds them the same way whatever answers:
//! `hosted` asks a platform over HTTPS, `local` answers on this computer, for the real providers and for the practice
//! provider.

pub mod hosted;
pub mod local;
pub mod practice;

use crate::domain::element::Element;
use crate::domain::error::Failure;
use crate::domain::form::{self, Step, Values};
use crate::domain::oauth::pkce::Verifier;
use crate::domain::oauth::token::TokenSet;
use crate::domain::sensitive::Sensitive;

pub use crate::domain::hosted::instance::Instance;
pub use hosted::Hosted;
pub use local::{Local, refusal};

/// Names and values as they travel.
pub type Pairs = Vec<(String, Sensitive<String>)>;

/// `GET /elements/{path_key}/oauth/token` or `…/oauth/url`.
#[derive(Clone, Debug)]
pub struct OauthCall {
    /// The key in the path, which is not always the one of the element.
    pub path_key: String,
    /// The query.
    pub query: Pairs,
}

impl OauthCall {
    /// Step 4: a request token, OAuth 1.0a only. Our own `state` is sent here too: the platform appends it to the
    /// callback, and would otherwise take the element's key.
    pub fn token(element: &Element, values: &Values, state: &str) -> Self {
        Self::new(element, values, Step::Token, state)
    }

    /// Step 5: the address that the browser opens.
    pub fn url(element: &Element, values: &Values, state: &str, request_token: Option<&str>) -> Self {
        let mut call = Self::new(element, values, Step::Url, state);
        call.query.extend(request_token.map(|token| ("requestToken".to_owned(), token.into())));
        call
    }

    fn new(element: &Element, values: &Values, step: Step, state: &str) -> Self {
        let mut query = form::oauth_query(element, values, step);
        query.push(("state".to_owned(), state.into()));
        Self { path_key: element.path_key().to_owned(), query }
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&Sensitive<String>> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// The answer of `oauth/token`.
#[derive(Clone, Debug)]
pub struct OauthToken {
    /// Goes into `oauth/url` as `requestToken`.
    pub token: String,
    /// Goes into `providerData` as `secret`.
    pub secret: Sensitive<String>,
}

/// The answer of `oauth/url`.
#[derive(Clone, Debug)]
pub struct OauthUrl {
    /// Not trusted before it was checked: a hosted platform wrote it.
    pub oauth_url: String,
    /// What the local platform needs again to exchange the code (RFC 7636). In process it travels with the attempt.
    pub verifier: Option<Verifier>,
}

/// The body of `POST /instances`.
#[derive(Clone, Debug)]
pub struct InstanceBody {
    /// The element's own key.
    pub element: String,
    /// What the connection is called.
    pub name: String,
    /// Free words.
    pub tags: Vec<String>,
    /// Every parameter of the callback; for OAuth 1.0a also `secret`, the one of step 4.
    pub provider_data: Pairs,
    /// The element's fields under their own keys.
    pub configuration: Pairs,
}

impl InstanceBody {
    /// The value under this name in `providerData`.
    pub fn provided(&self, name: &str) -> Option<&Sensitive<String>> {
        self.provider_data.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// What `POST /instances` led to, as far as a connection needs it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The Element token.
    pub token: Sensitive<String>,
    /// The instance's id at the platform; this computer gives the number when it saves.
    pub instance: Option<String>,
    /// What the provider issued. A hosted platform keeps that to itself.
    pub tokens: Option<TokenSet>,
    /// Scopes that were asked for and not granted.
    pub missing: Vec<String>,
    /// The hosts that the connection depends on from now on.
    pub hosts: Vec<String>,
}

/// Why there is no instance.
#[derive(Clone, Debug)]
pub struct NotCreated {
    /// What happened.
    pub failure: Failure,
    /// Whether the platform may have made it nevertheless: no answer came, and looking for it brought none either.
    pub uncertain: bool,
}

impl From<Failure> for NotCreated {
    fn from(failure: Failure) -> Self {
        Self { failure, uncertain: false }
    }
}

/// What `PATCH /instances/{id}` changes; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct InstanceChange {
    /// Another name.
    pub name: Option<String>,
    /// All tags anew.
    pub tags: Option<Vec<String>>,
    /// Entries that are set.
    pub configuration: Option<Pairs>,
    /// A new sign-in in place.
    pub provider_data: Option<Pairs>,
}

/// Whoever answers for a workspace.
#[derive(Clone)]
pub enum Platform {
    /// This computer, or practice.
    Local(Local),
    /// A platform over HTTPS.
    Hosted(Hosted),
}

impl Platform {
    /// `GET /elements/{path_key}/oauth/token`.
    ///
    /// # Errors
    /// Whatever the platform or the provider answers.
    pub async fn oauth_token(&self, call: &OauthCall) -> Result<OauthToken, Failure> {
        match self {
            Self::Local(local) => local.oauth_token(call).await,
            Self::Hosted(hosted) => hosted.oauth_token(call).await,
        }
    }

    /// `GET /elements/{path_key}/oauth/url`.
    ///
    /// # Errors
    /// Whatever the platform answers.
    pub async fn oauth_url(&self, call: &OauthCall) -> Result<OauthUrl, Failure> {
        match self {
            Self::Local(local) => local.oauth_url(call).await,
            Self::Hosted(hosted) => hosted.oauth_url(call).await,
        }
    }

    /// `POST /instances`. `attempt` marks the instance at a hosted platform, so that it can be found should its answer
    /// be lost.
    ///
    /// # Errors
    /// Whatever the platform or the provider answers.
    pub async fn create_instance(
        &self,
        body: &InstanceBody,
        verifier: Option<&Verifier>,
        attempt: &str,
    ) -> Result<Issued, NotCreated> {
        match self {
            Self::Local(local) => Ok(local.create_instance(body, verifier).await?),
            Self::Hosted(hosted) => hosted.create_instance(body, attempt).await,
        }
    }

    /// A failure with what was asked of whom.
    pub fn told(&self, failure: Failure) -> Failure {
        match self {
            Self::Local(local) => local.told(failure),
            Self::Hosted(hosted) => hosted.told(failure),
        }
    }

    /// The host that the account lives at, for people.
    pub fn account_host(&self, element: &Element, values: &Values) -> Option<String> {
        match self {
            Self::Local(local) => local.account_host(element, values),
            Self::Hosted(_) => element.account_host(values),
        }
    }
}
