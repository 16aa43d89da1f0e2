use serde::Serialize;

use crate::element::WAY;

/// A field whose value is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldProblem {
    pub key: String,
    pub problem: Problem,
}

impl FieldProblem {
    /// The element has no way to connect with this name.
    pub fn unknown_way() -> Self {
        Self { key: WAY.to_owned(), problem: Problem::NotAnOption }
    }
}

/// Why a value is not accepted. The value itself is never repeated: it may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Problem {
    /// The field needs a value.
    Required,
    Malformed,
    NotAnOption,
    TooLong,
    /// The element has no such field.
    Unknown,
}
