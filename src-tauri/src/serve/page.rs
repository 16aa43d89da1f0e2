//! Lists, a page at a time. Where a page ends is told by a token that says what came last, so that what is added or
//! removed meanwhile moves nothing else.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::call::Call;
use super::refusal::Refusal;

/// The most that a page holds, and what it holds unasked.
const MOST: usize = 200;

const RETURNED: HeaderName = HeaderName::from_static("elements-returned-count");
const TOTAL: HeaderName = HeaderName::from_static("elements-total-count");
const NEXT: HeaderName = HeaderName::from_static("elements-next-page-token");

/// One page of a list.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    total: usize,
    next: Option<String>,
}

/// Cuts the page that is asked for. `all` is in the order of `place`, which no two of them share. What was removed
/// meanwhile leaves no gap, not even as the last of a page.
pub(super) fn cut<T>(call: &Call, all: Vec<T>, place: impl Fn(&T) -> String) -> Result<Page<T>, Refusal> {
    let size = match call.get("pageSize") {
        None => MOST,
        Some(text) => match text.parse::<usize>() {
            Ok(size) if size > 0 => size.min(MOST),
            _ => return Err(Refusal::bad_request("pageSize is a number from 1 to 200.")),
        },
    };
    let after = call.get("nextPage").map(read).transpose()?;
    let total = all.len();
    let mut rest = all;
    if let Some(after) = after {
        rest.retain(|item| place(item) > after);
    }
    let more = rest.len() > size;
    rest.truncate(size);
    let next = rest.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(place(last)));
    Ok(Page { items: rest, total, next })
}

fn read(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| unknown_page())?;
    String::from_utf8(bytes).map_err(|_| unknown_page())
}

fn unknown_page() -> Refusal {
    Refusal::bad_request("nextPage is not a token of this list. Begin without it.")
}

impl<T> Page<T> {
    /// The answer, with the headers by which the next page is asked for.
    pub(super) fn answer(self, values: Vec<Value>) -> Response {
        let mut response = json(&Value::Array(values));
        let headers = response.headers_mut();
        headers.insert(RETURNED, HeaderValue::from(self.items.len()));
        headers.insert(TOTAL, HeaderValue::from(self.total));
        if let Some(next) = self.next.and_then(|next| HeaderValue::from_str(&next).ok()) {
            headers.insert(NEXT, next);
        }
        response
    }
}

/// An answer in JSON.
pub(super) fn json(value: &Value) -> Response {
    let kind = [(axum::http::header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, kind, value.to_string()).into_response()
}
