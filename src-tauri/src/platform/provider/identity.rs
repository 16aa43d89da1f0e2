//! Whose account a token is for. The same call is the test of a connection.

use url::Url;

use super::{Provider, Server, fill};
use crate::domain::connection::{Account, missing_scopes};
use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::resource::read_account;
use crate::domain::oauth::token::TokenSet;
use crate::platform::refusal::call_refusal;

/// Where the answer of the practice provider names the account.
const PRACTICE_NAME: &str = "/email";

/// Where a provider says whose token it is.
struct IdentityCall<'a> {
    url: Url,
    names: Vec<&'a str>,
    key: Option<&'a str>,
}

impl Provider {
    /// Whether [`Self::identify`] has anybody to ask.
    pub fn can_identify(&self, tokens: &TokenSet) -> bool {
        self.identity_call(tokens).is_ok_and(|call| call.is_some())
    }

    /// Asks the provider whose account it is. `None` if it does not say.
    ///
    /// Errors: [`Code::SignInExpired`] if the provider does not accept the token, [`Code::ClockWrong`],
    /// [`Code::ProviderUnreachable`], [`Code::ProviderBadResponse`], or [`Code::ProviderRejected`].
    pub async fn identify(&self, tokens: &TokenSet) -> Result<Option<Account>, Failure> {
        let Some(IdentityCall { url, names, key }) = self.identity_call(tokens)? else { return Ok(None) };
        let ask = async || {
            let request = HttpRequest::new(Method::Get, url.clone()).header("accept", "application/json");
            let answer = self.http.send(self.authorize(request, tokens)?).await;
            answer.map_err(|e| Failure::from(e).product(self.product()))
        };
        let believed = self.clock_offset(&url);
        let mut answer = ask().await?;
        // A signature by the wrong clock is refused; the answer tells the provider's time.
        let is_signed = matches!(self.server, Server::OAuth1(_));
        if is_signed && answer.status == 401 && self.has_learned_clock(&url, believed) {
            answer = ask().await?;
        }
        read_account(&answer, &names, key).map_err(|refused| {
            let failure = call_refusal(refused, &self.form.element);
            let clock_skew = self.http.skew(&url).filter(|_| failure.code == Code::ClockWrong);
            Failure { clock_skew, ..failure }
        })
    }

    fn identity_call(&self, tokens: &TokenSet) -> Result<Option<IdentityCall<'_>>, Failure> {
        if let Some(practice) = &self.practice {
            let url = practice.base.join("me").map_err(|e| Failure::internal(e.to_string()))?;
            return Ok(Some(IdentityCall { url, names: vec![PRACTICE_NAME], key: None }));
        }
        // A call that lacks its scope would be refused although the sign-in is fine.
        let identity = self.form.element.identity.as_ref();
        let identity = identity.filter(|identity| !lacks_scope(tokens, identity.needs_scope.as_deref()));
        let Some(identity) = identity else { return Ok(None) };
        let names = identity.at.iter().map(String::as_str).collect();
        Ok(Some(IdentityCall {
            url: fill(&self.form, &identity.endpoint)?,
            names,
            key: identity.key.as_deref(),
        }))
    }
}

/// Whether a token is known not to have a scope.
fn lacks_scope(tokens: &TokenSet, scope: Option<&str>) -> bool {
    !missing_scopes(scope, tokens.scope.as_deref()).is_empty()
}
