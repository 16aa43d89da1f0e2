//! The keychain in the words of this operating system.

use serde::Serialize;

/// Whether the keychain can be used right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeychainState {
    Ready,
    /// Locked, or silent.
    Locked,
    Missing,
}

/// The keychain in the words of this operating system.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeychainView {
    /// "Keychain", "Credential Manager" or "keyring".
    pub name: String,
    pub state: KeychainState,
}
