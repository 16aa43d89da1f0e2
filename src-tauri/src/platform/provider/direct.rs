//! Credentials that no browser brings: a key, a password or a token that the form holds, and the token of a session.

use std::collections::BTreeMap;

use super::{PRACTICE_SESSION, Provider, Server, SessionServer, unnamed};
use crate::domain::credential::Credential;
use crate::domain::element::{PASSWORD, USERNAME, fill_all};
use crate::domain::error::{Code, Failure, Refused};
use crate::domain::form::FilledForm;
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::resource;
use crate::domain::oauth::token::{BEARER, TokenSet, basic_header};
use crate::platform::refusal::{call_refusal, refusal};

impl Provider {
    /// Whether the form alone is enough to connect.
    pub fn is_direct(&self) -> bool {
        matches!(self.server, Server::GivenToken(_) | Server::Session(_) | Server::None)
    }

    /// The credential of a form that needs no browser, after the product was asked whether it accepts it.
    ///
    /// Errors: [`Code::ProviderRejected`] if it does not; [`Code::ProviderUnreachable`] if it cannot be asked.
    pub(super) async fn given_credential(&self) -> Result<Credential, Failure> {
        let credential = match &self.server {
            Server::Session(server) => Credential::Tokens(self.open_session(server).await?),
            _ => Credential::given(&self.form).ok_or_else(unnamed)?,
        };
        if let Some(practice) = &self.practice {
            let product = self.form.element.provider();
            if let Some(secret) = credential.calling_secret() {
                practice.provider.accept_key(product, secret)?;
            }
        }
        match self.examine(&credential).await {
            Ok(examined) => Ok(credential.ending(examined.ends_at)),
            Err(failure) if failure.code == Code::SignInExpired => Err(refused_key(failure)),
            // The call may need more than the key may do, or not be there: nothing is known about the key. It does not take
            // the place of one that is.
            Err(failure) if failure.code == Code::ProviderBadResponse || self.is_about_the_call(&failure) => {
                Ok(credential)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether a refusal is about the call and not about the key: no right to it, or no such call.
    fn is_about_the_call(&self, failure: &Failure) -> bool {
        let status = self.http.exchanges().last().and_then(|exchange| exchange.status);
        failure.code == Code::ProviderRejected && matches!(status, Some(403..=405))
    }

    /// Logs in for a session.
    pub(super) async fn open_session(&self, server: &SessionServer) -> Result<TokenSet, Failure> {
        let request = session_request(&self.form, server);
        let answer = self.send(request).await?;
        let rules = server.rules.as_ref();
        let header = rules.and_then(|rules| rules.token_header.as_ref());
        let token = header.and_then(|name| resource::read_header(&answer, name));
        let token = match token {
            Some(token) => token,
            None => {
                let at = rules.and_then(|rules| rules.token.as_deref()).unwrap_or(PRACTICE_SESSION);
                resource::read_text(&answer, at).map_err(|refused| {
                    let failure = call_refusal(refused.clone(), &self.form.element);
                    if failure.code == Code::SignInExpired {
                        return refused_key(refusal(refused, &self.form.element));
                    }
                    failure
                })?
            }
        };
        Ok(TokenSet {
            access_token: token,
            token_secret: None,
            refresh_token: None,
            token_type: BEARER.to_owned(),
            expires_in: rules.and_then(|rules| rules.life).map(u64::from),
            scope: None,
            extra: BTreeMap::new(),
        })
    }
}

fn session_request(form: &FilledForm, server: &SessionServer) -> HttpRequest {
    let mut request =
        HttpRequest::new(Method::Post, server.endpoint.clone()).header("accept", "application/json");
    let Some(rules) = &server.rules else { return request };
    let value = |key: &str| form.values.reveal(key).unwrap_or_default();
    if rules.basic {
        let header = basic_header(value(USERNAME).expose(), value(PASSWORD).expose());
        request = request.header("authorization", header);
    }
    if !rules.form.is_empty() {
        request.form(&fill_all(&rules.form, &form.values, None))
    } else if !rules.json.is_empty() {
        request.json(&fill_all(&rules.json, &form.values, None))
    } else {
        request
    }
}

/// A refusal of what the form holds.
fn refused_key(failure: Failure) -> Failure {
    Failure { code: Code::ProviderRejected, refused: Some(Refused::Key), ..failure }
}
