//! The product's own API: where it begins, and what each call carries.

use url::Url;

use super::{Provider, Server, fill};
use crate::domain::call::{AUTHORIZATION, CallParts};
use crate::domain::credential::Credential;
use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::oauth::oauth1;
use crate::domain::oauth::resource::{AccountPlaces, read_account};
use crate::domain::oauth::token::TokenRefusal;
use crate::domain::sensitive::Sensitive;
use crate::io::http::HttpError;
use crate::platform::refusal::{call_refusal, unusable};

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
    pub fn addresses(&self, credential: &Credential) -> Addresses {
        let base = self.known_api_base(credential).ok().flatten();
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
            Server::GivenToken(_) | Server::Session(_) | Server::None => {
                Addresses { base, ..Addresses::default() }
            }
        }
    }

    /// Where the product's API begins; in practice, where the built-in provider serves the product.
    ///
    /// Errors: [`Code::ElementInvalid`] if the element does not say; [`Code::SignInExpired`] if it needs a value that
    /// the callback did not have; those of a call that names the server.
    pub async fn api_base(&self, credential: &Credential) -> Result<Url, Failure> {
        if let Some(base) = self.known_api_base(credential)? {
            return Ok(base);
        }
        let element = &self.form.element;
        let Some(lookup) = element.api.as_ref().and_then(|api| api.lookup.as_ref()) else {
            let why = "the element file does not say where the API begins";
            return Err(Failure::new(Code::ElementInvalid).name(&element.key).detail(why));
        };
        let url = fill(&self.form, &lookup.endpoint)?;
        let request = HttpRequest::new(Method::Get, url).header("accept", "application/json");
        let answer = self.send(self.authorize(request, credential)?).await?;
        if !(200..300).contains(&answer.status) {
            let refused = read_account(&answer, &AccountPlaces::default()).err();
            let refused = refused.unwrap_or(TokenRefusal::BadAnswer("neither a success nor an error"));
            return Err(call_refusal(refused, element));
        }
        lookup.base(answer.body.expose()).map_err(|_| {
            let why = "the answer names no server of the product";
            Failure::new(Code::ProviderBadResponse).product(&element.name).detail(why)
        })
    }

    /// The same where no call is needed.
    fn known_api_base(&self, credential: &Credential) -> Result<Option<Url>, Failure> {
        if let Some(practice) = &self.practice {
            return Ok(Some(practice.base.clone()));
        }
        let Some(api) = &self.form.element.api else { return Ok(None) };
        if let Some(template) = &api.address {
            return fill(&self.form, template).map(Some);
        }
        let (Some(from), Some(tokens)) = (&api.token_answer, credential.tokens()) else { return Ok(None) };
        let base = from.base(&tokens.extra).map_err(|error| unusable(&self.form.element, &error));
        base.map(Some)
    }

    /// What a request to the API carries: the credential, or for OAuth 1.0a a signature over the request. `form` is the
    /// body where that is a form (RFC 5849 §3.4.1.3.1).
    ///
    /// Errors: [`Code::FormInvalid`] without fields if the request has a parameter that belongs to the signature.
    pub fn call_parts(
        &self,
        credential: &Credential,
        method: &str,
        url: &Url,
        form: &[(String, String)],
    ) -> Result<CallParts, Failure> {
        let mut parts = self.form.call_parts(credential);
        let rules = match &self.server {
            Server::OAuth1(server) => &server.rules,
            Server::GivenToken(rules) => rules,
            _ => return Ok(parts),
        };
        let Some((token, secret)) = credential
            .tokens()
            .and_then(|tokens| Some((&tokens.access_token, tokens.token_secret.as_ref()?)))
        else {
            return Ok(parts);
        };
        let credentials = self.client().with_token(token.clone(), secret.clone());
        let signing = self.signing(rules, url);
        let signed = oauth1::authorization(method, url, form, &credentials, &signing, &[])
            .map_err(|e| Failure::new(Code::FormInvalid).detail(e.to_string()))?;
        let realm = rules.realm_field.as_deref().and_then(|field| self.form.values.get(field));
        let signed = match realm {
            // RFC 5849 §3.5.1: not part of the signature.
            Some(realm) => {
                let realm = realm.replace('\\', "\\\\").replace('"', "\\\"");
                Sensitive::new(signed.expose().replacen("OAuth ", &format!("OAuth realm=\"{realm}\", "), 1))
            }
            None => signed,
        };
        parts.headers.push((AUTHORIZATION.to_owned(), signed));
        Ok(parts)
    }

    /// Adds to a request without a body of its own what calls carry.
    pub(super) fn authorize(
        &self,
        mut request: HttpRequest,
        credential: &Credential,
    ) -> Result<HttpRequest, Failure> {
        let carried = self.form.call_parts(credential);
        if !carried.query.is_empty() {
            let mut query = request.url.query_pairs_mut();
            query.extend_pairs(carried.query.iter().map(|(name, value)| (name, value.expose())));
        }
        request.known.extend(credential.calling_secret().cloned());
        let parts = self.call_parts(credential, request.method.as_str(), &request.url, &[])?;
        for (name, value) in parts.headers {
            request = request.header(name.to_ascii_lowercase(), value);
        }
        Ok(request)
    }

    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        self.transmit(request).await.map_err(|e| Failure::from(e).product(self.product()))
    }

    /// Sends a request with the secrets of the form made known, so that the words of its answer are shown without them.
    pub(super) async fn transmit(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let secrets = self.form.values.secret_pairs().into_iter();
        request.known.extend(secrets.map(|(_, secret)| secret.clone()));
        self.http.send(request).await
    }
}
