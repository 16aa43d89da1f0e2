//! The protocol and the rules, pure: no clock, randomness, file, socket, keychain, SQL, async or Tauri. Time and
//! random bytes come in as arguments, so everything here is tested with tables.

pub mod attempt;
mod code;
pub mod connection;
pub mod element;
pub mod error;
pub mod exchange;
pub mod form;
pub mod hosted;
pub mod http;
pub mod oauth;
pub mod renewal;
pub mod sensitive;
mod status;
pub mod template;
pub mod view;
