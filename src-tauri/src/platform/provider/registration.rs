//! Registering this application at an authorization server (RFC 7591).

use super::{Provider, Server, fill};
use crate::domain::element::{API_KEY, API_SECRET, Grant};
use crate::domain::error::{Code, Failure, Refused};
use crate::domain::oauth::registration::{Registration, read_registration};
use crate::domain::oauth::token::TokenRefusal;
use crate::platform::refusal::refusal;

impl Provider {
    /// Registers a client where the form names none and the server takes new ones. Returns whether it did.
    ///
    /// Errors: [`Code::ProviderRejected`] if the server registered another way to authenticate than the element has.
    pub async fn register_client(&mut self) -> Result<bool, Failure> {
        let Server::OAuth2(server) = &self.server else { return Ok(false) };
        let (rules, values) = (&server.rules, &self.form.values);
        let Some(endpoint) = rules.registration_endpoint.as_ref().filter(|_| self.practice.is_none()) else {
            return Ok(false);
        };
        if values.get(API_KEY).is_some() {
            return Ok(false);
        }
        let scope = rules.scope(values);
        let calls_back = server.grant == Grant::AuthorizationCode;
        let registration = Registration {
            redirect_uri: calls_back.then(|| self.callback_url()).filter(|url| !url.is_empty()),
            grants: &[server.grant],
            authentication: rules.client_authentication,
            scope: scope.as_deref(),
        };
        let answer = self.transmit(registration.request(fill(&self.form, endpoint)?)).await?;
        let client = read_registration(&answer).map_err(|e| self.registration_refusal(e))?;
        // RFC 7591 §3.2.1: the server may answer with another way than was requested, which the element does not speak.
        let other_way = client.authentication.is_some_and(|way| way != rules.client_authentication);
        if other_way && client.client_secret.is_some() {
            let detail = "the app was registered with another way to authenticate than the element has";
            return Err(Failure::new(Code::ProviderRejected).product(self.product()).detail(detail));
        }
        tracing::info!(element = %self.form.element.key, "registered at the provider");
        let refused = |problem| Failure::form(vec![problem]);
        self.form.set(API_KEY, &client.client_id).map_err(refused)?;
        if let Some(secret) = client.client_secret {
            self.form.set(API_SECRET, secret.expose()).map_err(refused)?;
        }
        Ok(true)
    }

    /// There is no client yet whose settings could be wrong, and no user who could decline.
    fn registration_refusal(&self, refused: TokenRefusal) -> Failure {
        let is_refusal = matches!(refused, TokenRefusal::Refused { .. });
        let failure = refusal(refused, &self.form.element);
        match failure.code {
            Code::RedirectMismatch => Failure { redirect: Some(self.callback_url().to_owned()), ..failure },
            Code::ProviderUnreachable => failure,
            _ if is_refusal => {
                Failure { code: Code::ProviderRejected, refused: Some(Refused::Registration), ..failure }
            }
            _ => failure,
        }
    }
}
