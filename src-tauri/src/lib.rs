//! Keyrack connects a user's accounts and keeps the tokens in the keychain of the operating system.
//!
//! docs/architecture.md lists the steps of a sign-in, which comments refer to by number, and the rings:
//! `domain` is pure; `io` touches the outside without deciding; `platform` answers the calls; `engine` orders the
//! steps; `desktop`, `cli` and `serve` are thin edges over the same engine.

pub mod cli;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod engine;
pub mod fault;
pub mod io;
pub mod platform;
#[cfg(test)]
mod scripted;
pub mod serve;

pub use keyrack_domain as domain;
