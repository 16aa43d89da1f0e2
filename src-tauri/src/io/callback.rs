//! The callback listener: the loopback address to which the provider redirects the browser (RFC 8252 §7.3).
//!
//! A request that does not belong to a pending sign-in gets 404 and changes nothing: favicons, prefetches, port scanners,
//! forged callbacks. The first one that does is the sign-in's callback; its browser waits for the page that shows the
//! result. Later requests with a matching callback get the same page.

mod address;
mod listener;
mod router;
#[cfg(test)]
mod tests;

pub use address::CallbackListeners;
pub use listener::{Binding, CallbackListener, CallbackReceiver};
