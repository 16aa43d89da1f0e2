//! OAuth 2 (RFC 6749, PKCE, `iss`, devices, metadata, registration) and OAuth 1.0a (RFC 5849) as pure functions of
//! [`HttpRequest`](crate::http::HttpRequest) and [`HttpResponse`](crate::http::HttpResponse).

pub mod authorize;
pub mod callback;
pub mod denial;
pub mod device;
pub mod grant;
pub(crate) mod json;
pub mod meaning;
pub mod metadata;
pub mod oauth1;
pub mod percent;
pub mod pkce;
pub mod registration;
pub mod resource;
pub mod token;
