//! `keyrack serve`: the platform on this computer, over HTTP. It answers the calls of the guides as the hosted platform
//! does, so that their commands run against it with another host and other secrets.
//!
//! An edge like the window and the command line: each call becomes one of the engine's. The paths, members, statuses and
//! messages of the API are here; the exchange with providers and the keychain are not.

mod api_base;
mod authorizations;
mod call;
mod configuration;
mod create;
mod credentials;
mod date;
mod element_object;
mod elements;
mod end_to_end;
mod gate;
mod instance_body;
mod instance_object;
mod instances;
mod number;
mod oauth;
mod page;
mod ping;
mod raw;
mod refusal;
mod router;
mod server;
mod shared;

pub use server::{DEFAULT_PORT, Running};
