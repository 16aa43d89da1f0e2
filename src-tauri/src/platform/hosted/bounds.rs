//! How long a call may take, how much an answer may hold, and why a call has no answer.

use std::time::Duration;

use crate::domain::error::Failure;

/// The limit of an answer with one thing, in bytes: some kB, even with a long description or a discovery list.
pub(super) const ONE_MAX: usize = 1024 * 1024;
/// The limit of a page of a list or a whole element: 200 elements with configuration and resources are some 10 MB.
pub(super) const LARGE_MAX: usize = 32 * 1024 * 1024;

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

/// For calls that only read: it does not matter whether the platform saw them.
impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.failure
    }
}

/// The times of this client. Tests have shorter ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How long a call may take. The platform itself waits for slow providers.
    pub(super) call: Duration,
    /// How long a whole list may take: four calls at their slowest, or dozens at their usual speed.
    pub(super) list: Duration,
    /// The longest pause before the second try; it doubles from try to try.
    pub(super) first_pause: Duration,
    /// The user waits meanwhile: if the platform asks for a longer pause, the call fails at once.
    pub(super) longest_pause: Duration,
    /// The pauses before each look for an instance whose answer was lost.
    pub(super) looks: [Duration; 4],
    /// All looks together: the page in the browser waits for the end.
    pub(super) search: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let given = crate::fault::number("KEYRACK_HTTP_TIMEOUT_MS").and_then(|ms| u64::try_from(ms).ok());
        Self {
            call: Duration::from_millis(given.unwrap_or(30_000)),
            list: Duration::from_secs(120),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
            looks: [0, 1, 2, 4].map(Duration::from_secs),
            search: Duration::from_secs(20),
        }
    }
}
