//! Certificate authorities that the user trusts in addition to those of the operating system, such as that of a network
//! which inspects TLS, and certificates that servers issued for themselves. `io/http` is the only reader. Nothing here
//! accepts a server without a valid chain, or exactly the certificate that was added.

mod certificate;
mod error;
mod file;
mod store;
#[cfg(test)]
mod tests;

pub(super) use certificate::{check_server, is_self_issued, issuer_name, not_before};
pub use error::TrustError;
pub use store::Trust;
pub(super) use store::{Added, Stamp};
