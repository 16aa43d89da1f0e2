//! Answers that both protocols give.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::io::page;

/// JSON that must not be cached (RFC 6749 §5.1).
pub(super) fn json(value: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, value.to_string()).into_response()
}

/// A page for mistakes that must not be sent to a callback (RFC 6749 §4.1.2.1): an unknown client or redirect.
pub(super) fn error_page(text: &str) -> Response {
    let mut response = page::respond(&page::Page::new(false, "This practice sign-in cannot go on", text));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// 303: the browser continues with GET and does not send a form along.
pub(super) fn redirect(url: &Url) -> Response {
    let headers = [
        (header::LOCATION, url.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
