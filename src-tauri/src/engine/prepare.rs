//! Steps 3 to 5: the callback address is bound, and the platform is asked for the address that the browser opens.

use std::time::{Duration, Instant};

use url::Url;

use super::Engine;
use super::signing_in::{BrowserWay, DeviceWay, Way};
use crate::domain::address::is_loopback;
use crate::domain::element::{Auth, CALLBACK_URL, Grant};
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::authorize::{ensure_state, openable};
use crate::io::callback::Binding;
use crate::io::clock;
use crate::platform::SignIn;

impl Engine {
    /// Prepares the way that a form signs in. Returns also whether this application registered its own client.
    pub(super) async fn prepare(&self, sign_in: &mut SignIn) -> Result<(bool, Way), Failure> {
        let grant = match &*sign_in {
            SignIn::Provider(provider) => provider.grant(),
            SignIn::Hosted(..) => Grant::AuthorizationCode,
        };
        match (&mut *sign_in, grant) {
            (SignIn::Provider(provider), _) if provider.is_direct() => Ok((false, Way::Direct)),
            (SignIn::Provider(provider), Grant::DeviceCode) => {
                let registered = provider.register_client().await?;
                let authorization = provider.device_authorization().await?;
                // RFC 8628 §3.3.1: the address that holds the code already, where there is one.
                let complete = authorization.verification_uri_complete.as_ref();
                let page = complete.unwrap_or(&authorization.verification_uri);
                let url = checked(page.as_str(), provider.product())?;
                let ends = Instant::now() + Duration::from_secs(authorization.expires_in);
                Ok((registered, Way::Device(Box::new(DeviceWay { url, authorization, ends }))))
            }
            (SignIn::Provider(_), Grant::ClientCredentials | Grant::Password) => Ok((false, Way::Direct)),
            (sign_in, _) if sign_in.form().auth().needs_browser() => {
                let (registered, way) = self.prepare_browser(sign_in).await?;
                Ok((registered, Way::Browser(Box::new(way))))
            }
            _ => Ok((false, Way::Direct)),
        }
    }

    async fn prepare_browser(&self, sign_in: &mut SignIn) -> Result<(bool, BrowserWay), Failure> {
        let mut callback_url = sign_in.form().values.get(CALLBACK_URL).unwrap_or_default().to_owned();
        let listener = match callback_url.parse::<Url>() {
            // No certificate can exist for https on loopback, so such an answer is pasted.
            Ok(url) if is_loopback(&url) && url.scheme() == "http" => {
                Some(self.callbacks.open(&callback_url).await?)
            }
            _ => None,
        };
        if let Some(listener) = &listener {
            callback_url.clone_from(&listener.url);
            // Later steps need the bound port.
            sign_in.set(CALLBACK_URL, &callback_url)?;
        }
        let registered = match &mut *sign_in {
            SignIn::Provider(provider) => provider.register_client().await?,
            SignIn::Hosted(..) => false,
        };
        // 4
        let state = clock::random_token();
        let request_token = match sign_in.form().auth() {
            Auth::Oauth1(_) => {
                let issued = sign_in.oauth_token(&state).await?;
                Some((issued.token, issued.secret))
            }
            _ => None,
        };
        // 5
        let token = request_token.as_ref().map(|(token, _)| token.as_str());
        let answer = sign_in.oauth_url(&state, token).await?;
        let element = &sign_in.form().element;
        let mut url = checked(&answer.oauth_url, &element.name)?;
        let binding = match token {
            Some(token) => Binding::RequestToken { token: token.into(), state },
            None => {
                url = ensure_state(url, &state);
                if element.callback.echoes_state { Binding::State(state) } else { Binding::OnlyPending }
            }
        };
        let verifier = answer.verifier;
        let way = BrowserWay { url, callback_url, binding, listener, waiting: None, verifier, request_token };
        Ok((registered, way))
    }
}

fn checked(address: &str, product: &str) -> Result<Url, Failure> {
    openable(address)
        .map_err(|e| Failure::new(Code::ProviderBadResponse).product(product).detail(e.to_string()))
}
