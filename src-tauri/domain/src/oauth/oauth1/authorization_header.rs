//! Signs requests, and writes and reads the `Authorization` header that carries the signature (RFC 5849 §3.5.1).

use thiserror::Error;
use url::Url;

use super::signature::{SignatureMethod, base_string_of, signature};
use crate::address::is_loopback;
use crate::http::HttpRequest;
use crate::oauth::percent::{self, Malformed, encode};
use crate::sensitive::Sensitive;

/// The client's credentials, and those of the resource owner once there is a token.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: Sensitive<String>,
    /// The request token or the access token.
    pub token: Option<Sensitive<String>>,
    pub token_secret: Option<Sensitive<String>>,
}

impl Credentials {
    pub fn client(client_id: impl Into<String>, client_secret: Sensitive<String>) -> Self {
        Self { client_id: client_id.into(), client_secret, token: None, token_secret: None }
    }

    pub fn with_token(self, token: Sensitive<String>, token_secret: Sensitive<String>) -> Self {
        Self { token: Some(token), token_secret: Some(token_secret), ..self }
    }
}

/// What makes each signature unique.
#[derive(Clone, Debug)]
pub struct Signing {
    pub method: SignatureMethod,
    /// Seconds since 1970 by the provider's clock (RFC 5849 §3.3).
    pub timestamp: u64,
    /// Never used twice with the same timestamp (RFC 5849 §3.3).
    pub nonce: String,
}

/// Why a request cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// RFC 5849 §3.4.4: PLAINTEXT sends the secrets themselves.
    #[error("signature method PLAINTEXT needs https")]
    PlaintextUnprotected,
    /// RFC 5849 §3.1: the request has a protocol parameter already.
    #[error("the parameter {0} is given twice")]
    RepeatedParameter(String),
    /// The two sides could read malformed parameters differently.
    #[error("a parameter of the request: {0}")]
    Malformed(#[from] Malformed),
}

/// Why a header cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadHeader {
    #[error("the header is not of scheme OAuth")]
    OtherScheme,
    #[error("the header is not a list of quoted parameters")]
    NotAList,
    /// RFC 5849 §3.1.
    #[error("the header has a parameter twice")]
    Duplicate,
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Signs a request by setting its `Authorization` header. `extra` are protocol parameters of one step, such as
/// `oauth_callback`. The signature covers the query, and a form body (RFC 5849 §3.4.1.3.1).
pub fn sign(
    mut request: HttpRequest,
    credentials: &Credentials,
    signing: &Signing,
    extra: &[(&str, &str)],
) -> Result<HttpRequest, SignError> {
    let form = form_body(&request)?;
    let header = authorization(request.method.as_str(), &request.url, &form, credentials, signing, extra)?;
    request.headers.retain(|(name, _)| *name != "authorization");
    Ok(request.header("authorization", header))
}

/// The `Authorization` header for a request with this method, address and form body.
pub fn authorization(
    method: &str,
    url: &Url,
    form: &[(String, String)],
    credentials: &Credentials,
    signing: &Signing,
    extra: &[(&str, &str)],
) -> Result<Sensitive<String>, SignError> {
    if signing.method == SignatureMethod::Plaintext && url.scheme() != "https" && !is_loopback(url) {
        return Err(SignError::PlaintextUnprotected);
    }
    let timestamp = signing.timestamp.to_string();
    let mut protocol = vec![("oauth_consumer_key", credentials.client_id.as_str())];
    if let Some(token) = &credentials.token {
        protocol.push(("oauth_token", token.expose()));
    }
    protocol.extend([
        ("oauth_signature_method", signing.method.as_str()),
        ("oauth_timestamp", timestamp.as_str()),
        ("oauth_nonce", signing.nonce.as_str()),
    ]);
    protocol.extend_from_slice(extra);

    let query = percent::parse_form(url.query().unwrap_or_default())?;
    for (name, _) in query.iter().chain(form) {
        if name == "oauth_signature" || protocol.iter().any(|(known, _)| known == name) {
            return Err(SignError::RepeatedParameter(name.clone()));
        }
    }
    let mut parameters = form.to_vec();
    parameters.extend(protocol.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let base = base_string_of(method, url, &parameters)?;
    let token_secret = credentials.token_secret.as_ref().map_or("", |secret| secret.expose());
    let signature = signature(signing.method, &base, credentials.client_secret.expose(), token_secret);
    protocol.push(("oauth_signature", signature.expose()));
    let quoted = protocol.iter().map(|(name, value)| format!("{}=\"{}\"", encode(name), encode(value)));
    Ok(format!("OAuth {}", Vec::from_iter(quoted).join(", ")).into())
}

/// The parameters of the body if it is `application/x-www-form-urlencoded`; others are not signed.
fn form_body(request: &HttpRequest) -> Result<Vec<(String, String)>, Malformed> {
    let content_type =
        request.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value);
    let essence = content_type.and_then(|value| value.expose().split(';').next()).unwrap_or_default();
    match &request.body {
        Some(body) if essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") => {
            percent::parse_form(body.expose())
        }
        _ => Ok(Vec::new()),
    }
}

/// Parses an `Authorization` header of scheme `OAuth` (RFC 5849 §3.5.1). `realm` is dropped: it is never signed.
pub fn parse_authorization_header(header: &str) -> Result<Vec<(String, String)>, BadHeader> {
    let (scheme, mut rest) = header.trim().split_once(char::is_whitespace).ok_or(BadHeader::OtherScheme)?;
    if !scheme.eq_ignore_ascii_case("OAuth") {
        return Err(BadHeader::OtherScheme);
    }
    let mut parameters: Vec<(String, String)> = Vec::new();
    loop {
        let (name, after) = rest.split_once('=').ok_or(BadHeader::NotAList)?;
        let after = after.trim_start().strip_prefix('"').ok_or(BadHeader::NotAList)?;
        let end = closing_quote(after).ok_or(BadHeader::NotAList)?;
        let name = percent::decode(name.trim())?;
        if parameters.iter().any(|(known, _)| *known == name) {
            return Err(BadHeader::Duplicate);
        }
        if name != "realm" {
            parameters.push((name, percent::decode(&after[..end])?));
        }
        rest = after[end + 1..].trim_start();
        if rest.is_empty() {
            return Ok(parameters);
        }
        rest = rest.strip_prefix(',').ok_or(BadHeader::NotAList)?;
    }
}

/// The end of a quoted string. `realm` may contain escaped quotes and commas (RFC 9110 §5.6.4).
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}
