use thiserror::Error;

/// Why the provider issued no token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenRefusal {
    /// The provider refused; the same request would fail again.
    #[error("the provider refused ({error}, status {status})")]
    Refused {
        /// A code of RFC 6749 §5.2 if one is found, else the provider's own, else `http_` and the status.
        error: String,
        /// The provider's message on one line; never markup.
        description: Option<String>,
        status: u16,
    },
    /// The provider cannot answer now.
    #[error("the provider cannot answer now (status {status})")]
    Temporary {
        status: u16,
        /// Seconds to wait before the next request.
        retry_after: Option<u64>,
    },
    /// The answer does not follow the RFCs. The text contains no value of it.
    #[error("unexpected answer: {0}")]
    BadAnswer(&'static str),
}
