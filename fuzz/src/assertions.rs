//! Promises that several targets check.

use keyrack_domain::text::one_line;

/// Text that is shown to the user: one line without control or hidden characters, of at most `longest` characters.
pub fn assert_plain(text: &str, longest: usize) {
    assert_eq!(one_line(text), text.trim_end(), "not one plain line");
    assert!(text.chars().count() <= longest, "{} characters", text.chars().count());
}
