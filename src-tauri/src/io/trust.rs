//! Certificate authorities that the user trusts in addition to those of the operating system, such as that of a network
//! which inspects TLS. `io/http` is the only reader.
//!
//! Nothing here makes the program trust less, or accept a server without a valid chain.

mod certificate;
mod error;
mod store;
#[cfg(test)]
mod tests;

pub(super) use certificate::{issuer_name, not_before};
pub use error::TrustError;
pub(super) use store::Stamp;
pub use store::Trust;
