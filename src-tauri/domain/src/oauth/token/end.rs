//! When an access token ends. RFC 6749 §5.1 has `expires_in` in seconds; providers also name a moment, in several forms
//! and under several names.

use time::format_description::well_known::{Iso8601, Rfc2822};
use time::{Date, OffsetDateTime, PrimitiveDateTime};

use super::members::{LONGEST_LIFE, Members};

/// The RFC's name first. Never one of a refresh token, nor Entra's `ext_expires_in`, which counts only in an outage.
const LIFE_NAMES: [&str; 4] = ["expires_in", "expiresIn", "access_token_expires_in", "expire_in"];

/// Names of a moment. Facebook's `expires` is a number of seconds.
const MOMENT_NAMES: [&str; 16] = [
    "expires_at",
    "expiresAt",
    "expires_on",
    "expiresOn",
    "expires",
    ".expires",
    "expiry",
    "expiry_date",
    "expire_at",
    "expires_time",
    "expiration",
    "expiration_time",
    "expirationTime",
    "token_expires_at",
    "access_token_expires_at",
    "accessTokenExpiresAt",
];

/// No life in seconds is longer than thirty years, and no moment in seconds since 1970 is earlier than 2001.
const FIRST_MOMENT: f64 = 1e9;

/// No moment in seconds is later than the year 5138, and none in milliseconds is earlier than 1973.
const FIRST_MILLISECONDS: f64 = 1e11;

/// In seconds. An issued token may have ended when its answer arrives, but a moment before that is meant as a life.
const LONGEST_PAST: f64 = 30.0 * 24.0 * 3600.0;

impl Members {
    /// The seconds that are left of the access token. `now` is in seconds since 1970. What cannot be read counts as absent.
    pub(super) fn life(&self, now: u64) -> Option<u64> {
        let named = LIFE_NAMES.iter().find_map(|name| read_end(self.get(name)?, now));
        named.or_else(|| {
            let ends = MOMENT_NAMES.iter().filter_map(|name| self.get(name));
            // 0 and -1 are written for a token that does not end.
            ends.filter(|text| !text.trim().parse::<f64>().is_ok_and(|number| number <= 0.0))
                .find_map(|text| read_moment(text, now))
        })
    }
}

/// Reads a life or a moment, as the seconds that are left.
pub(in crate::oauth) fn read_end(text: &str, now: u64) -> Option<u64> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let left = left_until(text, now)?;
    // The conversion saturates: a negative life becomes 0.
    let life = number.filter(|_| left < -LONGEST_PAST).unwrap_or(left);
    Some((life as u64).min(LONGEST_LIFE))
}

/// Reads what is named as a moment; a small number of seconds is a life there too.
pub(in crate::oauth) fn read_moment(text: &str, now: u64) -> Option<u64> {
    Some((left_until(text, now)? as u64).min(LONGEST_LIFE))
}

/// The seconds that are left, negative if it is over.
fn left_until(text: &str, now: u64) -> Option<f64> {
    let text = text.trim();
    Some(match text.parse::<f64>() {
        Ok(number) if !number.is_finite() => return None,
        Ok(number) if number < FIRST_MOMENT => number,
        Ok(number) if number < FIRST_MILLISECONDS => number - now as f64,
        Ok(number) => number / 1000.0 - now as f64,
        Err(_) => read_date(text)? as f64 - now as f64,
    })
}

/// A date of ISO 8601, RFC 2822, HTTP, or Microsoft's JSON, in seconds since 1970. Without an offset it is UTC.
fn read_date(text: &str) -> Option<i64> {
    if let Some(milliseconds) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        return milliseconds.parse::<i64>().ok().map(|ms| ms / 1000);
    }
    if let Ok(date) = httpdate::parse_http_date(text) {
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        return i64::try_from(since.as_secs()).ok();
    }
    let iso = text.replacen(' ', "T", 1).replace(" UTC", "Z").replace(' ', "");
    OffsetDateTime::parse(&iso, &Iso8601::DEFAULT)
        .or_else(|_| OffsetDateTime::parse(text, &Rfc2822))
        .or_else(|_| PrimitiveDateTime::parse(&iso, &Iso8601::DEFAULT).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| Date::parse(&iso, &Iso8601::DATE).map(|day| day.midnight().assume_utc()))
        .ok()
        .map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26T18:00:00Z.
    const NOW: u64 = 1_795_716_000;

    fn life(members: &str) -> Option<u64> {
        Members::parse(format!("{{\"access_token\":\"a\",{members}}}").as_bytes()).unwrap().life(NOW)
    }

    #[test]
    fn an_end_is_read_in_each_form_and_under_each_name() {
        let names = LIFE_NAMES.iter().chain(&MOMENT_NAMES);
        for name in names {
            for written in [
                "3600",
                "\"3600\"",
                "3600.7",
                "1795719600",
                "\"1795719600\"",
                "1795719600.25",
                "1.7957196e9",
                "1795719600000",
                "\"1795719600123\"",
                "\"2026-11-26T19:00:00Z\"",
                "\"2026-11-26T19:00:00.123456Z\"",
                "\"2026-11-26T20:00:00+01:00\"",
                "\"2026-11-26T20:00:00+0100\"",
                "\"2026-11-26 19:00:00\"",
                "\"2026-11-26 19:00:00 UTC\"",
                "\"2026-11-26 19:00:00 +0000\"",
                "\"2026-11-26T19:00:00\"",
                "\"20261126T190000Z\"",
                "\"Thu, 26 Nov 2026 19:00:00 GMT\"",
                "\"Thu, 26 Nov 2026 20:00:00 +0100\"",
                "\"26 Nov 2026 19:00:00 +0000\"",
                "\"Thursday, 26-Nov-26 19:00:00 GMT\"",
                "\"/Date(1795719600000)/\"",
            ] {
                assert_eq!(life(&format!("\"{name}\":{written}")), Some(3600), "{name} {written}");
            }
        }
    }

    #[test]
    fn only_the_end_of_the_access_token_is_read() {
        for (members, left) in [
            (r#""ext_expires_in":7200"#, None),
            (r#""refresh_token_expires_in":7200,"refresh_expires_in":7200"#, None),
            (r#""expires_in":60,"expires_at":1795719600,"refresh_token_expires_in":7200"#, Some(60)),
            (r#""expires_in":"never","expires_at":1795719600"#, Some(3600)),
            (r#""expires_in":null,"expires_on":"1795719600""#, Some(3600)),
            (r#""expires_at":0"#, None),
            (r#""expires":-1"#, None),
            (r#""expires_at":"soon","expiry":{"a":1},"expires":true"#, None),
            (r#""expires_at":1795715990"#, Some(0)),
            (r#""expires_at":1700000000"#, Some(0)),
            (r#""expires_at":1700000000000"#, Some(0)),
            (r#""expires_in":1795715990"#, Some(0)),
            // Fifty years, not a moment of 2019.
            (r#""expires_in":1576800000"#, Some(LONGEST_LIFE)),
            (r#""expires_at":"9999-12-31T23:59:59Z""#, Some(LONGEST_LIFE)),
            (r#""expires_in":2147483647"#, Some(LONGEST_LIFE)),
        ] {
            assert_eq!(life(members), left, "{members}");
        }
    }
}
