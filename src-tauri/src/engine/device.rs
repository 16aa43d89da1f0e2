//! Waits for a person who gives access on another page, or another device (RFC 8628 §3.4).

use std::time::{Duration, Instant};

use super::{Controls, Engine, SigningIn};
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::device::Polled;
use crate::domain::oauth::token::TokenSet;
use crate::platform::{Platform, refusal};

impl Engine {
    /// Asks the provider until the person has decided, gives up, or the code is over.
    pub(super) async fn approved(
        &self,
        signing: &SigningIn,
        controls: &mut Controls,
    ) -> Result<TokenSet, Failure> {
        let (Some(device), Platform::Local(local)) = (&signing.device, &signing.platform) else {
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
            // To its end once it is sent: its answer may be the token.
            let (local, element, values) = (local.clone(), signing.element.clone(), signing.values.clone());
            let asked =
                self.unbroken(async move { local.poll(&element, &values, &code, interval).await }).await?;
            match asked {
                Polled::Issued(tokens) => return Ok(*tokens),
                Polled::Wait { interval: wanted } => interval = wanted,
                Polled::Denied => return Err(Failure::new(Code::AccessDenied)),
                Polled::Expired => return Err(Failure::new(Code::CallbackTimeout)),
                Polled::Failed(refused) => return Err(refusal(refused, &signing.element)),
            }
            next = Instant::now() + Duration::from_secs(interval);
        }
    }
}
