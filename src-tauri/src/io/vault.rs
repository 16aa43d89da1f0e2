//! The vault: our items in the keychain of the operating system. One item per connection, under the service `keyrack`.
//!
//! Every call has a deadline. There is no other place for a secret: without a keychain nothing is saved.

mod copies;
mod entries;
mod error;
mod fair_lock;
mod keychain;
mod parts;
mod store;
#[cfg(test)]
mod tests;

pub use error::VaultError;
pub use keychain::{NAME as KEYCHAIN_NAME, Prompting, SERVICE as KEYCHAIN_SERVICE};
pub use store::Vault;
