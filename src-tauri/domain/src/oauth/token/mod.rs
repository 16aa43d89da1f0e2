//! Tokens: requesting them, and reading what the provider issued or why it did not.

mod answer;
mod redirect;
mod refusal;
mod request;
mod token_set;

pub(super) use answer::Members;
pub use answer::{error_code, read_token_answer};
pub use redirect::{registered_address, speaks_of_redirect};
pub use refusal::TokenRefusal;
pub use request::{BodyFormat, ClientAuthentication, RepeatedParameter, TokenEndpoint};
pub use token_set::{BEARER, OAUTH1, TokenSet, refreshed};
