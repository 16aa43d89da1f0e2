//! One file per outside thing, without decisions: what to do with what they bring is the engine's business.

pub mod browser;
pub mod catalog;
pub mod clock;
pub mod http;
pub mod index;
pub mod listener;
pub mod lock;
pub mod log;
pub mod loopback;
pub(crate) mod page;
pub mod paths;
pub mod stream;
pub mod trust;
pub mod vault;

pub use page::Page;
