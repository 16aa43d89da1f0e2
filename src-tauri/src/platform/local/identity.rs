//! Whose account a token is for. The same call is the test of a connection.

use url::Url;

use super::{Local, TIME_REFUSED, filled, practice_url};
use crate::domain::connection::{Account, clean_name, missing_scopes};
use crate::domain::element::{Auth, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form::Values;
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::oauth::token::{TokenSet, error_code};

/// A name is shown in a list: no longer than a person could read.
const LONGEST_IDENTITY: usize = 200;

/// Whether a token is known not to have a scope.
fn lacks(tokens: &TokenSet, scope: Option<&str>) -> bool {
    !missing_scopes(scope, tokens.scope.as_deref()).is_empty()
}

impl Local {
    /// Asks the provider whose account it is. `None` if it does not say: an account without a name is still one.
    pub async fn identity(&self, element: &Element, values: &Values, tokens: &TokenSet) -> Option<Account> {
        self.who(element, values, tokens).await.ok().flatten()
    }

    /// The same, for those who want to know whether the token works.
    ///
    /// # Errors
    /// [`Code::SignInExpired`] if the provider does not accept the token, [`Code::ProviderUnreachable`], or
    /// [`Code::ProviderRejected`].
    pub async fn who(
        &self,
        element: &Element,
        values: &Values,
        tokens: &TokenSet,
    ) -> Result<Option<Account>, Failure> {
        let (endpoint, pointers, key) = match (&self.practice, &element.identity) {
            (Some(_), _) => (practice_url(element, "me"), vec!["/email".to_owned()], None),
            // Nobody is refused an account because its scope was not asked for.
            (None, Some(identity)) if lacks(tokens, identity.needs_scope.as_deref()) => return Ok(None),
            (None, Some(identity)) => {
                (filled(&identity.endpoint, values)?, identity.at.clone(), identity.key.as_ref())
            }
            (None, None) => return Ok(None),
        };
        let url = self.real(endpoint).await?;
        let answer = match element.auth_for(values) {
            Auth::Oauth1(_) => {
                let believed = self.offset(&url);
                let answer = self.ask(&url, element, values, tokens).await?;
                // A signature by the wrong clock is refused; by the provider's own it counts.
                match answer.status == 401 && self.has_learned(&url, believed) {
                    true => self.ask(&url, element, values, tokens).await?,
                    false => answer,
                }
            }
            _ => self.ask(&url, element, values, tokens).await?,
        };
        let failure =
            |code| Failure::new(code).product(&element.name).detail(format!("status {}", answer.status));
        let error = error_code(&answer);
        match answer.status {
            200..300 => {}
            401 if error.as_deref().is_some_and(|error| TIME_REFUSED.contains(&error)) => {
                return Err(Failure { clock_skew: self.http.skew(&url), ..failure(Code::ClockWrong) });
            }
            401 => return Err(failure(Code::SignInExpired)),
            408 | 425 | 429 | 500.. => return Err(failure(Code::ProviderUnreachable)),
            _ => return Err(failure(Code::ProviderRejected)),
        }
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(answer.body.expose()) else {
            return Ok(None);
        };
        let text = |pointer: &String| match json.pointer(pointer)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let shown = |name: String| clean_name(&name).chars().take(LONGEST_IDENTITY).collect::<String>();
        let found = pointers.iter().filter_map(text).find(|t| !t.is_empty());
        let key = key.and_then(text).filter(|key| !key.is_empty() && key.len() <= LONGEST_IDENTITY);
        Ok(found.map(|name| Account { name: shown(name), key }))
    }

    async fn ask(
        &self,
        url: &Url,
        element: &Element,
        values: &Values,
        tokens: &TokenSet,
    ) -> Result<HttpResponse, Failure> {
        let request = HttpRequest::new(Method::Get, url.clone()).header("accept", "application/json");
        let request = self.authorized(request, element, values, tokens)?;
        self.http.send(request).await.map_err(|e| Failure::from(e).product(&element.name))
    }

    /// A request that carries the token, or its signature.
    pub(super) fn authorized(
        &self,
        request: HttpRequest,
        element: &Element,
        values: &Values,
        tokens: &TokenSet,
    ) -> Result<HttpRequest, Failure> {
        let method = request.method.as_str();
        let header = self.authorization(element, values, tokens, method, &request.url, &[])?;
        Ok(request.header("authorization", header))
    }
}
