//! OAuth 2 (RFC 6749, PKCE, `iss`, devices, metadata, registration) and OAuth 1.0a (RFC 5849) as pure functions.
//!
//! Time and random bytes are arguments. Requests are [`HttpRequest`](crate::http::HttpRequest) and answers
//! [`HttpResponse`](crate::http::HttpResponse) values; `io` sends them.

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
