//! Keyrack connects a user's accounts and keeps the tokens in the keychain of the operating system.
//!
//! The steps of a sign-in, on this computer, in practice and at a hosted platform:
//!
//! 1. the catalogue gives an element, 2. its form is checked, 3. the vault is probed and the callback address bound,
//! 4. `SignIn::oauth_token` (OAuth 1.0a only), 5. `SignIn::oauth_url`, with our own `state`,
//! 6. the attempt is written to the index, without a secret, 7. the browser opens,
//! 8. the callback is parsed, 9. `SignIn::create_instance`,
//! 10. the vault takes the item, then one index transaction adds the row and closes the attempt,
//! 11. the page in the browser shows the result, 12. the window and the command line show it.
//!
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
