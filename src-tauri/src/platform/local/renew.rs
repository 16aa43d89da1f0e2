//! A new access token for an old one.

use super::{Local, endpoint, pairs, read, refusal};
use crate::domain::connection::missing_scopes;
use crate::domain::element::{Auth, Element, Grant, Oauth2};
use crate::domain::error::{Code, Failure};
use crate::domain::form::Values;
use crate::domain::oauth::token::{self, TokenRefusal, TokenSet};

impl Local {
    /// Whether a token can be renewed without a person.
    pub fn renews(&self, element: &Element, values: &Values, tokens: &TokenSet) -> bool {
        match element.auth_for(values) {
            Auth::Oauth2(oauth2) => {
                tokens.refresh_token.is_some() || self.grant(oauth2, values) == Grant::ClientCredentials
            }
            _ => false,
        }
    }

    /// Scopes that the element asks for and these tokens do not have.
    pub fn missing(&self, element: &Element, values: &Values, tokens: &TokenSet) -> Vec<String> {
        match element.auth_for(values) {
            Auth::Oauth2(oauth2) => missing_scopes(oauth2.scope(values).as_deref(), tokens.scope.as_deref()),
            _ => Vec::new(),
        }
    }

    /// Renews an OAuth 2 access token. The answer is complete: what it leaves out is taken from `old`.
    ///
    /// # Errors
    /// [`Code::SignInExpired`] if the provider says that the grant has ended, [`Code::NeedsSettings`] if it does not
    /// accept the client; [`Code::ProviderUnreachable`] may pass, everything else does not.
    pub async fn renew(
        &self,
        element: &Element,
        values: &Values,
        old: &TokenSet,
    ) -> Result<TokenSet, Failure> {
        let Auth::Oauth2(oauth2) = element.auth_for(values) else {
            return Err(Failure::internal("only OAuth 2 tokens are renewed"));
        };
        let client = self.client_of_earlier(values);
        let endpoints = self.endpoints2(element, oauth2, values).await?;
        let extra = pairs(&oauth2.token_parameters);
        let request = match &old.refresh_token {
            Some(refresh_token) => {
                endpoint(oauth2, &endpoints.refresh, &client, &extra).refresh(refresh_token, None)
            }
            // RFC 6749 §4.4.3: there is no refresh token, the client shows itself again.
            None => endpoint(oauth2, &endpoints.token, &client, &extra)
                .client_credentials(oauth2.scope(values).as_deref()),
        };
        let request = request.map_err(|e| Failure::internal(e.to_string()))?;
        let answer = self.http.send(request).await.map_err(|e| Failure::from(e).product(&element.name))?;
        match read(oauth2, &answer) {
            Ok(new) => Ok(token::refreshed(old, new)),
            Err(TokenRefusal::Refused { error, .. }) if error == "invalid_grant" => {
                Err(Failure::new(Code::SignInExpired).product(&element.name).detail(error))
            }
            Err(TokenRefusal::Refused { error, .. })
                if ["invalid_client", "unauthorized_client"].contains(&&*error) =>
            {
                Err(Failure::new(Code::NeedsSettings).product(&element.name).detail(error))
            }
            Err(other) => Err(refusal(other, element)),
        }
    }

    /// The way to a token. The practice provider knows one.
    pub(super) fn grant(&self, oauth2: &Oauth2, values: &Values) -> Grant {
        if self.practice.is_some() { Grant::AuthorizationCode } else { oauth2.grant(values) }
    }
}
