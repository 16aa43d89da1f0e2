//! A sign-in whose browser cannot call back: the person enters a code on any device (RFC 8628).

use super::{Local, endpoint, named, pairs, read, refusal};
use crate::domain::element::{Auth, Element};
use crate::domain::error::Failure;
use crate::domain::form::Values;
use crate::domain::oauth::device::{DeviceAuthorization, Polled, judge, read_device_authorization};
use crate::domain::oauth::token::TokenRefusal;
use crate::domain::sensitive::Sensitive;

impl Local {
    /// Asks for a code that the person enters in a browser (RFC 8628 §3.1).
    ///
    /// # Errors
    /// Whatever the provider answers.
    pub async fn device_authorization(
        &self,
        element: &Element,
        values: &Values,
    ) -> Result<DeviceAuthorization, Failure> {
        let Auth::Oauth2(oauth2) = element.auth_for(values) else {
            return Err(Failure::internal("only OAuth 2 knows device codes"));
        };
        let url = named(&oauth2.device_authorization_endpoint, values)?;
        let client = self.client_of_earlier(values);
        let request = endpoint(oauth2, &url, &client, &[])
            .device_authorization(oauth2.scope(values).as_deref())
            .map_err(|e| Failure::internal(e.to_string()))?;
        read_device_authorization(&self.http.send(request).await?).map_err(|e| refusal(e, element))
    }

    /// Asks once whether the person has given access (RFC 8628 §3.4). Tokens are complete: a scope that the answer
    /// leaves out is the one that was asked for.
    ///
    /// # Errors
    /// A fault of the element's file.
    pub async fn poll(
        &self,
        element: &Element,
        values: &Values,
        device_code: &Sensitive<String>,
        interval: u64,
    ) -> Result<Polled, Failure> {
        let Auth::Oauth2(oauth2) = element.auth_for(values) else {
            return Err(Failure::internal("only OAuth 2 knows device codes"));
        };
        let endpoints = self.endpoints2(element, oauth2, values).await?;
        let client = self.client_of_earlier(values);
        let request = endpoint(oauth2, &endpoints.token, &client, &pairs(&oauth2.token_parameters))
            .device_code(device_code)
            .map_err(|e| Failure::internal(e.to_string()))?;
        let answer = match self.http.send(request).await {
            Ok(answer) => read(oauth2, &answer),
            // RFC 8628 §3.5: no answer is a reason to ask less often, not to stop.
            Err(_) => Err(TokenRefusal::Temporary { status: 0, retry_after: None }),
        };
        Ok(match judge(answer, interval) {
            Polled::Issued(mut tokens) => {
                tokens.scope = tokens.scope.or_else(|| oauth2.scope(values));
                Polled::Issued(tokens)
            }
            other => other,
        })
    }
}
