//! A text in a call to the product, such as `Token {token}`. Unlike an address it may hold secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::sensitive::Sensitive;
use crate::template::Piece;
use crate::values::Values;

/// The hole that the access token, the key or the session's token fills.
pub const TOKEN_HOLE: &str = "token";

/// A text whose holes are filled with the values of fields, secret ones too, and with `{token}`. A brace that begins no
/// hole is text, as in GraphQL.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct CallText {
    text: String,
    pieces: Vec<Piece>,
}

/// Names with what they carry: headers, parameters or members.
pub type Named = Vec<(String, Sensitive<String>)>;

/// Fills the texts of a table. Those with an empty field are left out.
pub fn fill_all(
    texts: &BTreeMap<String, CallText>,
    values: &Values,
    token: Option<&Sensitive<String>>,
) -> Named {
    texts.iter().filter_map(|(name, text)| Some((name.clone(), text.fill(values, token)?))).collect()
}

/// A line break could end a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this text has characters that no call can carry")]
pub struct CallTextProblem;

impl CallText {
    /// The keys of the fields that fill it, and perhaps [`TOKEN_HOLE`].
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(Piece::hole)
    }

    /// The text with its holes filled; `None` if a field is empty.
    pub fn fill(&self, values: &Values, token: Option<&Sensitive<String>>) -> Option<Sensitive<String>> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Hole(hole) if hole == TOKEN_HOLE => filled.push_str(token?.expose()),
                Piece::Hole(hole) => match values.secret(hole) {
                    Some(secret) => filled.push_str(secret.expose()),
                    None => filled.push_str(values.meaning(hole)?),
                },
            }
        }
        Some(filled.into())
    }
}

impl FromStr for CallText {
    type Err = CallTextProblem;

    fn from_str(text: &str) -> Result<Self, CallTextProblem> {
        if text.contains(char::is_control) {
            return Err(CallTextProblem);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut before = String::new();
        while let Some(at) = rest.find('{') {
            before.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let length = after.find(|c| !is_part(c)).unwrap_or(after.len());
            if length > 0 && after[length..].starts_with('}') {
                if !before.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut before)));
                }
                pieces.push(Piece::Hole(after[..length].to_owned()));
                rest = &after[length + 1..];
            } else {
                before.push('{');
                rest = after;
            }
        }
        before.push_str(rest);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl fmt::Display for CallText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_names_in_braces_and_other_braces_are_text() {
        for (text, holes) in [
            ("Bearer {token}", &["token"][..]),
            ("{email}/token:{api.key}", &["email", "api.key"]),
            ("{ viewer { login } }", &[]),
            ("{{token}", &["token"]),
            ("{", &[]),
            ("{}", &[]),
        ] {
            let parsed: CallText = text.parse().expect(text);
            assert_eq!(parsed.holes().collect::<Vec<_>>(), holes, "{text}");
            assert_eq!(parsed.to_string(), text);
        }
        assert!("a\r\nb".parse::<CallText>().is_err());
    }

    #[test]
    fn a_text_with_an_empty_field_is_left_out() {
        let text: CallText = "Token {token}".parse().expect("a text");
        let values = Values::default();
        assert_eq!(text.fill(&values, Some(&"t".into())).expect("filled").expose(), "Token t");
        assert!(text.fill(&values, None).is_none());
        let text: CallText = "{account}".parse().expect("a text");
        assert!(text.fill(&values, Some(&"t".into())).is_none());
    }
}
