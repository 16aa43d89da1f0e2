//! HTTP messages as plain values: the protocol builds and reads these; `io/http` carries them.

use std::fmt;

use url::Url;

use super::exchange::Exchange;
use super::sensitive::Sensitive;

/// The request methods that the protocol needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Method {
    /// Reads; may be repeated.
    Get,
    /// Creates or exchanges; never repeated blindly.
    Post,
    /// Removes, for instance a token at a product without RFC 7009.
    Delete,
    /// Replaces as a whole.
    Put,
    /// Changes what is named and leaves the rest (RFC 5789).
    Patch,
}

impl Method {
    /// The method as it stands in the request line and in an OAuth 1.0a signature base string.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A request that is ready to be sent. Header values and the body may hold credentials, so both are redacted; so is the
/// address in `Debug`, but for what a report may show.
#[derive(Clone)]
pub struct HttpRequest {
    /// How the resource is asked.
    pub method: Method,
    /// Where to; https, or http on loopback.
    pub url: Url,
    /// Header names in lower case with their values.
    pub headers: Vec<(&'static str, Sensitive<String>)>,
    /// The body, already encoded; its type stands in `headers`.
    pub body: Option<Sensitive<String>>,
}

impl HttpRequest {
    /// A request without headers or body.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: None }
    }

    /// Adds a header; `name` in lower case.
    pub fn header(mut self, name: &'static str, value: impl Into<Sensitive<String>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = Exchange::of(self.method.as_str(), &self.url);
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &shown.host)
            .field("path", &shown.path)
            .field("headers", &self.headers)
            .field("body", &self.body)
            .finish()
    }
}

/// An answer, already bounded in size by whoever received it.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body as received. It may hold tokens.
    pub body: Sensitive<Vec<u8>>,
}

impl HttpResponse {
    /// The first header of this name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
