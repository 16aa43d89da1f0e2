//! A new access token for an old one (RFC 6749 §6).

use super::exchange::read_tokens;
use super::{Provider, Server, parameters, standard};
use crate::domain::element::{Grant, Oauth2};
use crate::domain::error::{Code, Failure};
use crate::domain::http::HttpResponse;
use crate::domain::oauth::meaning::{Meaning, renewal_meaning};
use crate::domain::oauth::token::{self, TokenRefusal, TokenSet};
use crate::platform::refusal::refusal;

impl Provider {
    /// Whether a token can be renewed without the user.
    pub fn renews(&self, tokens: &TokenSet) -> bool {
        match &self.server {
            Server::OAuth2(server) => tokens.refresh_token.is_some() || server.grant.is_without_browser(),
            Server::Session(_) => true,
            Server::OAuth1(_) | Server::GivenToken(_) | Server::None => false,
        }
    }

    /// Renews an OAuth 2 access token, or the token of a session. What the answer leaves out is taken from `old`.
    ///
    /// Errors: [`Code::SignInExpired`] if the grant has ended, [`Code::NeedsSettings`] if the client is not accepted,
    /// [`Code::ProviderUnreachable`] for what may pass.
    pub async fn renew(&self, old: &TokenSet) -> Result<TokenSet, Failure> {
        if let Server::Session(server) = &self.server {
            let opened = self.open_session(server).await;
            return opened.map_err(|failure| match failure.code {
                Code::ProviderRejected => Failure { code: Code::SignInExpired, ..failure },
                _ => failure,
            });
        }
        let (server, client) = (self.oauth2()?, self.client());
        let extra = parameters(&self.form, &server.rules.token_parameters);
        let scope = server.rules.scope(&self.form.values);
        let request = match &old.refresh_token {
            Some(token) => server.endpoint(&server.refresh, &client, &extra).refresh(token, None),
            // RFC 6749 §4.4.3: there is no refresh token, the client authenticates again.
            None if server.grant == Grant::Password => {
                self.password_request(&server.endpoint(&server.token, &client, &extra), scope.as_deref())
            }
            None => server.endpoint(&server.token, &client, &extra).client_credentials(scope.as_deref()),
        };
        let request = request.map_err(|e| Failure::internal(e.to_string()))?;
        let answer = self.transmit(request).await.map_err(|e| Failure::from(e).product(self.product()))?;
        let ended = |code, error: String| Failure::new(code).product(self.product()).detail(error);
        match read_renewal(&server.rules, &answer) {
            Ok(new) => Ok(token::refreshed(old, new)),
            Err(TokenRefusal::Refused { error, description, status }) => {
                Err(match renewal_meaning(&error, description.as_deref()) {
                    Some(Meaning::SignInEnded) => ended(Code::SignInExpired, error),
                    Some(Meaning::Client) => ended(Code::NeedsSettings, error),
                    _ => refusal(TokenRefusal::Refused { error, description, status }, &self.form.element),
                })
            }
            Err(other) => Err(refusal(other, &self.form.element)),
        }
    }
}

/// Slack gives the first token in an object, and renewed ones as the standard says.
fn read_renewal(rules: &Oauth2, answer: &HttpResponse) -> Result<TokenSet, TokenRefusal> {
    read_tokens(rules, answer).or_else(|refusal| match refusal {
        TokenRefusal::BadAnswer(_) => read_tokens(&standard(rules), answer).map_err(|_| refusal),
        refusal => Err(refusal),
    })
}
