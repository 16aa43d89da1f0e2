//! JSON as servers write it. What is wrong beside the members that are used must not spoil them: an undecodable byte, half
//! an escaped character or a control character becomes U+FFFD, a number keeps its digits, and a repeated member is kept
//! twice (RFC 8259 §4), for the reader to judge.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::sensitive::Sensitive;

/// What replaces a character that cannot be read.
pub(crate) const UNREADABLE: char = '\u{FFFD}';

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    /// A string, or a number or truth value as it is written.
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// `None` if the text is not JSON.
pub(crate) fn parse(text: &[u8]) -> Option<Json> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    serde_json::from_str(make_readable(text).expose()).ok()
}

impl Json {
    /// The one member with this name. Two that differ are ambiguous, and count as none.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                let mut found = members.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
                let first = found.next()?;
                found.all(|other| other == first).then_some(first)
            }
            Self::List(items) => items.get(name.parse::<usize>().ok()?),
            Self::Null | Self::Text(_) => None,
        }
    }

    /// Whether an object has several members with this name.
    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        matches!(self, Self::Object(members) if members.iter().filter(|(known, _)| known == name).count() > 1)
    }

    /// The text at a JSON pointer (RFC 6901).
    pub(crate) fn text_at(&self, pointer: &str) -> Option<&str> {
        let mut at = self;
        for name in pointer.split('/').skip(1) {
            at = at.member(&name.replace("~1", "/").replace("~0", "~"))?;
        }
        at.as_text()
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// Rewrites what the parser of `serde_json` would refuse: numbers, which it would round, become texts.
fn make_readable(text: &str) -> Sensitive<String> {
    // Room for the quotation marks, so that no reallocation leaves a copy of a secret.
    let mut readable = String::with_capacity(text.len() * 3);
    let mut rest = text;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => {
                quoted = !quoted;
                readable.push(c);
                1
            }
            '\\' if quoted => {
                let (escape, length) = readable_escape(rest);
                readable.push_str(&escape);
                length
            }
            c if quoted && c.is_control() => {
                readable.push(UNREADABLE);
                c.len_utf8()
            }
            '-' | '0'..='9' if !quoted => {
                let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                readable.extend(['"'].into_iter().chain(rest[..length].chars()).chain(['"']));
                length
            }
            c => {
                readable.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    readable.into()
}

/// The escape at the start of `text`, and its length. Half of a surrogate pair alone stands for no character.
fn readable_escape(text: &str) -> (Cow<'_, str>, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (text[..12].into(), 12),
        (Some(0xd800..=0xdfff), _) => (UNREADABLE.to_string().into(), 6),
        _ => {
            let length = 1 + text.chars().nth(1).map_or(0, char::len_utf8);
            (text[..length].into(), length)
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Json {
        Json::Text(text.to_owned())
    }

    #[test]
    fn a_text_is_json_or_not() {
        for text in [r#"{"a":[1,-2,2.5,"x",null,true,{}]}"#, "\"x\"", " [] ", "1e3", "\u{FEFF}\n{\"a\":1}\n"]
        {
            assert!(parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in
            ["", "{} {}", "{a:1}", "{\"a\":", "{\"a\":\"b", "\"\\x\"", "\\", "<html>", &"[".repeat(10_000)]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text:.40}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in
            ["0", "-7", "3.50", "1e999", "18446744073709551616", "12345678901234567890123", "-0.1E-400"]
        {
            let json = parse(format!("{{\"n\":{number},\"x\":[{number}]}}").as_bytes()).unwrap();
            assert_eq!((json.text_at("/n"), json.text_at("/x/0")), (Some(number), Some(number)));
        }
    }

    #[test]
    fn what_cannot_be_read_spoils_nothing_else() {
        for (raw, read) in [
            (&b"M\xfcller"[..], "M\u{FFFD}ller"),
            (b"a\\ud83d", "a\u{FFFD}"),
            (b"\\udc00b\\ud83d\\u0041", "\u{FFFD}b\u{FFFD}A"),
            (b"\\ud83d\\ude00", "\u{1F600}"),
            (b"\\\\ud83d", "\\ud83d"),
            (b"a\nb\tc\0d", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d"),
            (b"\\\"-1", "\"-1"),
        ] {
            let json = [b"{\"name\":\"", raw, b"\",\"token\":\"t1\"}"].concat();
            let json = parse(&json).unwrap_or_else(|| panic!("{read}"));
            assert_eq!((json.text_at("/name"), json.text_at("/token")), (Some(read), Some("t1")));
        }
    }

    #[test]
    fn a_repeated_member_is_one_only_if_both_are_alike() {
        let json = parse(br#"{"a":1,"\u0061":2,"b":"x","b":"x","c":{"d":[5,{"e~/":true}]}}"#).unwrap();
        assert_eq!(json.member("a"), None);
        assert_eq!(json.member("b"), Some(&text("x")));
        assert_eq!(json.text_at("/c/d/1/e~0~1"), Some("true"));
        assert_eq!((json.text_at("/c/d/2"), json.text_at("/c"), json.text_at("/b/x")), (None, None, None));
    }
}
