//! Lists in pages. The token of the next page names the last item of this one, so that items added or removed meanwhile
//! shift nothing.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
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

/// The page that a call asks for. `items` are in the order of `place`, which is unique.
pub(super) fn paginate<T>(
    call: &Call,
    mut items: Vec<T>,
    place: impl Fn(&T) -> String,
) -> Result<Page<T>, Refusal> {
    let size = match call.get("pageSize").map(str::parse::<usize>) {
        None => PAGE_MAX,
        Some(Ok(size)) if size > 0 => size.min(PAGE_MAX),
        Some(_) => return Err(Refusal::bad_request("pageSize is a number from 1 to 200.")),
    };
    let total = items.len();
    if let Some(token) = call.get("nextPage") {
        let unknown = || Refusal::bad_request("nextPage is not a token of this list. Begin without it.");
        let after = URL_SAFE_NO_PAD.decode(token).map_err(|_| unknown())?;
        let after = String::from_utf8(after).map_err(|_| unknown())?;
        items.retain(|item| place(item) > after);
    }
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(place(last)));
    Ok(Page { items, total, next })
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
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, kind, value.to_string()).into_response()
}
