//! Lists in pages. The token of the next page names the last item of this one, so that items added or removed meanwhile
//! shift nothing.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::call::Call;
use super::refusal::Refusal;

/// The largest page, and the default.
const PAGE_MAX: usize = 200;

const RETURNED: HeaderName = HeaderName::from_static("elements-returned-count");
const TOTAL: HeaderName = HeaderName::from_static("elements-total-count");
const NEXT: HeaderName = HeaderName::from_static("elements-next-page-token");

pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    total: usize,
    next: Option<String>,
}

/// The page that a call asks for. `all` is in the order of `place`, which is unique.
pub(super) fn paginate<T>(
    call: &Call,
    all: Vec<T>,
    place: impl Fn(&T) -> String,
) -> Result<Page<T>, Refusal> {
    let size = match call.get("pageSize") {
        None => PAGE_MAX,
        Some(text) => match text.parse::<usize>() {
            Ok(size) if size > 0 => size.min(PAGE_MAX),
            _ => return Err(Refusal::bad_request("pageSize is a number from 1 to 200.")),
        },
    };
    let after = call.get("nextPage").map(decode).transpose()?;
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

fn decode(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| unknown_page())?;
    String::from_utf8(bytes).map_err(|_| unknown_page())
}

fn unknown_page() -> Refusal {
    Refusal::bad_request("nextPage is not a token of this list. Begin without it.")
}

impl<T> Page<T> {
    /// The answer, with the headers that lead to the next page.
    pub(super) fn into_response(self, values: Vec<Value>) -> Response {
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

pub(super) fn json(value: &Value) -> Response {
    let kind = [(axum::http::header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, kind, value.to_string()).into_response()
}
