//! The practice provider: a small but real OAuth 1.0a and OAuth 2 authorization server on loopback, in process.
//!
//! It verifies what a good provider verifies (client, redirect, PKCE, signature, nonce, single use) and rotates refresh
//! tokens. Each process starts it on a free port when it needs it; connections keep `practice:` addresses, which
//! [`Practice::resolve`] turns into this process's own.
//!
//! Consent pages and OAuth 1.0a temporary credentials live in memory and end with their sign-in. What outlives a sign-in
//! is in `store`, without a secret.

mod answers;
mod consent;
mod decision;
mod elements;
mod identity;
mod oauth1;
mod oauth2;
mod pending;
mod provider;
mod recent;
mod shared;
mod store;

pub use provider::{Practice, SCHEME};

#[cfg(test)]
mod tests;
