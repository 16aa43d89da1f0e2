//! Steps 3 to 5: the callback address is bound, and the provider or the platform is asked for the address that the browser
//! opens.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use url::Url;

use super::Engine;
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, Values};
use crate::domain::oauth::authorize::{ensure_state, is_loopback, openable};
use crate::domain::oauth::device::DeviceAuthorization;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::io::callback::{Binding, CallbackListener};
use crate::io::clock;
use crate::platform::{Local, OauthCall, Platform};

/// A form on its way to the browser.
pub(super) struct Asking<'a> {
    pub(super) element: &'a Element,
    pub(super) given: &'a BTreeMap<String, String>,
    pub(super) filled_in: &'a BTreeMap<String, String>,
    pub(super) values: Values,
}

/// An address that is ready for the browser, and what its answer will be held against.
pub(super) struct Prepared {
    pub(super) url: Url,
    pub(super) callback_url: String,
    pub(super) values: Values,
    pub(super) registered: bool,
    pub(super) verifier: Option<Verifier>,
    pub(super) request: Option<(String, Sensitive<String>)>,
    pub(super) binding: Option<Binding>,
    pub(super) opened: Option<CallbackListener>,
    pub(super) device: Option<Device>,
}

/// What asks for the result of a sign-in whose browser cannot call back (RFC 8628).
pub(super) struct Device {
    pub(super) authorization: DeviceAuthorization,
    /// When the code is over.
    pub(super) ends: Instant,
}

impl Engine {
    /// Steps 3 to 5: the callback address is bound, and the platform is asked for the address that the browser opens.
    pub(super) async fn prepare(
        &self,
        platform: &Platform,
        asking: &Asking<'_>,
    ) -> Result<Prepared, Failure> {
        let element = asking.element;
        let given_callback = asking.values.get(CALLBACK_URL).unwrap_or_default().to_owned();
        let opened = match given_callback.parse::<Url>() {
            // A browser would want a certificate of an https address, which nobody can have for loopback: pasted.
            Ok(url) if is_loopback(&url) && url.scheme() == "http" => {
                Some(self.callbacks.open(&given_callback).await?)
            }
            _ => None,
        };
        let callback_url = opened.as_ref().map_or(given_callback, |opened| opened.url.clone());
        // Again, because the bound port is part of a value that goes into every later step.
        let mut given = asking.given.clone();
        given.insert(CALLBACK_URL.to_owned(), callback_url.clone());
        let values = form::check(element, &given, asking.filled_in).map_err(Failure::form)?;
        let (values, registered) = self.known_client(platform, asking, &given, values).await?;
        // 4
        let state = clock::random_token();
        let request = if matches!(element.auth_for(&values), Auth::Oauth1(_)) {
            let issued = platform.oauth_token(&OauthCall::token(element, &values, &state)).await?;
            Some((issued.token, issued.secret))
        } else {
            None
        };
        // 5
        let token = request.as_ref().map(|(token, _)| token.as_str());
        let answer = platform.oauth_url(&OauthCall::url(element, &values, &state, token)).await?;
        let untrusted = |e: crate::domain::oauth::authorize::NotOpenable| {
            Failure::new(Code::ProviderBadResponse).product(&element.name).detail(e.to_string())
        };
        let mut url = openable(&answer.oauth_url).map_err(untrusted)?;
        let binding = match token {
            Some(token) => Binding::RequestToken { token: token.into(), state },
            None => {
                url = ensure_state(url, &state);
                if element.callback.echoes_state { Binding::State(state) } else { Binding::OnlyPending }
            }
        };
        Ok(Prepared {
            url,
            callback_url,
            values,
            registered,
            verifier: answer.verifier,
            request,
            binding: Some(binding),
            opened,
            device: None,
        })
    }

    /// The same for a browser that cannot call back: the provider gives a code that the person enters there.
    pub(super) async fn prepare_device(
        &self,
        local: &Local,
        asking: &Asking<'_>,
    ) -> Result<Prepared, Failure> {
        let element = asking.element;
        let platform = Platform::Local(local.clone());
        let (values, registered) =
            self.known_client(&platform, asking, asking.given, asking.values.clone()).await?;
        let authorization = local.device_authorization(element, &values).await?;
        // RFC 8628 §3.3.1: the address that holds the code already, where there is one; the code is shown beside it.
        let page =
            authorization.verification_uri_complete.as_ref().unwrap_or(&authorization.verification_uri);
        let url = openable(page.as_str()).map_err(|e| {
            Failure::new(Code::ProviderBadResponse).product(&element.name).detail(e.to_string())
        })?;
        let ends = Instant::now() + Duration::from_secs(authorization.expires_in);
        Ok(Prepared {
            url,
            callback_url: String::new(),
            values,
            registered,
            verifier: None,
            request: None,
            binding: None,
            opened: None,
            device: Some(Device { authorization, ends }),
        })
    }

    /// The values with a client that the provider knows: where none was given and the provider takes new ones, this
    /// application registers itself (RFC 7591). Returns whether it did.
    async fn known_client(
        &self,
        platform: &Platform,
        asking: &Asking<'_>,
        given: &BTreeMap<String, String>,
        values: Values,
    ) -> Result<(Values, bool), Failure> {
        let (Platform::Local(local), Auth::Oauth2(oauth2)) = (platform, asking.element.auth_for(&values))
        else {
            return Ok((values, false));
        };
        if values.get(API_KEY).is_some() || oauth2.registration_endpoint.is_none() || local.is_practice() {
            return Ok((values, false));
        }
        let client = local.register(asking.element, oauth2, &values).await?;
        // RFC 7591 §3.2.1: the server may answer with another way than was asked for, which the element does not speak.
        let other_way = client.authentication.is_some_and(|way| way != oauth2.client_authentication);
        if other_way && client.client_secret.is_some() {
            let detail = "the app was registered with another way to show itself than the element has";
            return Err(Failure::new(Code::ProviderRejected).product(&asking.element.name).detail(detail));
        }
        tracing::info!(element = %asking.element.key, "registered at the provider");
        let mut given = given.clone();
        given.insert(API_KEY.to_owned(), client.client_id);
        if let Some(secret) = client.client_secret {
            given.insert(API_SECRET.to_owned(), secret.expose().clone());
        }
        let values = form::check(asking.element, &given, asking.filled_in).map_err(Failure::form)?;
        Ok((values, true))
    }
}
