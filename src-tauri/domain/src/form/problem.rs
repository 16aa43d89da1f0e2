//! What can be wrong with the values of a form.

use serde::Serialize;

/// A field that cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(export_to = "types.ts"))]
pub struct FieldProblem {
    /// The key of the field.
    pub key: String,
    /// What is wrong with its value.
    pub problem: Problem,
}

/// What can be wrong with a value. The value itself is never repeated: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(export_to = "types.ts"))]
pub enum Problem {
    /// Nothing was given.
    Required,
    /// It has not the form that is expected.
    Malformed,
    /// It is none of the choices.
    NotAnOption,
    /// It has more characters than are accepted.
    TooLong,
    /// The element has no such field.
    Unknown,
}
