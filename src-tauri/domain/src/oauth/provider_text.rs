//! Text that a provider wrote, made fit to be shown: never trusted, never markup.

/// Long enough for every real `error_description`, short enough that a provider cannot fill the window.
pub(crate) const LONGEST_DESCRIPTION: usize = 300;

/// Error codes are identifiers: a longer one is prose in the wrong place.
pub(crate) const LONGEST_CODE: usize = 64;

/// One line of at most `longest` characters. Control characters could drive a terminal, and bidirectional or
/// invisible ones could make a sentence read as another.
pub fn plain_line(text: &str, longest: usize) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let line = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(longest).collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_provider_is_one_short_visible_line() {
        for (text, shown) in [
            ("end-user denied authorization", "end-user denied authorization"),
            ("  two\r\n\tlines ", "two lines"),
            ("\u{1b}[31mred\u{7}", "[31mred"),
            ("abc\u{202E}fed\u{200B}", "abcfed"),
            ("<b>größer</b>", "<b>größer</b>"),
        ] {
            assert_eq!(plain_line(text, 300), shown, "{text:?}");
        }
        assert_eq!(plain_line(&"é".repeat(400), 300).chars().count(), 300);
    }
}
