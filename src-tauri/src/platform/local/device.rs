//! A sign-in whose browser cannot call back: the person enters a code on any device (RFC 8628).

use super::{Local, endpoint, named, pairs, read, refusal};
use crate::domain::element::{Auth, Element};
use crate::domain::error::Failure;
use crate::domain::form::Values;
use crate::domain::oauth::device::{DeviceAuthorization, Polled, judge, read_device_authorization};
use crate::domain::oauth::token::TokenRefusal;
use crate::domain::sensitive::Sensitive;
use crate::io::http::HttpError;

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
        let answer = self.http.send(request).await?;
        read_device_authorization(&url, &answer).map_err(|e| refusal(e, element))
    }

    /// Asks once whether the person has given access (RFC 8628 §3.4). Tokens are complete: a scope that the answer
    /// leaves out is the one that was asked for.
    ///
    /// # Errors
    /// A fault of the element's file; a server that is not who it should be, or whose answer is too large.
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
            Err(error) => Err(unanswered(error)?),
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

/// What it means that there is no answer to a question for the result.
fn unanswered(error: HttpError) -> Result<TokenRefusal, Failure> {
    match error {
        // RFC 8628 §3.5: a reason to ask less often, not to stop.
        HttpError::Unreachable { .. } => Ok(TokenRefusal::Temporary { status: 0, retry_after: None }),
        // The next question would end the same way: somebody has to look first.
        HttpError::Untrusted { .. } | HttpError::NotSecure { .. } | HttpError::TooLarge { .. } => {
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Code;
    use crate::io::http::{CertificateProblem, Delivery};

    #[test]
    fn only_a_server_that_does_not_answer_is_asked_again() {
        let host = || "id.example.com".to_owned();
        for delivery in [Delivery::NotSent, Delivery::MaybeSent, Delivery::TimedOut] {
            let what = "no answer";
            let refusal = unanswered(HttpError::Unreachable { host: host(), what, delivery });
            let refusal = refusal.expect("a reason to wait");
            assert!(matches!(judge(Err(refusal), 5), Polled::Wait { interval: 10 }));
        }
        for (error, code) in [
            (
                HttpError::Untrusted {
                    host: host(),
                    issuer: None,
                    problem: CertificateProblem::UnknownIssuer,
                    skew: None,
                },
                Code::CertificateUntrusted,
            ),
            (HttpError::NotSecure { host: host() }, Code::ProviderBadResponse),
            (HttpError::TooLarge { host: host() }, Code::ProviderBadResponse),
        ] {
            let failure = unanswered(error).expect_err("the end");
            assert_eq!((failure.code, failure.host), (code, Some(host())));
        }
    }
}
