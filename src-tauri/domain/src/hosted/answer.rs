//! Reading what any call answered: JSON, whatever its small slips.

use serde_json::Value;

use crate::http::HttpResponse;
use crate::sensitive::Sensitive;

/// The header with the place where a list goes on. Opaque; absent on the last page.
pub const NEXT_PAGE: &str = "elements-next-page-token";

/// The body as JSON; of a repeated member the last counts. `None` for anything else, such as the page of a proxy.
pub fn json(answer: &HttpResponse) -> Option<Value> {
    let text = std::str::from_utf8(answer.body.expose()).ok()?;
    serde_json::from_str(text.trim_start_matches('\u{FEFF}')).ok()
}

/// Whether there is no body at all, as after a removal.
pub fn is_empty(answer: &HttpResponse) -> bool {
    answer.body.expose().iter().all(u8::is_ascii_whitespace)
}

/// The items of a list, with the token of its next page. A platform answers 404 to an empty one.
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

/// The answer of `oauth/token`.
pub fn request_token(answer: &HttpResponse) -> Option<(String, Sensitive<String>)> {
    let value = json(answer)?;
    Some((given(&value, "token")?, given(&value, "secret")?.into()))
}

/// The answer of `oauth/url`.
pub fn oauth_url(answer: &HttpResponse) -> Option<String> {
    given(&json(answer)?, "oauthUrl")
}

/// A member as text that is neither empty nor masked.
pub(super) fn given(value: &Value, member: &str) -> Option<String> {
    text(value.get(member)?).filter(|text| !text.is_empty() && !super::is_masked(text))
}

/// Text, also where a platform writes a number or a truth value instead.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A truth value, also where a platform writes it as text.
pub(super) fn truth(value: Option<&Value>) -> Option<bool> {
    match text(value?)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}
