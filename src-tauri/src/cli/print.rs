//! The only writer to standard output and standard error. Control characters in text from outside are replaced.

use std::io::Write;

use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::domain::shell::{self, Shell};

/// Prints a line of the result. A closed pipe is not an error.
pub(super) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a line for the user to standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", clean(text));
}

/// Prints the result as one JSON document.
pub(super) fn json(value: &impl Serialize) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Prints rows with aligned columns; the last column is not padded.
pub(super) fn table<const N: usize>(rows: impl IntoIterator<Item = [impl AsRef<str>; N]>) {
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(|cell| one_line(cell.as_ref()))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Formats milliseconds since 1970 in UTC.
pub(super) fn utc(ms: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let date = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1000)).ok();
    date.and_then(|date| date.format(format).ok()).unwrap_or_else(|| "after the year 9999".to_owned())
}

/// Quotes any value for the shells of this system.
pub(super) fn shell_quoted(text: &str) -> String {
    if cfg!(windows) { shell::quote_on_windows(text) } else { Shell::Posix.quote(text) }
}

/// Quotes a value only if a shell needs it.
pub(super) fn shell_word(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if plain { text.to_owned() } else { shell_quoted(text) }
}

/// Replaces control characters, for a value within a sentence or a cell.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Replaces control characters except for our own line breaks: a provider's words must not move the cursor.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_795_305_600_999), "2026-11-22 00:00:00 UTC");
        assert_eq!(utc(i64::MAX), "after the year 9999");
    }

    #[test]
    fn a_providers_words_cannot_move_the_cursor() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a [2Jb");
    }
}
