//! How far other clocks are from this computer's, read from the `Date` of their answers (RFC 9110 §6.6.1).
//!
//! What follows from it is decided elsewhere: a signature with the server's time, or a hint.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use url::Url;

use crate::domain::exchange::host_and_port;
use crate::domain::renewal::in_ms;
use crate::io::clock;
use crate::io::listener::Loopback;

/// Servers that are remembered: more than a person has accounts at.
const HOSTS: usize = 64;
/// From here on a clock is in the way. Certificates and signed requests bear minutes; `Date` itself is exact to a
/// second, and the way there and back costs some more.
const NOTABLE: i64 = 120;
/// An answer that took longer says too little about when it was made: the error is half of it.
const LONGEST: Duration = Duration::from_secs(20);
/// By how much the two clocks of this computer may disagree. More means that one of them was set, or that the
/// computer slept.
const JUMP_MS: i64 = 3_000;

/// What the servers said, oldest first.
#[derive(Debug, Default)]
pub(super) struct Clocks(Mutex<VecDeque<Told>>);

#[derive(Clone, Debug)]
struct Told {
    host: String,
    loopback: bool,
    /// Seconds that the server is ahead.
    skew: i64,
    at: Moment,
}

/// A moment by both clocks of this computer: the one that is set, and the one that only runs.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Moment {
    wall_ms: i64,
    running: Instant,
}

impl Moment {
    pub(in crate::io) fn now() -> Self {
        Self { wall_ms: clock::now_ms(), running: Instant::now() }
    }

    /// How long ago this was, unless a clock was set meanwhile.
    fn since(self) -> Option<Duration> {
        let ran = self.running.elapsed();
        let disagree = (clock::now_ms() - self.wall_ms).saturating_sub(in_ms(ran));
        (disagree.abs() <= JUMP_MS).then_some(ran)
    }
}

impl Clocks {
    /// Reads the head of an answer that has just arrived to a request that began at `asked`.
    pub(super) fn read<'h>(
        &self,
        url: &Url,
        asked: Moment,
        header: impl Fn(&'static str) -> Option<&'h str>,
    ) {
        let Some(took) = asked.since().filter(|took| *took <= LONGEST) else { return };
        if is_kept(&header) {
            return;
        }
        let Some(server_s) = header("date").and_then(seconds) else { return };
        let middle_ms = asked.wall_ms + i64::try_from(took.as_millis() / 2).unwrap_or_default();
        let told = Told {
            host: host_and_port(url),
            loopback: Loopback::of(url).is_some(),
            // `Date` names the second that has begun, so the server's clock stood half a second later on average.
            skew: (server_s * 1000 + 500 - middle_ms).div_euclid(1000),
            at: asked,
        };
        let mut all = self.all();
        all.retain(|known| known.host != told.host);
        if all.len() == HOSTS {
            all.pop_front();
        }
        all.push_back(told);
    }

    /// Seconds that the clock of this server is ahead, if it told.
    pub(super) fn of(&self, url: &Url) -> Option<i64> {
        let host = host_and_port(url);
        self.all().iter().find(|told| told.host == host && told.at.since().is_some()).map(|told| told.skew)
    }

    /// The median of what they told: one server with a wrong clock is outvoted.
    pub(super) fn median(&self) -> Option<i64> {
        let all = self.all();
        let valid = all.iter().filter(|told| told.at.since().is_some());
        // Servers on this computer read the very clock that is in doubt.
        let (near, far): (Vec<_>, Vec<_>) = valid.partition(|told| told.loopback);
        let mut skews: Vec<_> =
            if far.is_empty() { near } else { far }.iter().map(|told| told.skew).collect();
        skews.sort_unstable();
        skews.get(skews.len().checked_sub(1)? / 2).copied()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, VecDeque<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a difference is enough to be in the way.
pub(super) fn is_notable(skew: i64) -> bool {
    skew.abs() >= NOTABLE
}

/// Whether a cache answered: the moment in such an answer is when it was made, not when it was sent (RFC 9111 §5.1).
fn is_kept<'h>(header: &impl Fn(&'static str) -> Option<&'h str>) -> bool {
    header("age").is_some_and(|age| age.trim() != "0")
        || ["cache-status", "cf-cache-status", "x-cache"]
            .into_iter()
            .filter_map(header)
            .any(|said| said.to_ascii_lowercase().contains("hit"))
}

/// All three forms of RFC 9110 §5.6.7, which a recipient must accept.
fn seconds(date: &str) -> Option<i64> {
    let moment: SystemTime = httpdate::parse_http_date(date).ok()?;
    i64::try_from(moment.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    fn date(ahead: i64) -> String {
        let seconds = u64::try_from(clock::now_ms() / 1000 + ahead).expect("after 1970");
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn tell(clocks: &Clocks, address: &str, headers: &[(&str, &str)]) {
        clocks.read(&url(address), Moment::now(), |name| {
            headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        });
    }

    fn near(found: Option<i64>, wanted: i64) -> bool {
        found.is_some_and(|found| (found - wanted).abs() <= 2)
    }

    #[test]
    fn all_three_forms_of_a_date_are_read() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(seconds(text), Some(784_111_777), "{text}");
        }
        for text in ["", "now", "Sun, 06 Nov 1994 08:49:37 +0200", "Sun, 32 Nov 1994 08:49:37 GMT"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn the_clock_of_a_server_is_measured_both_ways() {
        for ahead in [7 * 60, -7 * 60, 0] {
            let clocks = Clocks::default();
            tell(&clocks, "https://a.example/token", &[("date", &date(ahead))]);
            assert!(near(clocks.of(&url("https://a.example/other")), ahead), "{clocks:?}");
            assert_eq!(clocks.of(&url("https://b.example/")), None);
            assert_eq!(clocks.median().is_some_and(is_notable), ahead != 0);
        }
    }

    #[test]
    fn what_a_cache_answers_is_not_measured() {
        for (name, value) in [
            ("age", "421"),
            ("age", "nonsense"),
            ("x-cache", "Hit from cloudfront"),
            ("cf-cache-status", "HIT"),
            ("cache-status", "Cache; hit; ttl=30"),
        ] {
            let clocks = Clocks::default();
            tell(&clocks, "https://a.example/", &[("date", &date(-421)), (name, value)]);
            assert_eq!(clocks.median(), None, "{name}: {value}");
        }
        for (name, value) in
            [("age", "0"), ("x-cache", "Miss from cloudfront"), ("cf-cache-status", "DYNAMIC")]
        {
            let clocks = Clocks::default();
            tell(&clocks, "https://a.example/", &[("date", &date(-421)), (name, value)]);
            assert!(near(clocks.median(), -421), "{name}: {value}");
        }
    }

    #[test]
    fn one_wrong_server_is_outvoted_and_loopback_has_no_vote() {
        let clocks = Clocks::default();
        tell(&clocks, "http://127.0.0.1:1/", &[("date", &date(300))]);
        assert!(near(clocks.median(), 300), "nobody else told");
        for (host, ahead) in [("a", 420), ("b", 421), ("c", -3)] {
            tell(&clocks, &format!("https://{host}.example/"), &[("date", &date(ahead))]);
        }
        tell(&clocks, "http://127.0.0.1:2/", &[("date", &date(0))]);
        assert!(near(clocks.median(), 420), "{clocks:?}");
    }

    #[test]
    fn a_measure_from_before_the_clock_was_set_says_nothing() {
        let clocks = Clocks::default();
        let asked = Moment { wall_ms: clock::now_ms() - 420_000, running: Instant::now() };
        let header = date(0);
        clocks.read(&url("https://a.example/"), asked, |name| (name == "date").then_some(header.as_str()));
        assert_eq!(clocks.median(), None, "the clock was set during the request");

        tell(&clocks, "https://a.example/", &[("date", &date(420))]);
        assert!(clocks.median().is_some());
        clocks.all()[0].at.wall_ms -= 420_000;
        assert_eq!((clocks.median(), clocks.of(&url("https://a.example/"))), (None, None));
    }

    #[test]
    fn the_number_of_servers_is_bounded() {
        let clocks = Clocks::default();
        for n in 0..HOSTS + 5 {
            tell(&clocks, &format!("https://a{n}.example/"), &[("date", &date(0))]);
        }
        assert_eq!(clocks.all().len(), HOSTS);
        assert!(clocks.of(&url("https://a0.example/")).is_none());
        assert!(clocks.of(&url("https://a68.example/")).is_some());
    }
}
