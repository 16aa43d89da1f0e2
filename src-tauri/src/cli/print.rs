//! The only writer to standard output and standard error. Hidden characters in text from outside are removed.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use serde::Serialize;
use time::OffsetDateTime;
use time::formatting::Formattable;
use time::macros::format_description;

use crate::domain::shell::{self, Shell};
use crate::domain::text::{escape_hidden, one_line, without_hidden};

/// What begins the lines that scripts look for. Text from outside must not pass for one of them.
const MARKS: [&str; 4] = ["open:", "code:", "base_url:", "authorization:"];

/// Why standard output could not be written, if so.
static OUTPUT_FAILURE: OnceLock<ErrorKind> = OnceLock::new();

/// Prints a line of the result.
pub(super) fn line(text: &str) {
    exact_line(&clean_line(text));
}

/// Prints a token, or other text of our own, as it is.
pub(super) fn exact_line(text: &str) {
    let mut out = io::stdout().lock();
    note_failure(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Prints the help or the version.
pub(super) fn help(text: &clap::Error) {
    note_failure(text.print());
}

/// Why the result could not be written to standard output, if so. A reader that has closed the pipe is no failure.
pub(super) fn output_failure() -> Option<ErrorKind> {
    OUTPUT_FAILURE.get().copied()
}

fn note_failure(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        OUTPUT_FAILURE.get_or_init(|| error.kind());
    }
}

/// Prints a line for the user to standard error, with our own line breaks.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean_note(text));
}

/// Prints a line to standard error that scripts look for.
pub(super) fn marked_note(mark: &str, value: &str) {
    let _ = writeln!(io::stderr().lock(), "{mark}: {}", without_hidden(value));
}

/// Prints the result as one JSON document.
pub(super) fn json(value: &impl Serialize) {
    exact_line(&escape_hidden(&serde_json::to_string_pretty(value).unwrap_or_default()));
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
    format_utc(ms, format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC"))
}

/// Formats the day of milliseconds since 1970 in UTC.
pub(super) fn utc_day(ms: i64) -> String {
    format_utc(ms, format_description!("[year]-[month]-[day]"))
}

fn format_utc(ms: i64, format: &(impl Formattable + ?Sized)) -> String {
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

/// A line without hidden characters, in quotes if it begins like a line that scripts look for.
fn clean_line(text: &str) -> String {
    let clean = without_hidden(text);
    let begins_like =
        |mark: &&str| clean.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    if MARKS.iter().any(begins_like) { format!("“{clean}”") } else { clean }
}

/// Lines after the first are indented, so that a line break in text from outside begins none that scripts look for.
fn clean_note(text: &str) -> String {
    let mut lines = text.split('\n');
    let first = clean_line(lines.next().unwrap_or_default());
    lines.fold(first, |note, line| format!("{note}\n  {}", without_hidden(line).trim_start()))
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
    fn text_from_outside_moves_no_cursor_and_forges_no_line() {
        for (text, shown) in [
            ("a\u{1b}[2Jb\u{7}\u{9b}1m", "a[2Jb1m"),
            ("abc\u{202E}fed\u{2066}\u{200B}", "abcfed"),
            ("keyrack: no.\nopen: https://evil.example/", "keyrack: no.\n  open: https://evil.example/"),
            ("no\r\n\u{2028}open: x", "no \n  open: x"),
            ("open: https://evil.example/ is off.", "“open: https://evil.example/ is off.”"),
            ("\u{200B}OPEN: x", "“OPEN: x”"),
            ("  --set a=…", "  --set a=…"),
        ] {
            assert_eq!(clean_note(text), shown, "{text:?}");
        }
        assert_eq!(clean_line("a\nopen: b"), "a open: b");
    }
}
