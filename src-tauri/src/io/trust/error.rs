//! Why a certificate is not added or removed.

use std::io;

use crate::domain::error::{Code, Failure};

/// The messages are for the user and hold no part of a key. `as_ref` gives a stable word for each.
#[derive(Clone, Debug, PartialEq, Eq, strum::AsRefStr, thiserror::Error)]
#[strum(serialize_all = "snake_case")]
pub enum TrustError {
    #[error("The file holds a private key. Nothing was read from it: give the authority's certificate alone")]
    PrivateKey,
    #[error("The file holds no certificate. It should begin with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    #[error("The file is larger than 64 kB. Give the authority's certificate alone")]
    TooLarge,
    #[error("The certificate of “{0}” is no authority's. Ask for the one of whoever issued it")]
    NotAnAuthority(String),
    /// It is a server's own.
    #[error(
        "The certificate of “{0}” names no server. Make it with a subjectAltName, such as DNS:the.server"
    )]
    NamesNoServer(String),
    #[error("The certificate of “{0}” has expired. Ask for the one that took its place")]
    Expired(String),
    /// For instance an old version.
    #[error("The certificate of “{0}” cannot be used to check others")]
    Unusable(String),
    #[error("No certificate that was added has this SHA-256")]
    Unknown,
    #[error("The list of added certificates cannot be read or written: {0}")]
    File(String),
}

impl From<io::Error> for TrustError {
    fn from(error: io::Error) -> Self {
        Self::File(error.kind().to_string())
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        let code = if matches!(error, TrustError::File(_)) { Code::Internal } else { Code::Usage };
        Self::new(code).detail(error.to_string())
    }
}
