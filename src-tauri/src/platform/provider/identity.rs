//! Whose account a token is for. The same call is the test of a connection.

use std::collections::BTreeMap;

use url::Url;

use super::{Provider, Server, fill};
use crate::domain::connection::{Account, missing_scopes};
use crate::domain::credential::Credential;
use crate::domain::element::{Identity, IdentityMethod, Named, fill_all};
use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::resource::{AccountPlaces, read_account, read_key_end};
use crate::domain::oauth::token::TokenSet;
use crate::io::clock;
use crate::platform::refusal::call_refusal;

/// Where the answer of the practice provider names the account.
const PRACTICE_NAME: &str = "/email";

/// What a provider says about a credential.
#[derive(Debug, Default)]
pub struct Examined {
    pub account: Option<Account>,
    /// When a key ends, in milliseconds since 1970.
    pub ends_at: Option<i64>,
}

impl Provider {
    /// Whether [`Self::identify`] has anybody to ask.
    pub fn can_identify(&self, credential: &Credential) -> bool {
        let is_called = !matches!(credential, Credential::ElementTokenOnly);
        is_called && (self.practice.is_some() || self.identity(credential).is_some())
    }

    /// Asks the provider whose account it is. `None` if it does not say.
    ///
    /// Errors: [`Code::SignInExpired`] if the provider does not accept the credential, [`Code::ClockWrong`],
    /// [`Code::ProviderUnreachable`], [`Code::ProviderBadResponse`], or [`Code::ProviderRejected`].
    pub async fn identify(&self, credential: &Credential) -> Result<Option<Account>, Failure> {
        Ok(self.examine(credential).await?.account)
    }

    /// The same, and when a key ends.
    pub async fn examine(&self, credential: &Credential) -> Result<Examined, Failure> {
        if matches!(credential, Credential::ElementTokenOnly) {
            return Ok(Examined::default());
        }
        let practice_names = [PRACTICE_NAME.to_owned()];
        let (url, identity, places) = match (&self.practice, self.identity(credential)) {
            (Some(practice), _) => {
                let url = practice.base.join("me").map_err(|e| Failure::internal(e.to_string()))?;
                (url, None, AccountPlaces { names: &practice_names, ..AccountPlaces::default() })
            }
            (None, Some(identity)) => {
                let accepted = identity.accepted.as_ref();
                let places = AccountPlaces {
                    names: &identity.at,
                    key: identity.key.as_deref(),
                    accepted: accepted.map(|accepted| (accepted.at.as_str(), accepted.is.as_str())),
                };
                (fill(&self.form, &identity.endpoint)?, Some(identity), places)
            }
            (None, None) => return Ok(Examined::default()),
        };
        let ask = async || {
            let request = self.authorize(self.identity_request(&url, identity, credential), credential)?;
            self.send(request).await
        };
        let believed = self.clock_offset(&url);
        let mut answer = ask().await?;
        // A signature by the wrong clock is refused; the answer tells the provider's time.
        let is_signed = matches!(self.server, Server::OAuth1(_) | Server::GivenToken(_));
        if is_signed && answer.status == 401 && self.has_learned_clock(&url, believed) {
            answer = ask().await?;
        }
        let account = read_account(&answer, &places).map_err(|refused| {
            let failure = call_refusal(refused, &self.form.element);
            let clock_skew = self.http.skew(&url).filter(|_| failure.code == Code::ClockWrong);
            Failure { clock_skew, ..failure }
        })?;
        let expires = identity.and_then(|identity| identity.expires.as_deref());
        Ok(Examined { account, ends_at: expires.and_then(|at| read_key_end(&answer, at, clock::now_s())) })
    }

    /// The call that names the account; a call that lacks its scope would be refused although the sign-in is fine.
    fn identity(&self, credential: &Credential) -> Option<&Identity> {
        let identity = self.form.element.identity.as_ref()?;
        let lacks = |tokens| lacks_scope(tokens, identity.needs_scope.as_deref());
        (!credential.tokens().is_some_and(lacks)).then_some(identity)
    }

    fn identity_request(
        &self,
        url: &Url,
        identity: Option<&Identity>,
        credential: &Credential,
    ) -> HttpRequest {
        let carried = self.form.call_parts(credential);
        let token = credential.calling_secret();
        let filled = |texts, carried: Named| {
            let mut filled = fill_all(texts, &self.form.values, token);
            filled.extend(carried);
            filled
        };
        let request = |method| HttpRequest::new(method, url.clone()).header("accept", "application/json");
        let none = BTreeMap::new();
        let graphql = identity.and_then(|identity| identity.graphql.clone());
        let mut json = filled(identity.map_or(&none, |identity| &identity.json), carried.json);
        json.extend(graphql.map(|query| ("query".to_owned(), query.into())));
        if !json.is_empty() {
            return request(Method::Post).json(&json);
        }
        let form = filled(identity.map_or(&none, |identity| &identity.form), carried.form);
        if !form.is_empty() {
            return request(Method::Post).form(&form);
        }
        match identity.and_then(|identity| identity.method) {
            Some(IdentityMethod::Post) => request(Method::Post),
            Some(IdentityMethod::Get) | None => request(Method::Get),
        }
    }
}

/// Whether a token is known not to have a scope.
fn lacks_scope(tokens: &TokenSet, scope: Option<&str>) -> bool {
    !missing_scopes(scope, tokens.scope.as_deref()).is_empty()
}
