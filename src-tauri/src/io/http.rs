//! Sends the domain's [`HttpRequest`](crate::domain::http::HttpRequest) over the network. TLS is verified against the
//! trust store of the operating system and the authorities that the user added, and no switch turns that off. Redirects
//! are never followed: only the requested address may answer, and credentials go nowhere else. Compressed responses are
//! not requested; one that comes is unpacked within the same bounds.

mod cause;
mod chain;
mod client;
mod clocks;
mod coding;
mod error;
mod journal;
mod proxy;
#[cfg(test)]
mod tests;
mod verify;

pub(super) use cause::SILENCE;
pub(super) use client::announces_empty_body;
pub use client::{Bounds, Http};
pub(super) use clocks::Moment;
pub use error::{Delivery, HttpError};
pub use proxy::proxy_in_use;
pub use verify::check_trust;
