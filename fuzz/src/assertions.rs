//! Promises that several targets check.

use keyrack_domain::text::one_line;

/// Text that is shown to the user: one line without control or hidden characters, of at most `longest` characters.
pub fn assert_plain(text: &str, longest: usize) {
    let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
    assert_eq!(one_line(text), words.join(" "), "not one plain line");
    assert!(text.chars().count() <= longest, "{} characters", text.chars().count());
}

/// Text without hidden characters that may have several lines.
pub fn assert_visible(text: &str) {
    let words: Vec<_> = text.split_whitespace().collect();
    assert_eq!(one_line(text), words.join(" "), "a character does not show");
}
