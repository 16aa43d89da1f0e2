//! An address with holes: `https://{zendesk.subdomain}.zendesk.com/oauth/tokens`.
//!
//! What stands where is decided when a template is read, before any value is known, so that a value can only ever
//! fill the place it was meant for: a host label, a path segment, the value of a query parameter. Which field may
//! fill which hole is the business of the element's check.

mod fill;
mod parse;
mod parts;
#[cfg(test)]
mod tests;

pub use fill::TemplateError;
pub use parse::TemplateProblem;
pub(crate) use parse::pieces;
pub(crate) use parts::Piece;
pub use parts::{Place, Template};
