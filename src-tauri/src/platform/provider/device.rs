//! A sign-in whose browser cannot call back: the user enters a code on any device (RFC 8628).

use super::exchange::read_tokens;
use super::{Provider, parameters, unnamed};
use crate::domain::error::Failure;
use crate::domain::oauth::device::{
    DeviceAuthorization, PollOutcome, poll_outcome, read_device_authorization,
};
use crate::domain::oauth::token::TokenRefusal;
use crate::domain::sensitive::Sensitive;
use crate::io::http::HttpError;
use crate::platform::refusal::refusal;

impl Provider {
    /// Asks for a code that the user enters in a browser (RFC 8628 §3.1).
    pub async fn device_authorization(&self) -> Result<DeviceAuthorization, Failure> {
        let (server, client) = (self.oauth2()?, self.client());
        let template = server.rules.device_authorization_endpoint.as_ref().ok_or_else(unnamed)?;
        let url = super::fill(&self.form, template)?;
        let request = server
            .endpoint(&url, &client, &[])
            .device_authorization(server.rules.scope(&self.form.values).as_deref())
            .map_err(|e| Failure::internal(e.to_string()))?;
        let answer = self.transmit(request).await?;
        read_device_authorization(&url, &answer).map_err(|e| refusal(e, &self.form.element))
    }

    /// Asks once whether the user has given access (RFC 8628 §3.4). `interval` is in seconds. A scope that the answer
    /// leaves out is the one that was requested.
    pub async fn poll(&self, device_code: &Sensitive<String>, interval: u64) -> Result<PollOutcome, Failure> {
        let (server, client) = (self.oauth2()?, self.client());
        let extra = parameters(&self.form, &server.rules.token_parameters);
        let request = server
            .endpoint(&server.token, &client, &extra)
            .device_code(device_code)
            .map_err(|e| Failure::internal(e.to_string()))?;
        let answer = match self.transmit(request).await {
            Ok(answer) => read_tokens(&server.rules, &answer),
            Err(error) => Err(unanswered(error)?),
        };
        Ok(match poll_outcome(answer, interval) {
            PollOutcome::Issued(mut tokens) => {
                tokens.scope = tokens.scope.or_else(|| server.rules.scope(&self.form.values));
                PollOutcome::Issued(tokens)
            }
            other => other,
        })
    }
}

/// Judges a poll that got no answer.
fn unanswered(error: HttpError) -> Result<TokenRefusal, Failure> {
    match error {
        // RFC 8628 §3.5: a reason to ask less often, not to stop.
        HttpError::Unreachable { .. } => Ok(TokenRefusal::Temporary { status: 0, retry_after: None }),
        // The next poll would end the same way.
        HttpError::Untrusted { .. }
        | HttpError::NotSecure { .. }
        | HttpError::TooLarge { .. }
        | HttpError::Compressed { .. } => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::certificate::CertificateProblem;
    use crate::domain::error::{Code, NetworkFault};
    use crate::io::http::Delivery;

    #[test]
    fn only_a_server_that_does_not_answer_is_asked_again() {
        let host = || "id.example.com".to_owned();
        for delivery in [Delivery::NotSent, Delivery::MaybeSent, Delivery::TimedOut] {
            let (fault, what) = (NetworkFault::Lost, "no answer");
            let refusal = unanswered(HttpError::Unreachable { host: host(), fault, what, delivery });
            let refusal = refusal.expect("a reason to wait");
            assert!(matches!(poll_outcome(Err(refusal), 5), PollOutcome::Wait { interval: 10 }));
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
