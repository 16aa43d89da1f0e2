//! One call, and the repetition of calls that may be repeated.

use std::time::Duration;

use super::Hosted;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::refusal::Asked;
use crate::domain::hosted::sendable;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::io::clock;
use crate::io::http::{Bounds, Delivery, HttpError};

/// How long a call may take: slow providers stand behind the platform, and nobody waits longer.
const CALL: Duration = Duration::from_secs(30);
/// How long a whole list may take: four calls at their slowest, or dozens as they are. Nobody looks at an empty window
/// for longer.
const LIST: Duration = Duration::from_secs(120);
/// How often a call is sent at most: enough for a restart behind a load balancer.
const TRIES: u32 = 3;
/// The longest pause before the second try; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A person waits meanwhile: whatever the platform asks for beyond this is told at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// When an instance whose answer was lost is looked for: at once, and as long as a platform may still be making it.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// All looks together: the page in the browser waits for the end.
const SEARCH: Duration = Duration::from_secs(20);

/// The answers with one thing in them are some kB; one with a long description or a discovery list stays far below.
const ONE_MAX: usize = 1024 * 1024;
/// 200 elements with their configuration and resources are some 10 MB.
const LARGE_MAX: usize = 32 * 1024 * 1024;

/// How much an answer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// One thing.
    One,
    /// A page of a list, or a whole element.
    Large,
}

/// Why a call has no answer.
pub(super) struct Unanswered {
    pub(super) failure: Failure,
    /// Whether the platform may have seen it, and even carried it out.
    pub(super) seen: bool,
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self { failure, seen: false }
    }
}

/// For calls that only read: there it does not matter who has seen them.
impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.failure
    }
}

/// The times of this client. Tests have shorter ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) call: Duration,
    pub(super) list: Duration,
    pub(super) first_pause: Duration,
    pub(super) longest_pause: Duration,
    pub(super) looks: [Duration; 4],
    pub(super) search: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let given = crate::fault::number("KEYRACK_HTTP_TIMEOUT_MS").and_then(|ms| u64::try_from(ms).ok());
        Self {
            call: given.map_or(CALL, Duration::from_millis),
            list: LIST,
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
            looks: LOOKS,
            search: SEARCH,
        }
    }
}

impl Hosted {
    /// Sends once.
    pub(super) async fn once(&self, request: HttpRequest, size: Size) -> Result<HttpResponse, HttpError> {
        let body = match size {
            Size::One => ONE_MAX,
            Size::Large => LARGE_MAX,
        };
        self.http.send_within(request, Bounds { body, time: self.pace.call }).await
    }

    /// Sends what works only once.
    pub(super) async fn unrepeated(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        self.sendable()?;
        self.once(request, Size::One).await.map_err(|error| {
            let seen = !error.is_not_sent();
            Unanswered { failure: self.no_answer(error), seen }
        })
    }

    /// Sends, and sends again while the platform does not answer or says that it cannot just now. Only for calls whose
    /// repetition changes nothing.
    pub(super) async fn repeat(
        &self,
        request: impl Fn() -> HttpRequest,
        size: Size,
    ) -> Result<HttpResponse, Unanswered> {
        self.sendable()?;
        let mut tried = 0;
        let mut seen = false;
        loop {
            tried += 1;
            let result = self.once(request(), size).await;
            // One try is enough, even if the last one finds nobody.
            seen |= !result.as_ref().is_err_and(HttpError::is_not_sent);
            let pause = match &result {
                _ if tried == TRIES => None,
                // After a whole time-out the person has waited long enough.
                Err(HttpError::Unreachable { delivery: Delivery::NotSent | Delivery::MaybeSent, .. }) => {
                    Some(self.pause(tried))
                }
                Err(_) => None,
                Ok(answer) if is_temporary(answer.status) => self.pause_after(answer, tried),
                Ok(_) => None,
            };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    return result.map_err(|error| Unanswered { failure: self.no_answer(error), seen });
                }
            }
        }
    }

    /// Secrets that no header can carry were never accepted by a platform.
    pub(super) fn sendable(&self) -> Result<(), Failure> {
        let fine = [&self.secrets.user, &self.secrets.organization].iter().all(|s| sendable(s.expose()));
        if fine { Ok(()) } else { Err(Failure::new(Code::WorkspaceSecrets).host(self.host())) }
    }

    /// What the platform asks for, or a pause of ours. `None` if it asks for more than a person waits.
    fn pause_after(&self, answer: &HttpResponse, tried: u32) -> Option<Duration> {
        let said = self.refusal(answer, Asked::Platform, &[]);
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

    /// A call without an answer.
    pub(super) fn no_answer(&self, error: HttpError) -> Failure {
        error.into_failure(Code::PlatformUnreachable, Code::PlatformBadResponse)
    }
}

/// The statuses after which the same call may succeed. 500 is among them: the platform sends it for much that passes.
fn is_temporary(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}
