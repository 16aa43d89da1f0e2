//! Percent-encoding as both versions of OAuth need it.
//!
//! The sets of the `url` crate leave more characters bare than RFC 5849 §3.6 allows, which would break signatures,
//! and its form parser repairs malformed text, which a callback must not contain.

use thiserror::Error;

/// Upper case, as RFC 5849 §3.6 requires.
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Why a text cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Percent,
    #[error("the decoded bytes are not UTF-8")]
    Utf8,
}

/// Encodes everything but the unreserved characters of RFC 3986 §2.3 (RFC 5849 §3.6).
pub fn encode(text: &str) -> String {
    // The longest possible result, so that no reallocation leaves a copy of a secret.
    let mut encoded = String::with_capacity(text.len() * 3);
    push_encoded(&mut encoded, text, false);
    encoded
}

/// Encodes as `application/x-www-form-urlencoded`, where a space is a plus.
pub fn form_encode(pairs: &[(&str, &str)]) -> String {
    let longest = pairs.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
    let mut encoded = String::with_capacity(longest);
    for (name, value) in pairs {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        push_encoded(&mut encoded, name, true);
        encoded.push('=');
        push_encoded(&mut encoded, value, true);
    }
    encoded
}

/// Undoes [`encode`]; a plus stays a plus.
pub fn decode(text: &str) -> Result<String, Malformed> {
    decode_bytes(text, false)
}

/// Parses `application/x-www-form-urlencoded` text in order. Repeated names are kept.
pub fn parse_form(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode_bytes(name, true)?, decode_bytes(value, true)?))
        })
        .collect()
}

/// The same for an answer, of which only some members are used: what cannot be decoded becomes U+FFFD.
pub(crate) fn parse_form_lossy(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode_lossy(name.as_bytes()), decode_lossy(value.as_bytes()))).collect()
}

/// Decodes form-encoded text however ill-formed it is. What cannot be decoded becomes U+FFFD.
pub(crate) fn decode_lossy(text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let digit = |offset: usize| hex_digit(text.get(at + offset).copied());
        let digits = (digit(1), digit(2));
        at += 1;
        match (byte, digits.0, digits.1) {
            (b'%', Ok(high), Ok(low)) => {
                decoded.push(high << 4 | low);
                at += 2;
            }
            (b'%', ..) => decoded.extend("\u{FFFD}".bytes()),
            (b'+', ..) => decoded.push(b' '),
            _ => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn push_encoded(encoded: &mut String, text: &str, space_is_plus: bool) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            b' ' if space_is_plus => encoded.push('+'),
            _ => {
                encoded.push('%');
                encoded.push(HEX[usize::from(byte >> 4)] as char);
                encoded.push(HEX[usize::from(byte & 0x0f)] as char);
            }
        }
    }
}

fn decode_bytes(text: &str, plus_is_space: bool) -> Result<String, Malformed> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = hex_digit(bytes.next())?;
                let low = hex_digit(bytes.next())?;
                high << 4 | low
            }
            b'+' if plus_is_space => b' ',
            _ => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| Malformed::Utf8)
}

fn hex_digit(byte: Option<u8>) -> Result<u8, Malformed> {
    let digit = byte.and_then(|b| (b as char).to_digit(16)).ok_or(Malformed::Percent)?;
    Ok(digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay_bare_and_every_character_decodes_back() {
        for code in 0..=255u8 {
            let character = code as char;
            let text = character.to_string();
            let encoded = encode(&text);
            let bare = character.is_ascii_alphanumeric() || "-._~".contains(character);
            assert_eq!(encoded == text, bare, "U+{code:04X} became {encoded}");
            assert!(
                encoded.bytes().all(|b| matches!(b, b'%' | b'0'..=b'9' | b'A'..=b'F')) || bare,
                "U+{code:04X} became {encoded}: not upper-case hexadecimal"
            );
            assert_eq!(decode(&encoded).unwrap(), text, "U+{code:04X}");
            let form = form_encode(&[(&text, &text)]);
            assert_eq!(parse_form(&form).unwrap(), [(text.clone(), text)], "U+{code:04X} as form");
        }
    }

    #[test]
    fn ill_formed_text_is_decoded_as_far_as_possible() {
        for (text, decoded) in [
            (b"a%2Bb+c".as_slice(), "a+b c"),
            (b"M%FCller+%C3%BC", "M\u{FFFD}ller ü"),
            (b"M\xfcller \xc3\xbc", "M\u{FFFD}ller ü"),
            (b"introducci%u00f3n", "introducci\u{FFFD}u00f3n"),
            (b"100%", "100\u{FFFD}"),
            (b"100%2", "100\u{FFFD}2"),
            (b"%zz%+f+%41", "\u{FFFD}zz\u{FFFD} f A"),
            (b"a\x00b c", "a\0b c"),
        ] {
            assert_eq!(decode_lossy(text), decoded);
        }
        assert_eq!(
            parse_form_lossy("%FF=1&a"),
            [("\u{FFFD}", "1"), ("a", "")].map(|(n, v)| (n.into(), v.into()))
        );
    }

    #[test]
    fn known_texts_are_encoded_as_the_rfcs_show() {
        for (text, encoded) in [
            ("", ""),
            ("r b", "r%20b"),
            ("=%3D", "%3D%253D"),
            ("http://printer.example.com/ready", "http%3A%2F%2Fprinter.example.com%2Fready"),
            ("☃", "%E2%98%83"),
            ("Ladies + Gentlemen!*'()", "Ladies%20%2B%20Gentlemen%21%2A%27%28%29"),
        ] {
            assert_eq!(encode(text), encoded, "{text:?}");
        }
    }

    #[test]
    fn a_form_keeps_order_repetition_and_empty_values() {
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
        };
        for (form, expected) in [
            ("", pairs(&[])),
            ("&&", pairs(&[])),
            ("c2&a3=2+q", pairs(&[("c2", ""), ("a3", "2 q")])),
            ("b=1&a=2&b=3", pairs(&[("b", "1"), ("a", "2"), ("b", "3")])),
            ("a=b=c", pairs(&[("a", "b=c")])),
            ("c%40=&%3d=%2b", pairs(&[("c@", ""), ("=", "+")])),
        ] {
            assert_eq!(parse_form(form), Ok(expected), "{form:?}");
        }
        assert_eq!(form_encode(&[("a b", "1+1"), ("c", "")]), "a+b=1%2B1&c=");
    }

    #[test]
    fn malformed_text_is_refused() {
        for (form, problem) in [
            ("a=%", Malformed::Percent),
            ("a=%4", Malformed::Percent),
            ("a=%zz", Malformed::Percent),
            ("a=%+1", Malformed::Percent),
            ("%é=1", Malformed::Percent),
            ("a=%FF", Malformed::Utf8),
            ("a=%C3%28", Malformed::Utf8),
        ] {
            assert_eq!(parse_form(form), Err(problem), "{form:?}");
        }
    }
}
