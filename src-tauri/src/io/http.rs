//! Carries the domain's [`HttpRequest`] over the network. TLS is verified against the trust store of the operating
//! system and the authorities that the person added; there is no switch to turn that off. Redirects are never followed:
//! an answer counts only from the address that was asked, and credentials go nowhere else. Answers are taken as they
//! come: none is asked for in compressed form, so that a small one cannot become a large one.

mod clocks;
mod journal;
mod proxy;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use tokio::sync::Mutex;
use url::Url;

use super::listener::Loopback;
use super::trust::{Stamp, Trust};
use crate::domain::error::{Code, Failure};
use crate::domain::exchange::Exchange;
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::sensitive::Sensitive;
use clocks::Clocks;
pub(super) use clocks::Moment;
use journal::Journal;
pub use proxy::proxy_in_use;
pub use verify::Why;

/// A provider that has not accepted a connection by then is not reachable for a person who waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Slow token endpoints exist; 30 s is also what browsers' users put up with.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest token answers known are some 20 kB (tokens of 16 kB); a megabyte is not a token answer.
const BODY_MAX: usize = 1024 * 1024;

/// How much of an answer is read, and how long it may take from the first byte sent to the last one received: an
/// answer that trickles for ever ends there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In bytes, of the body.
    pub body: usize,
    /// In all.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let of_a_test = crate::fault::number("KEYRACK_HTTP_TIMEOUT_MS").and_then(|ms| u64::try_from(ms).ok());
        Self { body: BODY_MAX, time: of_a_test.map_or(TIMEOUT, Duration::from_millis) }
    }
}

/// Why there is no answer. The texts never hold an address: its query could hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection, or it broke.
    #[error("{host}: {what}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// What happened, in fixed words.
        what: &'static str,
        /// How far it came.
        stage: Reached,
    },
    /// Whoever answered could not show that they are this host. Nothing was sent.
    #[error("{host}: {}", why.in_words())]
    Untrusted {
        /// Who was asked.
        host: String,
        /// Who would have to be trusted.
        issuer: Option<String>,
        /// What is wrong.
        why: Why,
        /// Seconds that other servers' clocks are ahead of this computer's, as far as any told.
        skew: Option<i64>,
    },
    /// The address is not one of https. Nothing was sent.
    #[error("{host}: {NOT_SECURE}")]
    NotSecure {
        /// Who would have been asked.
        host: String,
    },
    /// More than a token answer can be.
    #[error("{host} sent an answer that is too large")]
    TooLarge {
        /// Who was asked.
        host: String,
    },
}

const NOT_SECURE: &str = "its address does not begin with https";
const TOO_LARGE: &str = "the answer is too large";

/// How far a request came that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// There was no connection: the other side has seen nothing of it.
    Nobody,
    /// It may have arrived, and even have been carried out.
    PerhapsThem,
    /// As before, and the whole time that it may take has passed.
    TimeOut,
}

impl HttpError {
    /// What happened, in fixed words.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Unreachable { what, .. } => what,
            Self::Untrusted { why, .. } => why.in_words(),
            Self::NotSecure { .. } => NOT_SECURE,
            Self::TooLarge { .. } => TOO_LARGE,
        }
    }

    /// Whether the other side has seen nothing of the request.
    pub fn is_unseen(&self) -> bool {
        match self {
            Self::Unreachable { stage, .. } => *stage == Reached::Nobody,
            Self::Untrusted { .. } | Self::NotSecure { .. } => true,
            Self::TooLarge { .. } => false,
        }
    }

    /// The failure of a call to a provider, or with other codes to a platform: if nobody answers, and if the answer is
    /// none.
    pub fn into_failure(self, unreachable: Code, bad_response: Code) -> Failure {
        let what = self.in_words();
        match self {
            Self::Unreachable { host, .. } => Failure::new(unreachable).host(host).detail(what),
            Self::NotSecure { host } | Self::TooLarge { host } => {
                Failure::new(bad_response).host(host).detail(what)
            }
            Self::Untrusted { host, issuer, why, skew } => {
                let ours = why.hangs_on_the_clock() && skew.is_none_or(clocks::is_notable);
                let detail =
                    if ours { format!("{what}, or this computer's clock is wrong") } else { what.to_owned() };
                Failure {
                    // Of the other refusals the issuer is not the reason.
                    issuer: issuer.filter(|_| why == Why::UnknownIssuer),
                    clock_skew: skew.filter(|_| ours),
                    ..Failure::new(Code::CertificateUntrusted).host(host).detail(detail)
                }
            }
        }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        error.into_failure(Code::ProviderUnreachable, Code::ProviderBadResponse)
    }
}

/// The outgoing side. Clones share connections. Clients are made when first needed: reading the trust store takes
/// longer than printing a token does.
#[derive(Clone, Default)]
pub struct Http {
    shared: Arc<Shared>,
    journal: Option<Journal>,
}

#[derive(Default)]
struct Shared {
    /// What the person added; nothing in most tests.
    trust: Option<Trust>,
    plain: OnceLock<Client>,
    near: Mutex<Option<Verified>>,
    far: Mutex<Option<Verified>>,
    clocks: Clocks,
}

/// A client, and the file of added authorities as it was then.
struct Verified {
    client: Client,
    stamp: Stamp,
}

impl Http {
    /// One that also trusts the authorities that the person added, from the moment on at which they were.
    pub fn trusting(trust: Trust) -> Self {
        let shared = Shared { trust: Some(trust), ..Shared::default() };
        Self { shared: Arc::new(shared), journal: None }
    }

    /// The same with a journal of its own, for one operation. Its clones write into it too.
    pub fn noted(&self) -> Self {
        Self { shared: self.shared.clone(), journal: Some(Journal::default()) }
    }

    /// What was asked since the journal was begun, oldest first, and the last twenty of it.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.journal.as_ref().map(Journal::exchanges).unwrap_or_default()
    }

    /// Seconds that the clock of this server is ahead of this computer's, if it told.
    pub fn skew(&self, url: &Url) -> Option<i64> {
        self.shared.clocks.of(url)
    }

    /// Seconds that most servers' clocks are ahead of this computer's, if that is enough to be in the way.
    pub fn clock_skew(&self) -> Option<i64> {
        self.shared.clocks.median().filter(|skew| clocks::is_notable(*skew))
    }

    /// Sends a request and reads the whole answer, within the bounds of a token endpoint.
    ///
    /// # Errors
    /// When there is no answer. A status such as 401 is an answer.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.send_within(request, Bounds::default()).await
    }

    /// Sends a request and reads the whole answer, within these bounds.
    ///
    /// # Errors
    /// When there is no answer. A status such as 401 is an answer.
    pub async fn send_within(&self, request: HttpRequest, bounds: Bounds) -> Result<HttpResponse, HttpError> {
        let entry = self.journal.as_ref().map(|journal| journal.begin(&request));
        let result = self.carry(request, bounds).await;
        if let Some(entry) = entry {
            entry.end(&result);
        }
        result
    }

    async fn carry(&self, request: HttpRequest, bounds: Bounds) -> Result<HttpResponse, HttpError> {
        let url = request.url;
        let client = self.client(&url).await?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
        };
        let mut outgoing = client.request(method, url.clone()).timeout(bounds.time);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, value.expose());
        }
        if let Some(body) = &request.body {
            outgoing = outgoing.body(body.expose().clone());
        }
        let asked = Moment::now();
        let mut answer = match outgoing.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(&url, &error).await),
        };
        self.arrived(&url, asked, answer.headers());
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > bounds.body => {
                    return Err(HttpError::TooLarge { host: host(&url) });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(self.failed(&url, &error).await),
            }
        }
        Ok(HttpResponse { status, headers, body: Sensitive::new(body) })
    }

    /// The client for an address.
    pub(super) async fn client(&self, url: &Url) -> Result<Client, HttpError> {
        let near = Loopback::of(url).is_some();
        match url.scheme() {
            "https" => Ok(self.verified(near).await),
            // Nobody listens in between here (RFC 8252 §8.3); anywhere else tokens would pass in the clear.
            "http" if near => Ok(self.shared.plain.get_or_init(plain).clone()),
            _ => Err(HttpError::NotSecure { host: host(url) }),
        }
    }

    /// A client for https. It is made anew when the file of added authorities has changed.
    async fn verified(&self, near: bool) -> Client {
        let stamp = self.shared.trust.as_ref().map(Trust::stamp).unwrap_or_default();
        let mut slot = self.slot(near).lock().await;
        if let Some(made) = slot.as_ref().filter(|made| made.stamp == stamp) {
            return made.client.clone();
        }
        let trust = self.shared.trust.clone();
        let make = move || {
            let added = trust.map(|trust| trust.roots()).unwrap_or_default();
            let builder = Client::builder().tls_backend_preconfigured(verify::verifying(added));
            // A proxy cannot reach this computer's own loopback.
            build(if near { builder.no_proxy() } else { builder.https_only(true) })
        };
        let client = tokio::task::spawn_blocking(make).await.expect("constant options make a client");
        *slot = Some(Verified { client: client.clone(), stamp });
        client
    }

    fn slot(&self, near: bool) -> &Mutex<Option<Verified>> {
        if near { &self.shared.near } else { &self.shared.far }
    }

    /// The head of an answer has come.
    pub(super) fn arrived(&self, url: &Url, asked: Moment, headers: &reqwest::header::HeaderMap) {
        self.shared.clocks.read(url, asked, |name| headers.get(name).and_then(|value| value.to_str().ok()));
    }

    /// What a client's failure means.
    pub(super) async fn failed(&self, url: &Url, error: &reqwest::Error) -> HttpError {
        let host = host(url);
        if let Some(refused) = verify::Refused::among(error) {
            // The person may add an authority to the operating system's store, which is read once by each client.
            let near = Loopback::of(url).is_some();
            *self.slot(near).lock().await = None;
            let skew = self.shared.clocks.median();
            return HttpError::Untrusted { host, issuer: refused.issuer, why: refused.why, skew };
        }
        let (what, stage) = in_words(error);
        let what = proxy::failure(error).filter(|_| error.is_connect()).unwrap_or(what);
        HttpError::Unreachable { host, what, stage }
    }
}

/// For http on loopback. It reads no trust store, which would cost more than a whole exchange there.
fn plain() -> Client {
    build(Client::builder().tls_backend_preconfigured(verify::believing_nobody()).no_proxy())
}

fn build(builder: ClientBuilder) -> Client {
    builder
        .user_agent(concat!("Keyrack/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .build()
        .expect("constant options make a client")
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn in_words(error: &reqwest::Error) -> (&'static str, Reached) {
    let stage = if error.is_connect() || error.is_builder() {
        Reached::Nobody
    } else if error.is_timeout() {
        Reached::TimeOut
    } else {
        Reached::PerhapsThem
    };
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "the request could not be built"
    } else {
        "the connection was lost"
    };
    (what, stage)
}
