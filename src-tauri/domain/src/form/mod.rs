//! The values of a form, checked against the fields of an element, and the names under which they are sent (`wire`).

mod accept;
mod check;
mod filled;
mod problem;
mod wire;

pub use crate::element::Step;
pub use crate::values::{CALLBACK_PREFIX, Values};
pub use accept::{accepts, whole_pattern};
pub use check::{check, check_call, check_entries, check_partial};
pub use filled::FilledForm;
pub use problem::{FieldProblem, Problem};
pub use wire::{configuration, oauth_query, read_query};

#[cfg(test)]
mod tests;
