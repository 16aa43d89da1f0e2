//! The HTTP client.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method};
use tokio::sync::Mutex;
use url::Url;

use super::cause::find_cause;
use super::clocks::{Clocks, Moment, is_significant};
use super::coding::CodingError;
use super::error::{Delivery, HttpError};
use super::journal::Journal;
use super::{coding, proxy, verify};
use crate::domain::error::NetworkFault;
use crate::domain::exchange::Exchange;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::sensitive::Sensitive;
use crate::io::loopback::Loopback;
use crate::io::trust::{Stamp, Trust};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Slow token endpoints exist; users of browsers wait as long.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest known token responses are some 20 kB, with tokens of 16 kB.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Some gateways send more than a hundred.
const MAX_HEADERS: usize = 256;

/// The limits of one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In bytes, of the body.
    pub body: usize,
    /// From the first byte sent to the last one received.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let test_ms = crate::fault::number("KEYRACK_HTTP_TIMEOUT_MS").and_then(|ms| u64::try_from(ms).ok());
        Self { body: MAX_BODY_BYTES, time: test_ms.map_or(TIMEOUT, Duration::from_millis) }
    }
}

/// Clones share connections. Clients are built when first needed: reading the trust store takes long.
#[derive(Clone, Default)]
pub struct Http {
    pub(super) shared: Arc<Shared>,
    journal: Option<Journal>,
}

#[derive(Default)]
pub(super) struct Shared {
    /// The authorities that the user added; `None` in most tests.
    trust: Option<Trust>,
    /// For http on loopback.
    plain: OnceLock<Client>,
    /// For https on loopback, which uses no proxy.
    pub(super) near: Mutex<Option<VerifiedClient>>,
    /// For https everywhere else.
    pub(super) far: Mutex<Option<VerifiedClient>>,
    clocks: Clocks,
    /// The server that receives what is meant for other computers.
    #[cfg(test)]
    stand_in: OnceLock<Url>,
}

/// A client with the version of the added authorities that it uses.
type VerifiedClient = (Client, Stamp);

impl Http {
    /// A client that also trusts the authorities that the user added, and notices changes to them.
    pub fn with_trust(trust: Trust) -> Self {
        let shared = Shared { trust: Some(trust), ..Shared::default() };
        Self { shared: Arc::new(shared), journal: None }
    }

    /// The same client with a new journal for one operation. Clones share the journal.
    pub fn with_journal(&self) -> Self {
        Self { shared: self.shared.clone(), journal: Some(Journal::default()) }
    }

    /// The last twenty exchanges in the journal, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.journal.as_ref().map(Journal::exchanges).unwrap_or_default()
    }

    /// Seconds that the clock of this server is ahead of this computer's, if known.
    pub fn skew(&self, url: &Url) -> Option<i64> {
        self.shared.clocks.skew_of(url)
    }

    /// Seconds that the clocks of most servers are ahead of this computer's, if that is enough to break sign-ins.
    pub fn clock_skew(&self) -> Option<i64> {
        self.shared.clocks.median().filter(|skew| is_significant(*skew))
    }

    /// Sends a request and reads the whole response within the default bounds. Any status is a response.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.send_within(request, Bounds::default()).await
    }

    pub async fn send_within(&self, request: HttpRequest, bounds: Bounds) -> Result<HttpResponse, HttpError> {
        let entry = self.journal.as_ref().map(|journal| journal.begin(&request));
        let result = self.send_unrecorded(request, bounds).await;
        if let Some(entry) = entry {
            entry.end(&result);
        }
        result
    }

    async fn send_unrecorded(&self, request: HttpRequest, bounds: Bounds) -> Result<HttpResponse, HttpError> {
        let sent = request.secrets();
        let url = request.url;
        #[cfg(test)]
        let url = self.at_stand_in(url);
        let client = self.client(&url).await?;
        let method = Method::from_bytes(request.method.as_str().as_bytes()).expect("a method of HTTP");
        let is_empty = request.body.as_ref().is_none_or(|body| body.expose().is_empty());
        let mut outgoing = client.request(method.clone(), url.clone()).timeout(bounds.time);
        // Without this header any coding would be acceptable (RFC 9110 §12.5.3).
        outgoing = outgoing.header(ACCEPT_ENCODING, "identity");
        for (name, value) in &request.headers {
            outgoing = outgoing.header(name.as_ref(), value.expose());
        }
        outgoing = match &request.body {
            Some(body) if !is_empty => outgoing.body(body.expose().clone()),
            _ if announces_empty_body(&method) => outgoing.header(CONTENT_LENGTH, "0"),
            _ => outgoing,
        };
        let asked = Moment::now();
        let mut answer = match outgoing.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.to_error(&url, &error).await),
        };
        self.record_date(&url, asked, answer.headers());
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), header_text(v.as_bytes())))
            .collect();
        let encoded_as = answer.headers().clone();
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > bounds.body => {
                    return Err(HttpError::TooLarge { host: host(&url) });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(self.to_error(&url, &error).await),
            }
        }
        let body = match coding::decode(&encoded_as, body, bounds.body) {
            Ok(body) => body,
            // The status of an error page says more than its text.
            Err(_) if status == 429 || status >= 500 => Vec::new(),
            Err(error) => return Err(to_coding_error(host(&url), error)),
        };
        Ok(HttpResponse { status, headers, body: Sensitive::new(body), sent })
    }

    /// The client for an address. [`HttpError::NotSecure`] for http to another computer.
    pub(in crate::io) async fn client(&self, url: &Url) -> Result<Client, HttpError> {
        let near = Loopback::from_url(url).is_some();
        match url.scheme() {
            "https" if near => Ok(self.verified_client(near).await),
            "https" => match proxy::check(url) {
                Ok(()) => Ok(self.verified_client(near).await),
                Err(variable) => Err(HttpError::Unreachable {
                    host: host(url),
                    fault: NetworkFault::ProxyVariable,
                    what: variable.problem,
                    delivery: Delivery::NotSent,
                }),
            },
            // Loopback traffic never leaves this computer (RFC 8252 §8.3).
            "http" if near => Ok(self.shared.plain.get_or_init(plain_client).clone()),
            _ => Err(HttpError::NotSecure { host: host(url) }),
        }
    }

    /// A client for https, rebuilt when the file of added authorities has changed.
    async fn verified_client(&self, near: bool) -> Client {
        let stamp = self.shared.trust.as_ref().map(Trust::stamp).unwrap_or_default();
        let mut slot = self.slot(near).lock().await;
        if let Some((client, _)) = slot.as_ref().filter(|(_, used)| *used == stamp) {
            return client.clone();
        }
        let trust = self.shared.trust.clone();
        let make = move || {
            let added = trust.map(|trust| trust.added()).unwrap_or_default();
            let builder = Client::builder().tls_backend_preconfigured(verify::tls_config(Some(added)));
            // A proxy cannot reach this computer's loopback.
            build(if near { builder.no_proxy() } else { proxy::configure(builder.https_only(true)) })
        };
        let client = tokio::task::spawn_blocking(make).await.expect("constant options make a client");
        *slot = Some((client.clone(), stamp));
        client
    }

    fn slot(&self, near: bool) -> &Mutex<Option<VerifiedClient>> {
        if near { &self.shared.near } else { &self.shared.far }
    }

    /// Records the server's clock from the headers of a response that has just arrived.
    pub(in crate::io) fn record_date(&self, url: &Url, asked: Moment, headers: &HeaderMap) {
        self.shared.clocks.record(url, asked, headers);
    }

    pub(in crate::io) async fn to_error(&self, url: &Url, error: &reqwest::Error) -> HttpError {
        let host = host(url);
        if let Some(refusal) = verify::CertificateRefusal::find_in(error) {
            // The user may add an authority to the operating system's store, which each client reads once.
            let near = Loopback::from_url(url).is_some();
            *self.slot(near).lock().await = None;
            let skew = self.shared.clocks.median();
            let issuer = refusal.issuer.clone();
            // A proxy that is reached over TLS shows a certificate of its own.
            let proxy = proxy::describe_failure(error).and_then(|_| proxy::find_proxy(url).ok().flatten());
            let host = proxy.unwrap_or(host);
            return HttpError::Untrusted { host, issuer, problem: refusal.problem, skew };
        }
        let ((fault, what), delivery) = find_cause(error);
        HttpError::Unreachable { host, fault, what, delivery }
    }
}

#[cfg(test)]
impl Http {
    /// From here on a server on this computer gets what is meant for others. Its paths begin with the host.
    pub fn answer_from(&self, server: Url) {
        self.shared.stand_in.set(server).expect("set once");
    }

    fn at_stand_in(&self, url: Url) -> Url {
        let Some(server) = self.shared.stand_in.get().filter(|_| url.scheme() == "https") else { return url };
        let mut there = server.clone();
        there.set_path(&format!("/{}{}", url.authority(), url.path()));
        there.set_query(url.query());
        there
    }
}

/// For http on loopback. Reading a trust store would cost more than a whole exchange there.
fn plain_client() -> Client {
    build(Client::builder().tls_backend_preconfigured(verify::tls_config(None)).no_proxy())
}

fn build(builder: ClientBuilder) -> Client {
    builder
        .user_agent(concat!("Keyrack/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        // Forms that a client is to accept (RFC 9112 §§5.1 and 5.2), and lines that are no header, which say nothing.
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_max_headers(MAX_HEADERS)
        .connect_timeout(CONNECT_TIMEOUT)
        .build()
        .expect("constant options make a client")
}

/// Whether a request with this method says that it has no body (RFC 9110 §8.6). Many servers answer 411 to one that
/// does not.
pub(in crate::io) fn announces_empty_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn to_coding_error(host: String, error: CodingError) -> HttpError {
    match error {
        CodingError::TooLarge => HttpError::TooLarge { host },
        CodingError::Unknown => {
            HttpError::Compressed { host, what: "the answer is compressed in a way that is not known here" }
        }
        CodingError::Damaged => {
            HttpError::Compressed { host, what: "the compressed answer is damaged or not whole" }
        }
    }
}

/// The value of a header: UTF-8, or else Latin-1 (RFC 9110 §5.5).
fn header_text(value: &[u8]) -> String {
    std::str::from_utf8(value)
        .map_or_else(|_| value.iter().copied().map(char::from).collect(), ToOwned::to_owned)
}
