//! What an empty field becomes: a text with holes that other fields fill, such as `https://{site}.example.com`.
//!
//! Unlike an address of the element itself (`template`) the result is an ordinary value: the form accepts it or not,
//! as if it had been typed.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::values::Values;

/// A text whose holes are filled with the values of other fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Derived {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(String),
}

/// Why a text has no holes that could be filled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DerivedProblem {
    /// Braces that do not pair, or a hole with a strange name.
    #[error("a hole is written {{key}}, with the key of a field")]
    Hole,
    /// A fixed text is a `default`.
    #[error("without a hole this is a default")]
    Fixed,
}

impl Derived {
    /// The keys of the fields that fill it.
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text with its holes filled. What is missing becomes empty, as the platform does it; a secret fills nothing,
    /// because the result is none.
    pub fn fill(&self, values: &Values) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Hole(hole) => values.get(hole).unwrap_or_default(),
        });
        filled.collect()
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Derived {
    type Err = DerivedProblem;

    fn from_str(text: &str) -> Result<Self, DerivedProblem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(at);
            let (hole, after) =
                after.strip_prefix('{').and_then(|a| a.split_once('}')).ok_or(DerivedProblem::Hole)?;
            let named =
                !hole.is_empty() && hole.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            if !named {
                return Err(DerivedProblem::Hole);
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Hole(hole.to_owned()));
            rest = after;
        }
        if pieces.is_empty() {
            return Err(DerivedProblem::Fixed);
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl TryFrom<String> for Derived {
    type Error = DerivedProblem;

    fn try_from(text: String) -> Result<Self, DerivedProblem> {
        text.parse()
    }
}

impl From<Derived> for String {
    fn from(derived: Derived) -> Self {
        derived.text
    }
}
