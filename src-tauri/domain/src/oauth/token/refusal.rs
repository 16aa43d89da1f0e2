//! Why a provider issued no token.

use thiserror::Error;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenRefusal {
    /// The provider refuses; asking again the same way is useless.
    #[error("the provider refused ({error}, status {status})")]
    Refused {
        /// A code of RFC 6749 §5.2 if one can be made out, else the provider's own, else `http_` and the
        /// status.
        error: String,
        /// The provider's words, one line; never markup.
        description: Option<String>,
        /// The status of the answer.
        status: u16,
    },
    /// The provider cannot answer now; asking later may help.
    #[error("the provider cannot answer now (status {status})")]
    Temporary {
        /// The status of the answer.
        status: u16,
        /// After how many seconds the provider wants to be asked again.
        retry_after: Option<u64>,
    },
    /// The answer is not what the RFCs describe; the phrase holds no value of it.
    #[error("unexpected answer: {0}")]
    BadAnswer(&'static str),
}
