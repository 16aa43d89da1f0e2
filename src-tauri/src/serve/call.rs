//! One call as its handler gets it: the caller, the path, the query, and the body, which is read within limits and only
//! after the caller was authenticated.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body as _;
use serde_json::{Map, Value};

use super::credentials::Caller;
use super::refusal::Refusal;
use super::shared::Shared;

/// How large a body may be, and how long it may take to arrive from a program of the same computer.
#[derive(Clone, Copy)]
struct BodyLimits {
    bytes: usize,
    time: Duration,
}

/// An instance with long keys has some ten kilobytes.
const WITH_SECRETS: BodyLimits = BodyLimits { bytes: 1024 * 1024, time: Duration::from_secs(30) };

/// The parameters of `oauth/url` have at most 7 kB, and with escapes in JSON a few times as much.
const WITHOUT_SECRETS: BodyLimits = BodyLimits { bytes: 32 * 1024, time: Duration::from_secs(2) };

pub(super) struct Call {
    pub(super) caller: Caller,
    path: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    headers: HeaderMap,
    pub(super) has_body: bool,
    /// Until it is read. Locked because a body alone is not `Sync`.
    body: Mutex<Option<Body>>,
}

impl FromRequest<Shared> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Refusal> {
        let (mut head, body) = request.into_parts();
        let caller = Caller::authenticate(shared, &head.headers)?;
        if !accepts_json(&head.headers) {
            return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, "The answer is application/json."));
        }
        let malformed = |_| Refusal::bad_request("The path is not UTF-8.");
        let path = RawPathParams::from_request_parts(&mut head, shared).await.map_err(malformed)?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned().collect();
        let has_body = !body.is_end_stream();
        Ok(Self { caller, path, query, headers: head.headers, has_body, body: Mutex::new(Some(body)) })
    }
}

pub(super) async fn read_body(body: Body, caller: &Caller) -> Result<Bytes, Refusal> {
    let BodyLimits { bytes, time } = if caller.showed_secrets() { WITH_SECRETS } else { WITHOUT_SECRETS };
    let too_large = || {
        let text = format!("The body is larger than {} kB.", bytes / 1024);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text)
    };
    // One that is announced is not waited for.
    if body.size_hint().lower() > bytes as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(time, Limited::new(body, bytes).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::bad_request("The body broke off.")),
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
    }
}

impl Call {
    /// A part of the path, by its name in the route.
    pub(super) fn path(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Reads the body as a JSON object. Of a repeated member the last counts, as in the guides' samples.
    pub(super) async fn object(&self) -> Result<Map<String, Value>, Refusal> {
        let kind = media_type(&self.headers);
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            let text = "The body must be JSON: send Content-Type: application/json.";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        match serde_json::from_slice(&read_body(body.unwrap_or_default(), &self.caller).await?) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Refusal::bad_request("The body must be a JSON object.")),
            // Only the position: the parser's message could contain a value.
            Err(error) => Err(Refusal::bad_request(format!(
                "The body is not valid JSON (line {}, column {}).",
                error.line(),
                error.column()
            ))),
        }
    }
}

/// The first value under this name that is not empty.
pub(super) fn first<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    query.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

/// The media type of a body in lower case, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// RFC 9110 §12.5.1, as far as it matters for one kind of answer.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).peekable();
    if ranges.peek().is_none() {
        return true;
    }
    ranges.flat_map(|line| line.split(',')).any(|range| {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let kind = parts.next().unwrap_or_default();
        let refused = parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        matches!(kind.as_str(), "" | "*/*" | "application/*" | "application/json") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_sent_unless_the_caller_refuses_it() {
        let accepts = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            accepts_json(&headers)
        };
        assert!(accepts_json(&HeaderMap::new()));
        for accept in ["*/*", "application/json", "text/html, application/json;q=0.1", "Application/*"] {
            assert!(accepts(accept), "{accept}");
        }
        for accept in ["text/html", "application/xml", "application/json;q=0, text/plain"] {
            assert!(!accepts(accept), "{accept}");
        }
    }
}
