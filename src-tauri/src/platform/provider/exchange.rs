//! Exchanges the parameters of the callback for tokens.

use std::collections::BTreeMap;

use super::{Provider, Server, parameters, require_binding, secret_missing};
use crate::domain::credential::Credential;
use crate::domain::element::{Auth, Grant, Oauth2, PASSWORD, USERNAME};
use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::oauth::oauth1::{self, Signing};
use crate::domain::oauth::pkce::Verifier;
use crate::domain::oauth::token::{
    RepeatedParameter, TokenEndpoint, TokenRefusal, TokenSet, read_token_answer,
};
use crate::domain::sensitive::Sensitive;
use crate::domain::text::plain_line;
use crate::io::clock;
use crate::platform::refusal::{refusal, signed_refusal};
use crate::platform::{Issued, Pairs};

/// The longest callback value that is kept, in characters.
const CALLBACK_VALUE_MAX: usize = 1000;

impl Provider {
    /// Exchanges the parameters of the callback, or for client credentials the form alone, for tokens.
    pub async fn exchange(&self, provided: &Pairs, verifier: Option<&Verifier>) -> Result<Issued, Failure> {
        let part = |name: &str| provided.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let tokens = match &self.server {
            Server::GivenToken(_) | Server::Session(_) | Server::None => {
                return Ok(self.issued(self.given_credential().await?, provided));
            }
            Server::OAuth2(_) => {
                self.exchange_code(part(self.callback_code()).or_else(|| part("code")), verifier).await?
            }
            Server::OAuth1(server) => {
                let given = |name: &str| part(name).cloned().unwrap_or_default();
                let credentials = self.client().with_token(given("oauth_token"), given("secret"));
                let (url, verifier) = (&server.token, given("oauth_verifier"));
                let make =
                    |signing: &Signing| oauth1::access_token(url.clone(), &verifier, &credentials, signing);
                let answer = self.send_signed(&server.rules, url, make).await?;
                oauth1::read_access(&answer, &[], clock::now_s())
                    .map_err(|e| signed_refusal(e, &self.form.element, self.http.skew(url)))?
            }
        };
        Ok(self.issued(Credential::Tokens(tokens), provided))
    }

    async fn exchange_code(
        &self,
        code: Option<&Sensitive<String>>,
        verifier: Option<&Verifier>,
    ) -> Result<TokenSet, Failure> {
        let (server, client) = (self.oauth2()?, self.client());
        let rules = &server.rules;
        let scope = rules.scope(&self.form.values);
        let extra = parameters(&self.form, &rules.token_parameters);
        let endpoint = server.endpoint(&server.token, &client, &extra);
        let request = match server.grant {
            // RFC 6749 §4.4: only for clients that can prove who they are.
            Grant::ClientCredentials if client.client_secret.expose().is_empty() => {
                return Err(secret_missing());
            }
            Grant::ClientCredentials => endpoint.client_credentials(scope.as_deref()),
            Grant::Password => self.password_request(&endpoint, scope.as_deref()),
            Grant::AuthorizationCode | Grant::DeviceCode => {
                require_binding(rules, &client.client_secret, verifier.is_some())?;
                let missing = || Failure::new(Code::ProviderBadResponse).detail("the answer holds no code");
                endpoint.code(code.ok_or_else(missing)?, self.callback_url(), verifier)
            }
        };
        let request = request.map_err(|e| Failure::internal(e.to_string()))?;
        let answer = self.transmit(request).await?;
        let tokens = read_tokens(rules, &answer).map_err(|e| {
            let failure = refusal(e, &self.form.element);
            // No user is asked who could decline.
            let is_policy = server.grant.is_without_browser() && failure.code == Code::AccessDenied;
            Failure {
                code: if is_policy { Code::ProviderRejected } else { failure.code },
                redirect: Some(self.callback_url().to_owned()).filter(|url| !url.is_empty()),
                ..failure
            }
        })?;
        // RFC 6749 §5.1: without `scope` in the answer, what was requested was granted.
        Ok(TokenSet { scope: tokens.scope.or(scope), ..tokens })
    }

    /// The name of the code in the callback.
    fn callback_code(&self) -> &str {
        match &self.form.element.auth {
            Auth::Oauth2(rules) => rules.parameter_names.get("code").map_or("code", String::as_str),
            _ => "code",
        }
    }

    /// Exchanges the user's name and password.
    pub(super) fn password_request(
        &self,
        endpoint: &TokenEndpoint<'_>,
        scope: Option<&str>,
    ) -> Result<HttpRequest, RepeatedParameter> {
        let Auth::Oauth2(rules) = &self.form.element.auth else { return endpoint.client_credentials(scope) };
        let values = &self.form.values;
        let username = values.get(rules.username_field.as_deref().unwrap_or(USERNAME)).unwrap_or_default();
        let password = values.secret(rules.password_field.as_deref().unwrap_or(PASSWORD));
        endpoint.password(username, &password.cloned().unwrap_or_default(), scope)
    }

    /// What a connection is made of, with the declared values among the parameters of its callback.
    pub fn issued(&self, credential: Credential, provided: &Pairs) -> Issued {
        let declared = self.form.element.callback.names();
        let callback: BTreeMap<_, _> = provided
            .iter()
            .filter(|(name, _)| declared.contains(name.as_str()))
            // They are shown, so they are cleaned like every text of a provider.
            .map(|(name, value)| (name.clone(), plain_line(value.expose(), CALLBACK_VALUE_MAX)))
            .collect();
        Issued {
            token: clock::random_token().into(),
            instance: None,
            missing: credential.tokens().map(|tokens| self.missing(tokens)).unwrap_or_default(),
            own_call: self.form.has_own_call(),
            credential,
            hosts: self.hosts(),
            callback,
        }
    }

    /// The same provider with the values of a callback.
    pub fn with_callback(mut self, callback: &BTreeMap<String, String>) -> Self {
        self.form.values = std::mem::take(&mut self.form.values).with_callback(callback);
        self
    }
}

pub(super) fn read_tokens(rules: &Oauth2, answer: &HttpResponse) -> Result<TokenSet, TokenRefusal> {
    let mut tokens = read_token_answer(answer, &rules.answer, clock::now_s())?;
    tokens.expires_in = tokens.expires_in.or(rules.default_life.map(u64::from));
    Ok(tokens)
}
