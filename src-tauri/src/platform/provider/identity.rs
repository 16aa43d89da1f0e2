//! Whose account a token is for. The same call is the test of a connection.

use super::{Provider, Server, fill};
use crate::domain::connection::{Account, missing_scopes, normalize_name};
use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::token::{TokenSet, error_code};
use crate::platform::refusal::TIME_REFUSED;

/// The longest name of an account, in characters: it is shown in a list.
const IDENTITY_MAX: usize = 200;

/// Where the answer of the practice provider names the account.
const PRACTICE_NAME: &str = "/email";

impl Provider {
    /// Asks the provider whose account it is. `None` if it does not say.
    ///
    /// Errors: [`Code::SignInExpired`] if the provider does not accept the token, [`Code::ClockWrong`],
    /// [`Code::ProviderUnreachable`], or [`Code::ProviderRejected`].
    pub async fn identify(&self, tokens: &TokenSet) -> Result<Option<Account>, Failure> {
        let (url, names, key) = match (&self.practice, &self.form.element.identity) {
            (Some(practice), _) => {
                let url = practice.base.join("me").map_err(|e| Failure::internal(e.to_string()))?;
                (url, vec![PRACTICE_NAME], None)
            }
            // A call that lacks its scope would be refused although the sign-in is fine.
            (None, Some(identity)) if lacks_scope(tokens, identity.needs_scope.as_deref()) => {
                return Ok(None);
            }
            (None, Some(identity)) => {
                let names = identity.at.iter().map(String::as_str).collect();
                (fill(&self.form, &identity.endpoint)?, names, identity.key.as_deref())
            }
            (None, None) => return Ok(None),
        };
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
        let failure =
            |code| Failure::new(code).product(self.product()).detail(format!("status {}", answer.status));
        let error = error_code(&answer);
        match answer.status {
            200..300 => {}
            401 if error.as_deref() == Some(TIME_REFUSED) => {
                return Err(Failure { clock_skew: self.http.skew(&url), ..failure(Code::ClockWrong) });
            }
            401 => return Err(failure(Code::SignInExpired)),
            408 | 425 | 429 | 500.. => return Err(failure(Code::ProviderUnreachable)),
            _ => return Err(failure(Code::ProviderRejected)),
        }
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(answer.body.expose()) else {
            return Ok(None);
        };
        let text = |pointer: &str| match json.pointer(pointer)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let shown = |name: String| normalize_name(&name).chars().take(IDENTITY_MAX).collect::<String>();
        let found = names.into_iter().filter_map(text).find(|t| !t.is_empty());
        let key = key.and_then(text).filter(|key| !key.is_empty() && key.len() <= IDENTITY_MAX);
        Ok(found.map(|name| Account { name: shown(name), key }))
    }
}

/// Whether a token is known not to have a scope.
fn lacks_scope(tokens: &TokenSet, scope: Option<&str>) -> bool {
    !missing_scopes(scope, tokens.scope.as_deref()).is_empty()
}
