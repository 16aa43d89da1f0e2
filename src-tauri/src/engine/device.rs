//! Polls the provider while the user enters a code on any device (RFC 8628 §3.4).

use std::time::{Duration, Instant};

use super::signing_in::DeviceWay;
use super::{Controls, Engine};
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::device::PollOutcome;
use crate::domain::oauth::token::TokenSet;
use crate::platform::SignIn;
use crate::platform::refusal::refusal;

impl Engine {
    /// Polls until the user has decided or gives up, or the code ends.
    pub(super) async fn poll_device(
        &self,
        sign_in: &SignIn,
        device: &DeviceWay,
        controls: &mut Controls,
    ) -> Result<TokenSet, Failure> {
        let SignIn::Provider(provider) = sign_in else {
            return Err(Failure::internal("no code was given out"));
        };
        let mut interval = device.authorization.interval;
        let mut next = Instant::now() + Duration::from_secs(interval);
        loop {
            let deadline = *controls.deadline.borrow_and_update();
            let until = deadline.min(device.ends);
            tokio::select! {
                () = tokio::time::sleep_until(next.min(until).into()) => {}
                Ok(()) = controls.cancelled.changed() => {
                    if *controls.cancelled.borrow() {
                        return Err(Failure::new(Code::Cancelled));
                    }
                    continue;
                }
                Ok(()) = controls.deadline.changed() => continue,
                // There is nothing to paste: the browser does not come back with an answer.
                Some((_, reply)) = controls.pasted.recv() => {
                    let _ = reply.send(Err(Failure::new(Code::CallbackInvalid)));
                    continue;
                }
            }
            if Instant::now() >= until {
                return Err(Failure::new(Code::CallbackTimeout));
            }
            let code = device.authorization.device_code.clone();
            // Not cut off once it is sent: its answer may be the token.
            let asked = provider.clone();
            let polled = self.run_to_completion(async move { asked.poll(&code, interval).await }).await?;
            match polled {
                PollOutcome::Issued(tokens) => return Ok(*tokens),
                PollOutcome::Wait { interval: wanted } => interval = wanted,
                PollOutcome::Denied => return Err(Failure::new(Code::AccessDenied)),
                PollOutcome::Expired => return Err(Failure::new(Code::CallbackTimeout)),
                PollOutcome::Failed(refused) => return Err(refusal(refused, &provider.form().element)),
            }
            next = Instant::now() + Duration::from_secs(interval);
        }
    }
}
