//! The practice provider: a small but real OAuth 1.0a and OAuth 2 authorization server on loopback, in process.
//!
//! It verifies everything that a good provider verifies (client, redirect, PKCE, signature, nonce, single use) and
//! rotates refresh tokens, so that practising rehearses the real thing. Any process starts it on a free port when it
//! needs it; connections keep `practice:` addresses, which [`Practice::resolve`] turns into this process's own.
//!
//! Consent pages and OAuth 1.0a temporary credentials live in memory: they end with the sign-in that made them.
//! Everything that outlives a sign-in is in `store`, without a secret.

mod consent;
mod oauth1;
mod oauth2;
mod recent;
mod store;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use url::Url;

use crate::domain::error::Failure;
use crate::domain::sensitive::Sensitive;
use crate::io::catalog::Catalog;
use crate::io::index::Index;
use crate::io::listener::{Bound, Serving};
use crate::io::loopback::Loopback;
use crate::io::vault::Vault;
use crate::io::{clock, page};

use consent::Request as ConsentRequest;
use recent::Recent;
use store::Store;

/// The scheme of addresses that mean "the practice provider, wherever it runs just now".
pub const SCHEME: &str = "practice";

/// The one person who can sign in here.
pub(super) const ACCOUNT: (&str, &str) = ("Maria Practice", "maria@practice.example");

/// The practice provider of this process. Clones are the same one.
#[derive(Clone)]
pub struct Practice {
    parts: Parts,
    running: Arc<OnceCell<(Shared, Serving)>>,
}

#[derive(Clone)]
struct Parts {
    index: Index,
    vault: Vault,
    catalog: Arc<Catalog>,
    /// Consumer secrets of this process's clients: signatures cannot be checked against a hash.
    secrets: Arc<Recent<Sensitive<String>>>,
}

/// What the request handlers share.
#[derive(Clone)]
struct Shared {
    store: Store,
    catalog: Arc<Catalog>,
    secrets: Arc<Recent<Sensitive<String>>>,
    consents: Arc<Recent<ConsentRequest>>,
    temporary: Arc<Recent<oauth1::Temporary>>,
    /// Token secrets are derived from it, so that no secret needs to be stored.
    key: Sensitive<String>,
    authority: String,
}

impl Practice {
    /// Nothing is started yet.
    pub fn new(index: Index, vault: Vault, catalog: Arc<Catalog>) -> Self {
        let parts = Parts { index, vault, catalog, secrets: Arc::default() };
        Self { parts, running: Arc::default() }
    }

    /// Registers a client for an authorization that is being prepared. Any other client id, secret or callback is
    /// refused later.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn register(
        &self,
        product: &str,
        id: &str,
        secret: &Sensitive<String>,
        callback: &str,
    ) -> Result<(), Failure> {
        Store::new(self.parts.index.clone()).register(product, id, &hash(secret.expose()), callback)?;
        self.present(id, secret);
        Ok(())
    }

    /// Lends this process's provider the secret of a client that was registered earlier, perhaps by another process.
    /// The secret is checked against the registration when it is used.
    pub fn present(&self, id: &str, secret: &Sensitive<String>) {
        self.parts.secrets.insert(id, secret.clone());
    }

    /// A `practice:` address as the address it has in this process, starting the provider if need be. Other addresses
    /// come back as they are.
    ///
    /// # Errors
    /// When the keychain or the index cannot be used, or no port is free.
    pub async fn resolve(&self, url: Url) -> Result<Url, Failure> {
        if url.scheme() != SCHEME {
            return Ok(url);
        }
        let (shared, _) = self.running.get_or_try_init(|| start(self.parts.clone())).await?;
        let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
        format!("http://{}{}{query}", shared.authority, url.path())
            .parse()
            .map_err(|_| Failure::internal("a practice address could not be resolved"))
    }
}

async fn start(parts: Parts) -> Result<(Shared, Serving), Failure> {
    let vault = parts.vault.clone();
    let key = tokio::task::spawn_blocking(move || vault.get_or_create("practice-key", clock::random_token))
        .await
        .map_err(|_| Failure::internal("the keychain thread ended"))??;
    let bound = Bound::bind(Loopback::Ip(std::net::Ipv4Addr::LOCALHOST.into()), 0)
        .await
        .map_err(|e| Failure::internal(format!("no port for the practice provider: {}", e.kind())))?;
    let store = Store::new(parts.index);
    store.forget_expired()?;
    let shared = Shared {
        store,
        catalog: parts.catalog,
        secrets: parts.secrets,
        consents: Arc::default(),
        temporary: Arc::default(),
        key,
        authority: format!("127.0.0.1:{}", bound.port),
    };
    let router = Router::new()
        .route("/{product}/oauth2/authorize", get(oauth2::authorize))
        .route("/{product}/oauth2/token", post(oauth2::token))
        .route("/{product}/oauth2/revoke", post(oauth2::revoke))
        .route("/{product}/oauth1/request_token", post(oauth1::request_token))
        .route("/{product}/oauth1/authorize", get(oauth1::authorize))
        .route("/{product}/oauth1/access_token", post(oauth1::access_token))
        .route("/{product}/decision", post(consent::decision))
        .route("/{product}/me", get(me))
        .layer(middleware::from_fn_with_state(shared.clone(), only_our_name))
        .with_state(shared.clone());
    Ok((shared, bound.serve(&router)))
}

/// No web page may talk to the provider under another name (DNS rebinding).
async fn only_our_name(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    if host != shared.authority {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// "Who am I", by either kind of token.
async fn me(State(shared): State<Shared>, request: Request) -> Response {
    let authorization = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|h| h.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let known = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            oauth2::knows(&shared, token.trim())
        }
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("oauth") => {
            oauth1::knows(&shared, &request, &authorization)
        }
        _ => false,
    };
    if !known {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, challenge, json(&serde_json::json!({"error": "invalid_token"})))
            .into_response();
    }
    let (name, email) = ACCOUNT;
    json(&serde_json::json!({ "id": "practice-1", "name": name, "email": email }))
}

/// A JSON answer that nobody keeps (RFC 6749 §5.1).
fn json(value: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, value.to_string()).into_response()
}

/// A page for mistakes that must not be sent to a callback (RFC 6749 §4.1.2.1): an unknown client or redirect.
fn refused_page(text: &str) -> Response {
    let shown = page::Page::new(false, "This practice sign-in cannot go on", text);
    let mut response = page::respond(&shown);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests;
