//! One sign-in: the three calls over one form, whichever platform answers.

use super::hosted::wire::{InstanceBody, OauthCall};
use super::{Hosted, Issued, NewInstance, NotCreated, OauthToken, OauthUrl, Provider};
use crate::domain::element::Auth;
use crate::domain::error::Failure;
use crate::domain::form::{FilledForm, Step};
use crate::domain::oauth::callback::Issuer;
use crate::domain::oauth::pkce::Verifier;

/// One form at the platform that answers for its workspace.
#[derive(Clone)]
pub enum SignIn {
    /// This computer is the platform and talks to the provider itself.
    Provider(Box<Provider>),
    Hosted(Box<Hosted>, Box<FilledForm>),
}

impl SignIn {
    pub fn form(&self) -> &FilledForm {
        match self {
            Self::Provider(provider) => provider.form(),
            Self::Hosted(_, form) => form,
        }
    }

    pub fn set(&mut self, key: &str, text: &str) -> Result<(), Failure> {
        let set = match self {
            Self::Provider(provider) => provider.set(key, text),
            Self::Hosted(_, form) => form.set(key, text),
        };
        set.map_err(|problem| Failure::form(vec![problem]))
    }

    /// What to expect of `iss` in the answer (RFC 9207).
    pub fn issuer(&self) -> Issuer {
        let form = self.form();
        match (self, form.auth()) {
            (Self::Provider(provider), _) if provider.is_practice() => Issuer::Unknown,
            (_, Auth::Oauth2(oauth2)) => match oauth2.issuer_text(&form.values) {
                Some(issuer) if oauth2.announces_issuer => Issuer::Announced(issuer),
                Some(issuer) => Issuer::Known(issuer),
                None => Issuer::Unknown,
            },
            _ => Issuer::Unknown,
        }
    }

    /// `oauth/token`, for OAuth 1.0a only. Without `state` a platform would use the element's key.
    pub async fn oauth_token(&self, state: &str) -> Result<OauthToken, Failure> {
        match self {
            Self::Provider(provider) => provider.request_token(state).await,
            Self::Hosted(hosted, form) => {
                hosted.oauth_token(&OauthCall::new(form, Step::Token, state, None)).await
            }
        }
    }

    /// `oauth/url`: the address for the browser.
    pub async fn oauth_url(&self, state: &str, request_token: Option<&str>) -> Result<OauthUrl, Failure> {
        match self {
            Self::Provider(provider) => provider.authorization_url(state, request_token, None),
            Self::Hosted(hosted, form) => {
                hosted.oauth_url(&OauthCall::new(form, Step::Url, state, request_token)).await
            }
        }
    }

    /// `POST /instances`.
    pub async fn create_instance(
        &self,
        new: &NewInstance<'_>,
        verifier: Option<&Verifier>,
    ) -> Result<Issued, NotCreated> {
        match self {
            Self::Provider(provider) => Ok(provider.exchange(&new.provided, verifier).await?),
            Self::Hosted(hosted, form) => {
                hosted.create_instance(&InstanceBody::new(form, new), new.attempt).await
            }
        }
    }

    /// A failure with the requests that led to it.
    pub fn with_exchanges(&self, failure: Failure) -> Failure {
        match self {
            Self::Provider(provider) => provider.with_exchanges(failure),
            Self::Hosted(hosted, _) => hosted.with_exchanges(failure),
        }
    }

    pub fn account_host(&self) -> Option<String> {
        match self {
            Self::Provider(provider) => provider.account_host(),
            Self::Hosted(_, form) => form.element.account_host(&form.values),
        }
    }
}
