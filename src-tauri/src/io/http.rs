//! Carries the domain's [`HttpRequest`] over the network. TLS is verified against the trust store of the operating
//! system; there is no switch to turn that off. Redirects are never followed: an answer counts only from the address
//! that was asked, and credentials go nowhere else.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::sensitive::Sensitive;

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
        Self { body: BODY_MAX, time: TIMEOUT }
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
    /// More than a token answer can be.
    #[error("{host} sent an answer that is too large")]
    TooLarge {
        /// Who was asked.
        host: String,
    },
}

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

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable { host, what, .. } => {
                Self::new(Code::ProviderUnreachable).host(host).detail(what)
            }
            HttpError::TooLarge { host } => {
                Self::new(Code::ProviderBadResponse).host(host).detail("the answer is too large")
            }
        }
    }
}

/// The outgoing side. Clones share connections. Clients are made when first needed: reading the trust store takes
/// longer than printing a token does.
#[derive(Clone, Default)]
pub struct Http {
    remote: std::sync::Arc<OnceLock<Client>>,
    loopback: std::sync::Arc<OnceLock<Client>>,
}

impl Http {
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
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let unreachable = |error: &reqwest::Error| {
            let (what, stage) = in_words(error);
            HttpError::Unreachable { host: host.clone(), what, stage }
        };
        let client = self.client(super::listener::Loopback::of(&request.url).is_some());
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
        };
        let mut outgoing = client.request(method, request.url).timeout(bounds.time);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, value.expose());
        }
        if let Some(body) = &request.body {
            outgoing = outgoing.body(body.expose().clone());
        }
        let mut answer = outgoing.send().await.map_err(|e| unreachable(&e))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| unreachable(&e))? {
            if body.len() + chunk.len() > bounds.body {
                return Err(HttpError::TooLarge { host });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, headers, body: Sensitive::new(body) })
    }

    pub(super) fn client(&self, loopback: bool) -> &Client {
        if loopback {
            // A proxy cannot reach this computer's own loopback.
            self.loopback.get_or_init(|| build(Client::builder().no_proxy()))
        } else {
            self.remote.get_or_init(|| build(Client::builder()))
        }
    }
}

fn build(builder: ClientBuilder) -> Client {
    // Harmless if another client was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder
        .user_agent(concat!("Keyrack/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .build()
        .expect("constant options make a client")
}

pub(super) fn in_words(error: &reqwest::Error) -> (&'static str, Reached) {
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
