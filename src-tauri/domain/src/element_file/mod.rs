//! The text of an element file: read and checked with the line of each fault, and written for custom elements.

mod check;
mod copy;
mod custom;
mod hidden;
mod outline;
mod parse;
mod problem;
mod shape;
#[cfg(test)]
mod tests;

pub use copy::copy_text;
pub use custom::{custom_oauth1, custom_oauth2, to_toml};
pub use outline::{Outline, OutlineKind};
pub use problem::Problem;
