//! When a token is renewed: whether it is valid for long enough, and when a renewal ahead of need is due. Times are
//! milliseconds since 1970.

use std::time::Duration;

/// A token is renewed ahead of need when this is left of its lifetime: enough for a slow answer and a retry, and
/// little compared with usual lifetimes (five minutes and more).
pub const LEAD: Duration = Duration::from_secs(90);

/// … or when this part of its lifetime is left, if that is less: renewals are at least two thirds of a lifetime apart.
const LEAD_PART: i64 = 3;

/// Between two attempts ahead of need. Tokens that live for seconds are renewed on demand.
const SPACING_MS: i64 = 30_000;

/// After the first failure: outlasts a short outage and still leaves time within a lead of 90 s.
const BACK_OFF_MS: i64 = 40_000;

/// A provider that was down for a day is asked again within the hour.
const LONGEST_BACK_OFF_MS: i64 = 3_600_000;

/// The part of a wait by which it varies either way, so that programs do not return from an outage at once.
const JITTER: f64 = 0.2;

/// Clocks are corrected in smaller steps, unless one was set back or was wrong when the token came.
const CLOCK_STEP_MS: i64 = 5_000;

/// Whether an access token is valid for `min_ttl` more.
///
/// A token that lives shorter than three times that counts as valid until a third of its lifetime is left: otherwise
/// each call would renew it. A token that does not expire is always valid. If the clock is behind the moment at which
/// the token came, its age is unknown, and it is not valid.
pub fn is_fresh(received_at: i64, expires_at: Option<i64>, min_ttl: Duration, now: i64) -> bool {
    let Some(expires_at) = expires_at else { return true };
    if clock_was_set_back(received_at, now) {
        return false;
    }
    let life = expires_at.saturating_sub(received_at);
    let wanted = to_ms(min_ttl).min(life / LEAD_PART);
    expires_at.saturating_sub(now) > wanted
}

/// A token and the attempts to renew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewalState {
    pub received_at: i64,
    pub expires_at: Option<i64>,
    /// Whether a renewal can succeed without the user: there is a refresh token, and no answer was final.
    pub renewable: bool,
    /// Failed attempts since the last success.
    pub failures: u32,
    /// The last attempt ahead of need, or the last failure of any.
    pub last_try: Option<i64>,
    /// The provider's `Retry-After` (RFC 9110 §10.2.3).
    pub not_before: Option<i64>,
}

/// When a renewal ahead of need is due; `None` means never. `jitter` is from 0 to 1, drawn once for each attempt.
pub fn due_at(seen: &RenewalState, jitter: f64) -> Option<i64> {
    let expires_at = seen.expires_at.filter(|_| seen.renewable)?;
    let life = expires_at.saturating_sub(seen.received_at).max(0);
    let lead = to_ms(LEAD).min(life / LEAD_PART);
    let need = expires_at.saturating_sub(lead);
    let spaced = seen.last_try.map(|at| at.saturating_add(wait(seen.failures, jitter)));
    Some(need.max(spaced.unwrap_or(need)).max(seen.not_before.unwrap_or(need)))
}

/// Whether a renewal is due now. Unlike [`due_at`] this notices a clock that was set back.
pub fn is_due(seen: &RenewalState, jitter: f64, now: i64) -> bool {
    let Some(due) = due_at(seen, jitter) else { return false };
    // An attempt by the new clock counts, so that a failing provider is not asked in a loop.
    let tried =
        seen.last_try.is_some_and(|at| !clock_was_set_back(at, now) && now < at.saturating_add(SPACING_MS));
    now >= due || (clock_was_set_back(seen.received_at, now) && !tried)
}

/// The wait after an attempt in milliseconds.
fn wait(failures: u32, jitter: f64) -> i64 {
    let Some(doublings) = failures.checked_sub(1) else { return SPACING_MS };
    let doubled = BACK_OFF_MS.saturating_mul(1_i64.checked_shl(doublings.min(30)).unwrap_or(i64::MAX));
    let planned = doubled.min(LONGEST_BACK_OFF_MS);
    let part = JITTER * (2.0 * jitter.clamp(0.0, 1.0) - 1.0);
    (planned + (planned as f64 * part) as i64).max(SPACING_MS)
}

pub fn to_ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn clock_was_set_back(then: i64, now: i64) -> bool {
    now < then.saturating_sub(CLOCK_STEP_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment far from both ends of the clock.
    const NOW: i64 = 1_800_000_000_000;

    fn seen(life_s: i64) -> RenewalState {
        let expires_at = Some(NOW + life_s * 1000);
        RenewalState {
            received_at: NOW,
            expires_at,
            renewable: true,
            failures: 0,
            last_try: None,
            not_before: None,
        }
    }

    /// Seconds after [`NOW`].
    fn due(seen: &RenewalState, jitter: f64) -> Option<i64> {
        due_at(seen, jitter).map(|at| (at - NOW) / 1000)
    }

    #[test]
    fn freshness_is_capped_at_a_third_of_the_lifetime() {
        for (life, wanted, age, fresh) in [
            // In seconds.
            (Some(600), 30, 0, true),
            (Some(600), 30, 569, true),
            (Some(600), 30, 571, false),
            (Some(60), 30, 0, true),
            (Some(60), 30, 39, true),
            (Some(60), 30, 41, false),
            (Some(600), 100_000, 0, true),
            (Some(1), 30, 0, true),
            (None, 30, 1_000_000, true),
            (Some(i64::MAX / 1000), 30, 1_000_000, true),
            (Some(0), 30, 0, false),
            // The clock was set back, by its own small steps or by more than those.
            (Some(600), 30, -4, true),
            (Some(600), 30, -6, false),
            (Some(600), 30, -86_400, false),
            (None, 30, -86_400, true),
        ] {
            let expires_at = life.map(|life: i64| NOW.saturating_add(life.saturating_mul(1000)));
            let judged = is_fresh(NOW, expires_at, Duration::from_secs(wanted), NOW + age * 1000);
            assert_eq!(judged, fresh, "life {life:?}, wanted {wanted}, age {age}");
        }
    }

    #[test]
    fn the_lead_of_a_renewal_depends_on_the_lifetime() {
        for (life, at) in
            [(3600, 3510), (271, 181), (270, 180), (120, 80), (60, 40), (3, 2), (0, 0), (-5, -5)]
        {
            assert_eq!(due(&seen(life), 0.5), Some(at), "life {life}");
        }
        assert_eq!(due_at(&RenewalState { expires_at: None, ..seen(60) }, 0.5), None, "it does not expire");
        assert_eq!(
            due_at(&RenewalState { renewable: false, ..seen(60) }, 0.5),
            None,
            "only a person can help"
        );
        assert!(!is_due(&RenewalState { renewable: false, ..seen(60) }, 0.5, NOW + 3_600_000));
        let endless = RenewalState { expires_at: Some(i64::MAX), ..seen(0) };
        assert!(due_at(&endless, 0.5).is_some_and(|at| at > NOW));
    }

    #[test]
    fn attempts_back_off_with_jitter_and_honour_retry_after() {
        let failed = |failures, jitter| {
            let tried = RenewalState { failures, last_try: Some(NOW + 3_600_000), ..seen(3600) };
            due(&tried, jitter).map(|at| at - 3600)
        };
        for (failures, jitter, wait) in [
            (0, 0.5, 30),
            (1, 0.5, 40),
            (1, 0.0, 32),
            (1, 1.0, 48),
            (2, 0.5, 80),
            (3, 0.5, 160),
            (7, 0.5, 2560),
            (8, 0.5, 3600),
            (9, 0.0, 2880),
            (9, 1.0, 4320),
            (u32::MAX, 0.5, 3600),
            (1, -7.0, 32),
            (1, 7.0, 48),
            (1, f64::NAN, 40),
        ] {
            assert_eq!(failed(failures, jitter), Some(wait), "{failures} failures, jitter {jitter}");
        }
        let told =
            RenewalState { failures: 1, last_try: Some(NOW), not_before: Some(NOW + 900_000), ..seen(60) };
        assert_eq!(due(&told, 0.5), Some(900), "Retry-After is honoured");
        let sooner = RenewalState { not_before: Some(NOW + 5_000), ..told };
        assert_eq!(due(&sooner, 0.5), Some(40), "and is no invitation to hurry");
    }

    #[test]
    fn a_renewal_is_due_after_suspend_and_after_the_clock_was_set_back() {
        let hour = 3_600_000;
        assert!(!is_due(&seen(3600), 0.5, NOW + 3_500_000));
        assert!(is_due(&seen(3600), 0.5, NOW + 30 * hour), "asleep beyond the end");
        assert!(is_due(&seen(3600), 0.5, NOW - hour), "its age is not known");
        assert!(!is_due(&seen(3600), 0.5, NOW - 1000), "a small step");
        let tried = |at| RenewalState { failures: 1, last_try: Some(at), ..seen(3600) };
        assert!(is_due(&tried(NOW + 10_000), 0.5, NOW - hour), "a try by the old clock counts for nothing");
        assert!(!is_due(&tried(NOW - hour - 10_000), 0.5, NOW - hour), "one by the new clock does");
        assert!(is_due(&tried(NOW - hour - 31_000), 0.5, NOW - hour));
    }

    /// A provider that renews, an open window, and perhaps scripts that ask for the token all the time. Returns when
    /// the provider was asked, and for how long the token was over.
    fn run(life: i64, asks_every: Option<i64>, fails: bool) -> (Vec<i64>, i64) {
        const STEP: i64 = 50;
        let mut token = RenewalState { received_at: 0, expires_at: Some(life), ..seen(0) };
        let (mut asked, mut over) = (Vec::new(), 0);
        for now in (STEP..(life * 6).max(600_000)).step_by(STEP as usize) {
            let script = asks_every.is_some_and(|every| now % every == 0);
            let wanted = !is_fresh(token.received_at, token.expires_at, Duration::from_secs(30), now);
            let ahead = is_due(&token, 0.5, now);
            if ahead || (script && wanted) {
                asked.push(now);
                if fails {
                    token = RenewalState { failures: token.failures + 1, last_try: Some(now), ..token };
                } else {
                    let last_try = if ahead { Some(now) } else { token.last_try };
                    let received = RenewalState { received_at: now, expires_at: Some(now + life), ..token };
                    token = RenewalState { failures: 0, last_try, ..received };
                }
            }
            over += if token.expires_at.is_some_and(|end| end <= now) { STEP } else { 0 };
        }
        (asked, over)
    }

    #[test]
    fn no_lifetime_causes_a_storm_of_renewals() {
        for life in (1..=60).chain([120, 300, 3600]).map(|s| s * 1000) {
            for asks_every in [None, Some(50), Some(350), Some(7_000)] {
                let (asked, over) = run(life, asks_every, false);
                let most = (0..asked.len())
                    .map(|first| asked[first..].iter().take_while(|at| **at < asked[first] + life).count())
                    .max();
                assert!(
                    most <= Some(2),
                    "life {life} ms, asked every {asks_every:?} ms: {most:?} in one life"
                );
                if asks_every.is_none() {
                    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= SPACING_MS), "life {life}");
                    // From here on two thirds of a life are longer than the spacing.
                    assert!(life < 45_000 || over == 0, "life {life} ms: over for {over} ms");
                }
            }
        }
    }

    #[test]
    fn a_provider_that_is_down_is_asked_less_often() {
        for life in [1_000, 30_000, 3_600_000] {
            let (asked, _) = run(life, None, true);
            let gaps: Vec<i64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.iter().all(|gap| *gap >= BACK_OFF_MS), "{gaps:?}");
            assert!(gaps.is_sorted(), "{gaps:?}");
        }
    }
}
