//! An address with holes: `https://{zendesk.subdomain}.zendesk.com/oauth/tokens`.
//!
//! The place of each hole is determined when a template is parsed, before any value is known, so that a value can
//! fill only that place: a host label, a path segment, the value of a query parameter. The check of element files
//! decides which fields may fill it.

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
