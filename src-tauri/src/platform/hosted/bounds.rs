//! How long a call may take, how much an answer may hold, and why a call has no answer.

use std::time::Duration;

use crate::domain::error::Failure;

/// How long a call may take. The platform itself waits for slow providers.
const CALL: Duration = Duration::from_secs(30);
/// How long a whole list may take: four calls at their slowest, or dozens at their usual speed.
const LIST: Duration = Duration::from_secs(120);
/// The longest pause before the second try; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A user waits meanwhile: if the platform asks for a longer pause, the call fails at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The pauses before each look for an instance whose answer was lost.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// All looks together: the page in the browser waits for the end.
const SEARCH: Duration = Duration::from_secs(20);

/// Answers with one thing are some kB, even with a long description or a discovery list.
pub(super) const ONE_MAX: usize = 1024 * 1024;
/// 200 elements with their configuration and resources are some 10 MB.
pub(super) const LARGE_MAX: usize = 32 * 1024 * 1024;

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

/// For calls that only read: it does not matter whether the platform saw them.
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
