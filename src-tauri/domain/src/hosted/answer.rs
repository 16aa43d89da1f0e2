//! Reading the JSON of any answer, tolerant of the platform's deviations.

use serde_json::Value;

use super::secrecy::is_masked;
use crate::http::HttpResponse;
use crate::sensitive::Sensitive;

/// The header with the token of a list's next page; absent on the last page.
pub const NEXT_PAGE: &str = "elements-next-page-token";

/// The body as JSON; of a repeated member the last counts. `None` for anything else, such as the page of a proxy.
pub fn json(answer: &HttpResponse) -> Option<Value> {
    let text = std::str::from_utf8(answer.body.expose()).ok()?;
    serde_json::from_str(text.trim_start_matches('\u{FEFF}')).ok()
}

/// Whether there is no body, as after a removal.
pub fn is_empty(answer: &HttpResponse) -> bool {
    answer.body.expose().iter().all(u8::is_ascii_whitespace)
}

/// The items of a list and the token of its next page. Platforms answer an empty list with 404.
pub fn page(answer: &HttpResponse) -> Option<(Vec<Value>, Option<String>)> {
    let next = answer.header(NEXT_PAGE).map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned);
    match (answer.status, json(answer)) {
        (404, Some(_)) => Some((Vec::new(), None)),
        (404, None) if is_empty(answer) => Some((Vec::new(), None)),
        (200..=299, Some(Value::Array(items))) => Some((items, next)),
        (200..=299, None) if is_empty(answer) => Some((Vec::new(), next)),
        _ => None,
    }
}

/// The token and its secret in the answer of `oauth/token`.
pub fn request_token(answer: &HttpResponse) -> Option<(String, Sensitive<String>)> {
    let value = json(answer)?;
    Some((member(&value, "token")?, member(&value, "secret")?.into()))
}

/// The address in the answer of `oauth/url`.
pub fn oauth_url(answer: &HttpResponse) -> Option<String> {
    member(&json(answer)?, "oauthUrl")
}

/// A member as text that is neither empty nor masked.
pub(super) fn member(value: &Value, member: &str) -> Option<String> {
    as_text(value.get(member)?).filter(|text| !text.is_empty() && !is_masked(text))
}

/// Text, also where the platform sends a number or a boolean.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A boolean, also where the platform sends text.
pub(super) fn as_bool(value: Option<&Value>) -> Option<bool> {
    match as_text(value?)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}
