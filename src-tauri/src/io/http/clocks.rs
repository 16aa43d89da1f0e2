//! The skew of servers' clocks against this computer's, from the `Date` of their responses (RFC 9110 §6.6.1).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use url::Url;

use crate::domain::address::host_and_port;
use crate::domain::renewal::to_ms;
use crate::io::clock;
use crate::io::loopback::Loopback;

/// Servers that are remembered: more than a user has accounts at.
const MAX_HOSTS: usize = 64;
/// Seconds from which a skew breaks sign-ins. Certificates and signed requests tolerate minutes; `Date` is exact to a
/// second, less the time of the round trip.
const SIGNIFICANT_S: i64 = 120;
/// A slower response is ignored: the error of its measurement is half the round trip.
const MAX_ROUND_TRIP: Duration = Duration::from_secs(20);
/// How far this computer's two clocks may drift apart. More means that one was set or that the computer slept.
const MAX_DRIFT_MS: i64 = 3_000;

/// One reading per server, oldest first.
#[derive(Debug, Default)]
pub(super) struct Clocks(Mutex<VecDeque<Reading>>);

#[derive(Clone, Debug)]
struct Reading {
    host: String,
    loopback: bool,
    /// Seconds that the server is ahead.
    skew: i64,
    at: Moment,
}

/// A moment by this computer's wall clock and its monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Moment {
    wall_ms: i64,
    monotonic: Instant,
}

impl Moment {
    pub(in crate::io) fn now() -> Self {
        Self { wall_ms: clock::now_ms(), monotonic: Instant::now() }
    }

    /// The time since then; `None` if a clock was set meanwhile.
    fn elapsed(self) -> Option<Duration> {
        let elapsed = self.monotonic.elapsed();
        let drift = (clock::now_ms() - self.wall_ms).saturating_sub(to_ms(elapsed));
        (drift.abs() <= MAX_DRIFT_MS).then_some(elapsed)
    }
}

impl Clocks {
    /// Records the clock of a server from a response that has just arrived to a request sent at `asked`.
    pub(super) fn record(&self, url: &Url, asked: Moment, headers: &HeaderMap) {
        let Some(took) = asked.elapsed().filter(|took| *took <= MAX_ROUND_TRIP) else { return };
        if is_from_cache(headers) {
            return;
        }
        let Some(server_s) = text(headers, "date").and_then(parse_date) else { return };
        let middle_ms = asked.wall_ms + i64::try_from(took.as_millis() / 2).unwrap_or_default();
        let reading = Reading {
            host: host_and_port(url),
            loopback: Loopback::from_url(url).is_some(),
            // `Date` is rounded down, so the server's clock was half a second later on average.
            skew: (server_s * 1000 + 500 - middle_ms).div_euclid(1000),
            at: asked,
        };
        let mut all = self.all();
        all.retain(|known| known.host != reading.host);
        if all.len() == MAX_HOSTS {
            all.pop_front();
        }
        all.push_back(reading);
    }

    /// Seconds that the clock of this server is ahead, if known.
    pub(super) fn skew_of(&self, url: &Url) -> Option<i64> {
        let host = host_and_port(url);
        let all = self.all();
        all.iter().find(|known| known.host == host && known.at.elapsed().is_some()).map(|known| known.skew)
    }

    /// The median of all servers, so that one wrong clock does not count.
    pub(super) fn median(&self) -> Option<i64> {
        let all = self.all();
        let valid = all.iter().filter(|reading| reading.at.elapsed().is_some());
        // Servers on this computer use the clock that is in doubt.
        let (near, far): (Vec<_>, Vec<_>) = valid.partition(|reading| reading.loopback);
        let counted = if far.is_empty() { near } else { far };
        let mut skews: Vec<_> = counted.iter().map(|reading| reading.skew).collect();
        skews.sort_unstable();
        skews.get(skews.len().checked_sub(1)? / 2).copied()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a skew is large enough to break sign-ins.
pub(super) fn is_significant(skew: i64) -> bool {
    skew.abs() >= SIGNIFICANT_S
}

/// A cached response has the date at which it was made, not sent (RFC 9111 §5.1).
fn is_from_cache(headers: &HeaderMap) -> bool {
    let is_hit = |name| text(headers, name).is_some_and(|status| status.to_ascii_lowercase().contains("hit"));
    text(headers, "age").is_some_and(|age| age.trim() != "0")
        || ["cache-status", "cf-cache-status", "x-cache"].into_iter().any(is_hit)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Seconds since 1970, from any of the three forms of RFC 9110 §5.6.7.
fn parse_date(date: &str) -> Option<i64> {
    let time: SystemTime = httpdate::parse_http_date(date).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    fn date(ahead: i64) -> String {
        let seconds = u64::try_from(clock::now_ms() / 1000 + ahead).expect("after 1970");
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().expect("a value"))
        };
        pairs.iter().map(header).collect()
    }

    fn record(clocks: &Clocks, address: &str, pairs: &[(&'static str, &str)]) {
        clocks.record(&url(address), Moment::now(), &headers(pairs));
    }

    fn near(found: Option<i64>, wanted: i64) -> bool {
        found.is_some_and(|found| (found - wanted).abs() <= 2)
    }

    #[test]
    fn all_three_date_formats_are_parsed() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse_date(text), Some(784_111_777), "{text}");
        }
        for text in ["", "now", "Sun, 06 Nov 1994 08:49:37 +0200", "Sun, 32 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn clocks_ahead_and_behind_are_measured() {
        for ahead in [7 * 60, -7 * 60, 0] {
            let clocks = Clocks::default();
            record(&clocks, "https://a.example/token", &[("date", &date(ahead))]);
            assert!(near(clocks.skew_of(&url("https://a.example/other")), ahead), "{clocks:?}");
            assert_eq!(clocks.skew_of(&url("https://b.example/")), None);
            assert_eq!(clocks.median().is_some_and(is_significant), ahead != 0);
        }
    }

    #[test]
    fn cached_responses_are_ignored() {
        for (name, value) in [
            ("age", "421"),
            ("age", "nonsense"),
            ("x-cache", "Hit from cloudfront"),
            ("cf-cache-status", "HIT"),
            ("cache-status", "Cache; hit; ttl=30"),
        ] {
            let clocks = Clocks::default();
            record(&clocks, "https://a.example/", &[("date", &date(-421)), (name, value)]);
            assert_eq!(clocks.median(), None, "{name}: {value}");
        }
        for (name, value) in
            [("age", "0"), ("x-cache", "Miss from cloudfront"), ("cf-cache-status", "DYNAMIC")]
        {
            let clocks = Clocks::default();
            record(&clocks, "https://a.example/", &[("date", &date(-421)), (name, value)]);
            assert!(near(clocks.median(), -421), "{name}: {value}");
        }
    }

    #[test]
    fn the_median_ignores_one_wrong_server_and_servers_on_loopback() {
        let clocks = Clocks::default();
        record(&clocks, "http://127.0.0.1:1/", &[("date", &date(300))]);
        assert!(near(clocks.median(), 300), "it is the only one");
        for (host, ahead) in [("a", 420), ("b", 421), ("c", -3)] {
            record(&clocks, &format!("https://{host}.example/"), &[("date", &date(ahead))]);
        }
        record(&clocks, "http://127.0.0.1:2/", &[("date", &date(0))]);
        assert!(near(clocks.median(), 420), "{clocks:?}");
    }

    #[test]
    fn readings_from_before_the_clock_was_set_are_ignored() {
        let clocks = Clocks::default();
        let asked = Moment { wall_ms: clock::now_ms() - 420_000, monotonic: Instant::now() };
        clocks.record(&url("https://a.example/"), asked, &headers(&[("date", &date(0))]));
        assert_eq!(clocks.median(), None, "the clock was set during the request");

        record(&clocks, "https://a.example/", &[("date", &date(420))]);
        assert!(clocks.median().is_some());
        clocks.all()[0].at.wall_ms -= 420_000;
        assert_eq!((clocks.median(), clocks.skew_of(&url("https://a.example/"))), (None, None));
    }

    #[test]
    fn the_number_of_servers_is_limited() {
        let clocks = Clocks::default();
        for n in 0..MAX_HOSTS + 5 {
            record(&clocks, &format!("https://a{n}.example/"), &[("date", &date(0))]);
        }
        assert_eq!(clocks.all().len(), MAX_HOSTS);
        assert!(clocks.skew_of(&url("https://a0.example/")).is_none());
        assert!(clocks.skew_of(&url("https://a68.example/")).is_some());
    }
}
