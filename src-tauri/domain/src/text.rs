//! Text that people or servers give and that is shown: which characters it may hold, and when two names look the same.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Long enough for every real `error_description`, short enough that a provider cannot fill the window.
pub(crate) const LONGEST_DESCRIPTION: usize = 300;

/// Error codes are identifiers: a longer one is prose in the wrong place.
pub(crate) const LONGEST_CODE: usize = 64;

/// Joins all words with single spaces and removes control characters, which could drive a terminal, and characters
/// that are invisible or change the direction of writing, with which one text could look like another.
pub fn one_line(text: &str) -> String {
    let words = text.split_whitespace().map(visible);
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text without line breaks and hidden characters. Its spaces stay.
pub fn without_hidden(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    visible(&spaced)
}

/// Whether the text hides nothing. It may have several lines.
pub(crate) fn is_visible(text: &str) -> bool {
    text.replace("\r\n", "\n").split([' ', '\n', '\t']).all(|word| visible(word) == word)
}

/// JSON whose hidden characters are escaped. Only its strings hold any, apart from our own line breaks.
pub fn escape_hidden(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    escaped
}

/// [`one_line`] of at most `longest` characters, for text of a provider or a platform.
pub fn plain_line(text: &str, longest: usize) -> String {
    one_line(text).chars().take(longest).collect()
}

/// Two letters for the tile of a product.
pub fn initials(product: &str) -> String {
    let words: Vec<&str> = product.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let letters: String = match words.as_slice() {
        [] => "?".to_owned(),
        [one] => one.chars().take(2).collect(),
        [first, second, ..] => first.chars().take(1).chain(second.chars().take(1)).collect(),
    };
    letters.to_uppercase().chars().take(2).collect()
}

/// Whether two names look the same: ignoring case, invisible characters, composition (NFKC), and letters of other
/// scripts or digits that resemble each other (UTS #39 §4). `m` and `rn` stay different: many words differ only there.
pub fn looks_same(a: &str, b: &str) -> bool {
    // In a sans serif font a capital I looks like l, while in lower case it is an i: both readings count.
    let folded = |name: &str| resembling(&one_line(name).to_lowercase());
    let unfolded = |name: &str| resembling(&one_line(name)).to_lowercase();
    folded(a) == folded(b) || unfolded(a) == unfolded(b)
}

pub fn is_taken(names: &[String], name: &str) -> bool {
    names.iter().any(|known| looks_same(known, name))
}

fn resembling(name: &str) -> String {
    let compatible = name.nfkc().filter(|c| !is_hidden(*c)).collect::<String>();
    compatible.split('m').map(|part| skeleton(part).collect::<String>()).collect::<Vec<_>>().join("m")
}

/// A text without hidden characters. The selectors and joiners of emoji stay where they follow a symbol.
pub(crate) fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        let after_symbol = kept.chars().next_back().is_some_and(|c| !c.is_ascii() && !c.is_alphanumeric());
        if !is_hidden(c) || (matches!(c, '\u{200D}' | '\u{FE0F}') && after_symbol) {
            kept.push(c);
        }
    }
    kept
}

/// Control characters, what Unicode 16 calls `Default_Ignorable_Code_Point` (bidirectional controls, zero-width
/// characters, fillers, tags, variation selectors), and the few others without a glyph of their own.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_removed() {
        for (text, shown) in [
            ("end-user denied authorization", "end-user denied authorization"),
            ("  two\r\n\tlines ", "two lines"),
            ("a\u{2028}b\u{85}c\u{3000}d", "a b c d"),
            ("\u{1b}[31mred\u{7}\u{9b}1m", "[31mred1m"),
            ("abc\u{202E}fed\u{2066}\u{200E}\u{61C}", "abcfed"),
            ("a\u{200B}b\u{200C}c\u{200D}d\u{FEFF}e\u{2060}f\u{AD}g\u{180E}h", "abcdefgh"),
            ("a\u{E0061}b\u{FE0F}c\u{E0100}d\u{3164}e\u{2800}", "abcde"),
            ("\u{200B} \u{200B}", ""),
            ("❤\u{FE0F} 👩\u{200D}👧", "❤\u{FE0F} 👩\u{200D}👧"),
            ("<b>größer</b> Ünïcödé 日本 شركة", "<b>größer</b> Ünïcödé 日本 شركة"),
        ] {
            assert_eq!(one_line(text), shown, "{text:?}");
        }
    }

    #[test]
    fn hidden_characters_of_json_are_escaped() {
        let texts =
            ["a\u{7f}b\u{9b}c\u{85}d", "\u{202E}e\u{2028}f", "\u{E0061}g❤\u{FE0F}", "größer 日本\u{1b}\n"];
        let json = serde_json::to_string_pretty(&texts).expect("JSON");
        let escaped = escape_hidden(&json);
        assert!(escaped.lines().all(|line| !line.contains(is_hidden)), "{escaped}");
        assert!(escaped.contains("\\u009b") && escaped.contains("\\udb40\\udc61g❤"), "{escaped}");
        assert!(escaped.contains("größer 日本"), "{escaped}");
        assert_eq!(serde_json::from_str::<[String; 4]>(&escaped).expect("JSON"), texts);
    }

    #[test]
    fn a_text_of_several_lines_hides_nothing_else() {
        for text in ["", "one", "two\n  lines\r\n\tmore", "❤\u{FE0F} größer\u{3000}日本"] {
            assert!(is_visible(text), "{text:?}");
        }
        for text in [
            "\u{1b}[2J",
            "a\rb",
            "a\u{b}b",
            "a\u{85}b",
            "a\u{9b}b",
            "a\u{202E}b",
            "a\u{2028}b",
            "a \u{200B} b",
        ] {
            assert!(!is_visible(text), "{text:?}");
        }
    }

    #[test]
    fn provider_text_becomes_one_bounded_line() {
        assert_eq!(plain_line(" a\u{202E}\nb ", 300), "a b");
        assert_eq!(plain_line(&"é".repeat(400), 300).chars().count(), 300);
    }

    #[test]
    fn names_that_look_the_same_are_the_same_name() {
        for (a, b) in [
            ("Support", "sUPPORT"),
            ("paypal", "p\u{430}yp\u{430}l"),
            ("PayPal", "PayPaI"),
            ("Shop 10", "Shop 1O"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("ﬁnance", "finance"),
            ("Ｓｈｏｐ", "Shop"),
            ("a\u{200B}b", "ab"),
            ("Ｓｈｏｐ  1", " shop 1"),
            ("ΑΒΕ", "ABE"),
            ("Straße", "STRAßE"),
            ("❤\u{FE0F}", "❤"),
            ("team", "TEAM"),
        ] {
            assert!(looks_same(a, b) && looks_same(b, a), "{a:?} {b:?}");
        }
        for (a, b) in [
            ("Modem", "Modern"),
            ("Support", "Support 2"),
            ("Shop 1", "Shop 2"),
            ("Müller", "Muller"),
            ("sales", "sale"),
            ("日本", "日木"),
            ("Zendesk", "Zendesk (test)"),
        ] {
            assert!(!looks_same(a, b), "{a:?} {b:?}");
        }
    }
}
