//! One call, and the repetition of calls that may be repeated.

use std::time::Duration;

use super::Hosted;
use super::bounds::{ONE_MAX, Unanswered};
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::is_header_safe;
use crate::domain::hosted::refusal::Operation;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::io::clock;
use crate::io::http::{Bounds, Delivery, HttpError};

/// The most tries of one call: enough for a restart behind a load balancer.
const TRIES: u32 = 3;

impl Hosted {
    /// Sends once. `most` is the limit of the answer, in bytes.
    pub(super) async fn once(&self, request: HttpRequest, most: usize) -> Result<HttpResponse, HttpError> {
        self.http.send_within(request, Bounds { body: most, time: self.pace.call }).await
    }

    /// Sends what works only once.
    pub(super) async fn unrepeated(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        self.sendable()?;
        self.once(request, ONE_MAX).await.map_err(|error| {
            let seen = !error.is_not_sent();
            Unanswered { failure: self.no_answer(error), seen }
        })
    }

    /// Sends, and repeats while the platform does not answer or reports a temporary failure. Only for idempotent calls.
    pub(super) async fn repeat(
        &self,
        request: impl Fn() -> HttpRequest,
        most: usize,
    ) -> Result<HttpResponse, Unanswered> {
        self.sendable()?;
        let mut tried = 0;
        let mut seen = false;
        loop {
            tried += 1;
            let result = self.once(request(), most).await;
            // One try that arrived is enough, even if the last one did not.
            seen |= !result.as_ref().is_err_and(HttpError::is_not_sent);
            let pause = match &result {
                _ if tried == TRIES => None,
                // After a time-out the user has waited long enough: only a failed connection is tried again.
                Err(HttpError::Unreachable { delivery: Delivery::NotSent | Delivery::MaybeSent, .. }) => {
                    Some(self.pause(tried))
                }
                Ok(answer) if is_temporary(answer.status) => self.pause_after(answer, tried),
                Ok(_) | Err(_) => None,
            };
            let Some(pause) = pause else {
                return result.map_err(|error| Unanswered { failure: self.no_answer(error), seen });
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Refuses secrets that a header cannot carry: no platform has issued them.
    pub(super) fn sendable(&self) -> Result<(), Failure> {
        let fine =
            [&self.secrets.user, &self.secrets.organization].iter().all(|s| is_header_safe(s.expose()));
        if fine { Ok(()) } else { Err(Failure::new(Code::WorkspaceSecrets).host(self.host())) }
    }

    /// The pause that the platform asks for, or our own. `None` if it asks for more than `longest_pause`.
    fn pause_after(&self, answer: &HttpResponse, tried: u32) -> Option<Duration> {
        let said = self.refusal(answer, Operation::Platform, &[]);
        match said.platform.and_then(|said| said.retry_after).map(Duration::from_secs) {
            Some(wait) if wait > self.pace.longest_pause => None,
            Some(wait) => Some(wait),
            None => Some(self.pause(tried)),
        }
    }

    /// Exponential, with full jitter: clients that were cut off together do not come back together.
    fn pause(&self, tried: u32) -> Duration {
        let most = self.pace.first_pause * 2_u32.saturating_pow(tried - 1);
        most.min(self.pace.longest_pause).mul_f64(f64::from(u16::from_ne_bytes(clock::random())) / 65_536.0)
    }

    pub(super) fn no_answer(&self, error: HttpError) -> Failure {
        error.into_failure(Code::PlatformUnreachable, Code::PlatformBadResponse)
    }
}

/// The statuses after which the same call may succeed. 500 is among them: the platform sends it for much that passes.
fn is_temporary(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}
