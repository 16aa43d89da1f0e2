//! One module per outside thing: files, clock, keychain, network, browser. Decisions are made in the engine.

pub mod browser;
pub mod callback;
pub mod catalog;
pub mod clock;
pub mod display;
pub mod environment;
pub(crate) mod files;
pub mod hardening;
pub mod http;
pub mod index;
pub mod listener;
pub mod lock;
pub mod log;
pub mod loopback;
pub(crate) mod page;
pub mod paths;
pub(crate) mod request_origin;
pub mod stream;
pub mod trust;
pub mod vault;

pub use page::Page;
