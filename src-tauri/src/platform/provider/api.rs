//! The product's own API: where it begins, and the `Authorization` of each call.

use url::Url;

use super::{Provider, Server, fill};
use crate::domain::element::Api;
use crate::domain::error::{Code, Failure};
use crate::domain::http::HttpRequest;
use crate::domain::oauth::oauth1;
use crate::domain::oauth::token::{self, TokenSet};
use crate::domain::sensitive::Sensitive;
use crate::platform::refusal::unusable;

/// The known addresses of a connection, for callers that show them.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    pub authorization: Option<Url>,
    pub token: Option<Url>,
    /// For OAuth 1.0a.
    pub request_token: Option<Url>,
    pub base: Option<Url>,
}

impl Provider {
    pub fn addresses(&self, tokens: Option<&TokenSet>) -> Addresses {
        let base = tokens.and_then(|tokens| self.api_base(tokens).ok());
        match &self.server {
            Server::OAuth2(server) => Addresses {
                authorization: server.authorization.clone(),
                token: Some(server.token.clone()),
                request_token: None,
                base,
            },
            Server::OAuth1(server) => Addresses {
                authorization: Some(server.authorization.clone()),
                token: Some(server.token.clone()),
                request_token: Some(server.request_token.clone()),
                base,
            },
            Server::None => Addresses { base, ..Addresses::default() },
        }
    }

    /// Where the product's API begins; in practice, where the built-in provider serves the product.
    ///
    /// Errors: [`Code::ElementInvalid`] if the element does not say; [`Code::SignInExpired`] if it needs a value that
    /// the callback did not have.
    pub fn api_base(&self, tokens: &TokenSet) -> Result<Url, Failure> {
        if let Some(practice) = &self.practice {
            return Ok(practice.base.clone());
        }
        let element = &self.form.element;
        match &element.api {
            Some(Api::Address(template)) => fill(&self.form, template),
            Some(api) => {
                api.base(&self.form.values, &tokens.extra).map_err(|error| unusable(element, &error))
            }
            None => {
                let why = "the element file does not say where the API begins";
                Err(Failure::new(Code::ElementInvalid).name(&element.key).detail(why))
            }
        }
    }

    /// The `Authorization` of one request to the API: the access token, or for OAuth 1.0a a signature over the request.
    /// `form` is the body where that is a form (RFC 5849 §3.4.1.3.1).
    ///
    /// Errors: [`Code::FormInvalid`] without fields if the request has a parameter that belongs to the signature.
    pub fn authorization(
        &self,
        tokens: &TokenSet,
        method: &str,
        url: &Url,
        form: &[(String, String)],
    ) -> Result<Sensitive<String>, Failure> {
        match (&self.server, &tokens.token_secret) {
            (Server::OAuth1(server), Some(secret)) => {
                let credentials = self.client().with_token(tokens.access_token.clone(), secret.clone());
                let signing = self.signing(&server.rules, url);
                oauth1::authorization(method, url, form, &credentials, &signing, &[])
                    .map_err(|e| Failure::new(Code::FormInvalid).detail(e.to_string()))
            }
            _ => Ok(format!("{} {}", token::BEARER, tokens.access_token.expose()).into()),
        }
    }

    /// Adds the token, or its signature, to a request.
    pub(super) fn authorize(&self, request: HttpRequest, tokens: &TokenSet) -> Result<HttpRequest, Failure> {
        let header = self.authorization(tokens, request.method.as_str(), &request.url, &[])?;
        Ok(request.header("authorization", header))
    }
}
