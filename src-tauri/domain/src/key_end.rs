//! The end of a key or a password: no renewal helps, so the user is warned before.

use serde::Serialize;
use time::{Date, Month, Time};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// How near the end of a key is.
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEnd {
    /// Within a week.
    Week,
    /// Within a day.
    Day,
    /// Its end has passed. Only the product knows whether it still works.
    Over,
}

impl KeyEnd {
    /// Both in milliseconds since 1970. `None` for an end that is more than a week ahead.
    pub fn at(ends_at: i64, now: i64) -> Option<Self> {
        match ends_at.saturating_sub(now) {
            ..=0 => Some(Self::Over),
            left if left <= DAY_MS => Some(Self::Day),
            left if left <= WEEK_MS => Some(Self::Week),
            _ => None,
        }
    }
}

/// A day as it is typed, such as 2027-01-31, in milliseconds since 1970: at noon UTC, so that it is the same day in nearly
/// every time zone.
pub fn parse_day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut next = |digits: usize| {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    if parts.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    let noon = date.with_time(Time::from_hms(12, 0, 0).ok()?).assume_utc();
    noon.unix_timestamp().checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_near_its_end_a_week_and_a_day_before() {
        let now = 1_900_000_000_000;
        for (left, wanted) in [
            (WEEK_MS + 1, None),
            (WEEK_MS, Some(KeyEnd::Week)),
            (DAY_MS + 1, Some(KeyEnd::Week)),
            (DAY_MS, Some(KeyEnd::Day)),
            (1, Some(KeyEnd::Day)),
            (0, Some(KeyEnd::Over)),
            (-WEEK_MS, Some(KeyEnd::Over)),
            (i64::MIN, Some(KeyEnd::Over)),
        ] {
            assert_eq!(KeyEnd::at(now + left.max(-now), now), wanted, "{left}");
        }
    }

    #[test]
    fn a_day_is_year_month_and_day() {
        for (text, wanted) in [
            ("2031-01-01", Some(1_925_035_200_000)),
            ("2028-02-29", Some(1_835_438_400_000)),
            ("2027-02-29", None),
            ("2027-13-01", None),
            ("2027-1-31", None),
            ("31.01.2027", None),
            ("2027-01-31-", None),
            ("+027-01-31", None),
            ("", None),
        ] {
            assert_eq!(parse_day(text), wanted, "{text}");
        }
    }
}
