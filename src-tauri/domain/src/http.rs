//! HTTP messages as plain values; `io/http` sends them.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;
use url::Url;

use super::element::Named;
use super::exchange::Exchange;
use super::oauth::percent;
use super::redaction::SentSecrets;
use super::sensitive::Sensitive;

/// Headers of a request that hold no secret.
const PLAIN_HEADERS: [&str; 2] = ["accept", "content-type"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Delete,
    Put,
    Patch,
}

impl Method {
    /// The method in the request line and in the OAuth 1.0a signature base string.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A request. It may contain credentials, so `Debug` shows no more of the address than a report does.
#[derive(Clone)]
pub struct HttpRequest {
    pub method: Method,
    /// https, or http on loopback.
    pub url: Url,
    /// Names in lower case.
    pub headers: Vec<(Cow<'static, str>, Sensitive<String>)>,
    /// Encoded as the header `content-type` says.
    pub body: Option<Sensitive<String>>,
    /// Secrets that may stand anywhere in it.
    pub known: Vec<Sensitive<String>>,
}

impl HttpRequest {
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: None, known: Vec::new() }
    }

    /// Adds a header; `name` in lower case.
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Sensitive<String>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a body that is a JSON object with these members as texts.
    pub fn json(mut self, members: &Named) -> Self {
        let members = members.iter().map(|(name, value)| (name.clone(), value.expose().as_str().into()));
        self.body = Some(Value::Object(members.collect()).to_string().into());
        self.header("content-type", "application/json")
    }

    /// Sets a body that is a form with these parameters.
    pub fn form(mut self, parameters: &Named) -> Self {
        self.body = Some(form_text(parameters));
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// The secrets that it holds.
    pub fn secrets(&self) -> SentSecrets {
        let mut secrets = SentSecrets::default();
        for (_, value) in self.headers.iter().filter(|(name, _)| !PLAIN_HEADERS.contains(&name.as_ref())) {
            secrets.add_header(value.expose());
        }
        secrets.add_parameters(self.url.query_pairs().into_owned());
        secrets.add_known(&self.known);
        if let Some(body) = &self.body {
            secrets.add_body(body.expose());
        }
        secrets
    }
}

/// Parameters as `application/x-www-form-urlencoded`.
pub fn form_text(parameters: &Named) -> Sensitive<String> {
    let pairs: Vec<_> = parameters.iter().map(|(n, v)| (n.as_str(), v.expose().as_str())).collect();
    percent::form_encode(&pairs).into()
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = Exchange::new(self.method.as_str(), &self.url);
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &shown.host)
            .field("path", &shown.path)
            .field("headers", &self.headers)
            .field("body", &self.body)
            .finish()
    }
}

/// An answer, bounded in size.
#[derive(Clone, Debug, Default)]
pub struct HttpResponse {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// May contain tokens.
    pub body: Sensitive<Vec<u8>>,
    /// The secrets of the request, which its words may repeat.
    pub sent: SentSecrets,
}

impl HttpResponse {
    /// The first header with this name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
