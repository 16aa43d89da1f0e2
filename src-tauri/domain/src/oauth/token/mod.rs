//! Tokens: requesting them, and reading what the provider issued or why it did not.

mod answer;
mod members;
mod redirect;
mod refusal;
mod request;
mod token_set;

pub use answer::{error_code, read_token_answer};
pub(super) use members::Members;
pub use redirect::{is_redirect_refusal, quoted_address};
pub use refusal::TokenRefusal;
pub(crate) use request::RESERVED;
pub use request::{BodyFormat, ClientAuthentication, RepeatedParameter, TokenEndpoint};
pub use token_set::{BEARER, OAUTH1, TokenSet, refreshed};
