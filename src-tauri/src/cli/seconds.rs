use std::time::Duration;

/// A year: a larger number was meant as milliseconds.
const MAX: u64 = 366 * 24 * 60 * 60;

/// Parses an option in seconds.
pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds) if seconds <= MAX => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("a whole number of seconds, at most {MAX}")),
    }
}
