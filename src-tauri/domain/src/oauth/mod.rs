//! The OAuth protocol without the world: OAuth 2 (RFC 6749, PKCE, `iss`, devices, metadata,
//! registration) and OAuth 1.0a (RFC 5849) as functions from values to values.
//!
//! Time and random bytes are arguments. Requests come out as
//! [`HttpRequest`](crate::http::HttpRequest) and answers go in as
//! [`HttpResponse`](crate::http::HttpResponse); sending them, waiting for the callback and keeping
//! the tokens are deliberately elsewhere (`io`, `engine`), so that the protocol is tested with tables alone.

pub mod authorize;
pub mod callback;
pub mod device;
pub mod grant;
pub(crate) mod json;
pub mod metadata;
pub mod oauth1;
pub mod percent;
pub mod pkce;
pub mod registration;
pub mod token;
