//! What can go wrong with the keychain.

use keyring_core::Error as Keyring;

use super::keychain;
use crate::domain::error::{Code, Failure};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("the keychain is locked or does not answer")]
    Locked,
    #[error("there is no keychain")]
    Missing,
    #[error("the keychain refused access")]
    Denied,
    /// Prompts are not allowed.
    #[error("the keychain has to ask the user")]
    MustAsk,
    #[error("the value is too long for the keychain")]
    TooLong,
    #[error("the item in the keychain is damaged")]
    Damaged,
}

impl From<Keyring> for VaultError {
    fn from(error: Keyring) -> Self {
        match error {
            Keyring::NoStorageAccess(_) => Self::Locked,
            Keyring::TooLong(..) => Self::TooLong,
            Keyring::NoDefaultStore => Self::Missing,
            Keyring::PlatformFailure(cause) if keychain::is_forbidden_prompt(&*cause) => Self::MustAsk,
            Keyring::BadEncoding(_)
            | Keyring::BadDataFormat(..)
            | Keyring::BadStoreFormat(_)
            | Keyring::Ambiguous(_) => Self::Damaged,
            _ => Self::Denied,
        }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::new(Code::KeychainLocked),
            VaultError::Missing => Self::new(Code::KeychainMissing),
            VaultError::Denied => Self::new(Code::KeychainDenied),
            VaultError::MustAsk => Self::new(Code::KeychainDenied)
                .detail("it has to ask the user, so run this once at a terminal or unlock it first"),
            VaultError::TooLong => Self::new(Code::KeychainTooLong),
            VaultError::Damaged => Self::new(Code::SignInExpired).detail(error.to_string()),
        }
    }
}
