//! The product's own API, as a connection reaches it: where it begins, and what each call must carry. The calls
//! themselves are made elsewhere.

use url::Url;

use super::{Local, filled, practice_url};
use crate::domain::element::{Api, Auth, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form::Values;
use crate::domain::oauth::oauth1;
use crate::domain::oauth::token::{self, TokenSet};
use crate::domain::sensitive::Sensitive;

/// The addresses that a connection depends on, as far as its element has them.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Where the person signs in.
    pub authorization: Option<Url>,
    /// Where tokens come from.
    pub token: Option<Url>,
    /// Where request tokens come from, for OAuth 1.0a.
    pub request: Option<Url>,
    /// Where the API begins.
    pub base: Option<Url>,
}

impl Local {
    /// The addresses of a connection made with these values. One that cannot be told is absent.
    pub async fn addresses(
        &self,
        element: &Element,
        values: &Values,
        tokens: Option<&TokenSet>,
    ) -> Addresses {
        let base = match tokens {
            Some(tokens) => self.api_base(element, values, tokens).await.ok(),
            None => None,
        };
        match element.auth_for(values) {
            Auth::Oauth2(oauth2) => match self.endpoints2(element, oauth2, values).await {
                Ok(known) => Addresses {
                    authorization: known.authorization,
                    token: Some(known.token),
                    request: None,
                    base,
                },
                Err(_) => Addresses { base, ..Addresses::default() },
            },
            Auth::Oauth1(oauth1) => match self.endpoints1(element, oauth1, values).await {
                Ok(known) => Addresses {
                    authorization: Some(known.authorization),
                    token: Some(known.token),
                    request: Some(known.request_token),
                    base,
                },
                Err(_) => Addresses { base, ..Addresses::default() },
            },
            Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => Addresses { base, ..Addresses::default() },
        }
    }

    /// Where the API of a connection begins; in practice, where the practice provider keeps what belongs to the product.
    ///
    /// # Errors
    /// [`Code::ElementInvalid`] if the element does not say, or its address cannot be made of these values.
    pub async fn api_base(
        &self,
        element: &Element,
        values: &Values,
        tokens: &TokenSet,
    ) -> Result<Url, Failure> {
        if self.practice.is_some() {
            return self.real(practice_url(element, "")).await;
        }
        let unknown = |why: String| Failure::new(Code::ElementInvalid).name(&element.key).detail(why);
        match &element.api {
            Some(Api::Address(template)) => filled(template, values),
            Some(api) => api.base(values, &tokens.extra).map_err(|e| unknown(e.to_string())),
            None => Err(unknown("the element file does not say where the API begins".to_owned())),
        }
    }

    /// The `Authorization` of one request to the API: the access token, or for OAuth 1.0a a signature over the request,
    /// of which `form` is the body if that is a form (RFC 5849 §3.4.1.3.1).
    ///
    /// # Errors
    /// [`Code::FormInvalid`] without fields if the request has a parameter that belongs to the signature.
    pub fn authorization(
        &self,
        element: &Element,
        values: &Values,
        tokens: &TokenSet,
        method: &str,
        url: &Url,
        form: &[(String, String)],
    ) -> Result<Sensitive<String>, Failure> {
        match (element.auth_for(values), &tokens.token_secret) {
            (Auth::Oauth1(oauth1), Some(secret)) => {
                let credentials =
                    self.client_of_earlier(values).with_token(tokens.access_token.clone(), secret.clone());
                oauth1::authorization(method, url, form, &credentials, &self.signing(oauth1, url), &[])
                    .map_err(|e| Failure::new(Code::FormInvalid).detail(e.to_string()))
            }
            _ => Ok(format!("{} {}", token::BEARER, tokens.access_token.expose()).into()),
        }
    }
}
