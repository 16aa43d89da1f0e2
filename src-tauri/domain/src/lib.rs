//! The protocol and the rules, without clock, randomness, file, socket, keychain, SQL, async or Tauri. Time and
//! random bytes are arguments, so everything here is tested with tables.

pub mod address;
pub mod attempt;
pub mod call;
pub mod certificate;
mod code;
pub mod command_line;
pub mod connection;
pub mod credential;
pub mod element;
pub mod element_file;
pub mod error;
pub mod exchange;
pub mod form;
pub mod host;
mod host_names;
pub mod hosted;
pub mod http;
pub mod item;
pub mod key_end;
pub mod oauth;
pub mod proxy;
pub mod redaction;
pub mod renewal;
pub mod sensitive;
pub mod shell;
mod standard_fields;
pub mod tally;
pub mod template;
pub mod text;
pub mod text_file;
pub mod values;
mod vault_text;
pub mod view;
mod ways;
pub mod workspace;
