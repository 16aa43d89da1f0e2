//! Tokens: requesting them, and reading what the provider issued or why it did not.

mod answer;
mod end;
mod members;
mod outcome;
mod redirect;
mod request;

pub use answer::{error_code, read_token_answer};
pub(super) use end::{read_end, read_moment};
pub(super) use members::Members;
pub use outcome::{BEARER, OAUTH1, TokenRefusal, TokenSet, refreshed};
pub use redirect::{is_redirect_refusal, quoted_address};
pub(crate) use request::RESERVED;
pub use request::{BodyFormat, ClientAuthentication, RepeatedParameter, TokenEndpoint, basic_header};
