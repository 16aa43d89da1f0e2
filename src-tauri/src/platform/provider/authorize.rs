//! The address that the browser opens, and for OAuth 1.0a the request token before it.

use super::{Provider, Server, parameters, require_binding, unnamed};
use crate::domain::element::{Oauth2, Pkce};
use crate::domain::error::Failure;
use crate::domain::oauth::authorize::AuthorizationRequest;
use crate::domain::oauth::oauth1::{self, Signing};
use crate::domain::oauth::pkce::{CHALLENGE_METHOD, PLAIN_METHOD, Verifier};
use crate::io::clock;
use crate::platform::refusal::signed_refusal;
use crate::platform::{OauthToken, OauthUrl};

impl Provider {
    /// Asks for a request token (RFC 5849 §2.1). `state` is appended to the callback.
    pub async fn request_token(&self, state: &str) -> Result<OauthToken, Failure> {
        let Server::OAuth1(server) = &self.server else {
            return Err(Failure::internal("oauth/token is for OAuth 1.0a elements only"));
        };
        let client = self.authorizing_client()?;
        let callback = with_state(self.callback_url(), state);
        let url = &server.request_token;
        let make = |signing: &Signing| oauth1::request_token(url.clone(), &callback, &client, signing);
        let answer = self.send_signed(&server.rules, url, make).await?;
        let issued = oauth1::read_temporary(&answer)
            .map_err(|e| signed_refusal(e, &self.form.element, self.http.skew(url)))?;
        Ok(OauthToken { token: issued.token, secret: issued.secret })
    }

    /// The address for the browser. A caller of the platform API may ask for another `scope` than the element does.
    pub fn authorization_url(
        &self,
        state: &str,
        request_token: Option<&str>,
        scope: Option<String>,
    ) -> Result<OauthUrl, Failure> {
        let client = self.authorizing_client()?;
        let internal = |e: &dyn std::fmt::Display| Failure::internal(e.to_string());
        match &self.server {
            Server::OAuth1(server) => {
                let parameters = parameters(&self.form, &server.rules.authorize_parameters);
                let token = request_token.unwrap_or_default();
                let url = oauth1::authorization_url(&server.authorization, token, &parameters)
                    .map_err(|e| internal(&e))?;
                Ok(OauthUrl { oauth_url: url.into(), verifier: None })
            }
            Server::OAuth2(server) => {
                let rules = &server.rules;
                require_binding(rules, &client.client_secret, rules.uses_pkce())?;
                let verifier = rules.uses_pkce().then(|| Verifier::from_random(clock::random()));
                let scope = scope.or_else(|| rules.scope(&self.form.values));
                let request = AuthorizationRequest {
                    endpoint: server.authorization.clone().ok_or_else(unnamed)?,
                    client_id: client.client_id,
                    redirect_uri: self.callback_url().to_owned(),
                    extra: self.authorize_parameters(rules, scope.as_deref()),
                    names: rules.parameter_names.clone(),
                    scope,
                    state: state.to_owned(),
                    code_challenge: verifier.as_ref().map(|verifier| match rules.pkce {
                        Pkce::Plain => (verifier.secret().expose().clone(), PLAIN_METHOD),
                        Pkce::S256 | Pkce::Off => (verifier.challenge(), CHALLENGE_METHOD),
                    }),
                };
                let url = request.url().map_err(|e| internal(&e))?;
                Ok(OauthUrl { oauth_url: url.into(), verifier })
            }
            Server::GivenToken(_) | Server::Session(_) | Server::None => {
                Err(Failure::internal("this element does not sign in with a browser"))
            }
        }
    }

    fn authorize_parameters(&self, rules: &Oauth2, scope: Option<&str>) -> Vec<(String, String)> {
        let mut parameters = parameters(&self.form, &rules.authorize_parameters);
        let asks = |word: &str| scope.is_some_and(|scope| scope.split(' ').any(|asked| asked == word));
        let has = |name: &str| rules.authorize_parameters.contains_key(name);
        // OpenID Connect Core 1.0 §11: without the consent prompt the server ignores `offline_access`.
        if asks("openid") && asks("offline_access") && !has("prompt") {
            parameters.push(("prompt".to_owned(), "consent".to_owned()));
        }
        // OpenID Connect Core 1.0 §3.1.2.1: optional, but some servers refuse a request without it.
        if asks("openid") && !has("nonce") {
            parameters.push(("nonce".to_owned(), clock::random_id()));
        }
        parameters
    }
}

fn with_state(callback: &str, state: &str) -> String {
    let separator = if callback.contains('?') { '&' } else { '?' };
    format!("{callback}{separator}state={state}")
}
