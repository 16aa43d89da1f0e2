//! The practice provider: a small but real OAuth 1.0a and OAuth 2 authorization server on loopback, in process.
//!
//! It verifies what a good provider verifies (client, redirect, PKCE, signature, nonce, single use) and rotates refresh
//! tokens. Each process starts it on a free port when it needs it; connections keep `practice:` addresses, which
//! [`Practice::resolve`] turns into this process's own. What outlives a sign-in is in `store`, without a secret.

mod answers;
mod consent;
mod elements;
mod endpoints;
mod oauth1;
mod oauth2;
mod provider;
mod recent;
mod shared;
mod store;

pub use provider::{Practice, SCHEME};

#[cfg(test)]
mod tests;
