//! A text with holes that other fields fill, such as `https://{site}.example.com`, for an empty field. Unlike a
//! `template` the result is checked like a value that was entered.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::template::{self, Piece};
use crate::values::Values;

/// A text whose holes are filled with the values of other fields.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Derived {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DerivedProblem {
    #[error("a hole is written {{key}}, with the key of a field")]
    Hole,
    /// A fixed text is a `default`.
    #[error("without a hole this is a default")]
    Fixed,
}

impl Derived {
    /// The keys of the fields that fill it.
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(Piece::hole)
    }

    /// Missing values become empty, as at the platform. Secrets fill nothing, because the result is not secret.
    pub fn fill(&self, values: &Values) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Hole(hole) => values.get(hole).unwrap_or_default(),
        });
        filled.collect()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Derived {
    type Err = DerivedProblem;

    fn from_str(text: &str) -> Result<Self, DerivedProblem> {
        let pieces = template::pieces(text).ok_or(DerivedProblem::Hole)?;
        if pieces.iter().all(|piece| piece.hole().is_none()) {
            return Err(DerivedProblem::Fixed);
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl fmt::Display for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
