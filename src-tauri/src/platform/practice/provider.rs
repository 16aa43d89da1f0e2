//! The provider's start, its address and its clients.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::OnceCell;
use url::Url;

use super::shared::{ClientSecrets, Shared, header_text};
use super::store::{Store, hash};
use super::{endpoints, oauth1, oauth2};
use crate::domain::error::Failure;
use crate::domain::sensitive::Sensitive;
use crate::io::catalog::Catalog;
use crate::io::clock;
use crate::io::index::Index;
use crate::io::listener::{Bound, Serving};
use crate::io::loopback::Loopback;
use crate::io::vault::Vault;

/// The scheme of addresses of the practice provider, in any process.
pub const SCHEME: &str = "practice";

/// The practice provider of this process. Clones share it.
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
    secrets: ClientSecrets,
}

impl Practice {
    /// Starts nothing yet.
    pub fn new(index: Index, vault: Vault, catalog: Arc<Catalog>) -> Self {
        let parts = Parts { index, vault, catalog, secrets: Arc::default() };
        Self { parts, running: Arc::default() }
    }

    /// Registers the client of an authorization. Any other client id, secret or callback is refused later.
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

    /// Gives this process the secret of a registered client, which is checked against the registration on use.
    pub fn present(&self, id: &str, secret: &Sensitive<String>) {
        self.parts.secrets.insert(id, secret.clone());
    }

    /// Makes a key valid, as if it had been made at the product.
    pub fn accept_key(&self, product: &str, key: &Sensitive<String>) -> Result<(), Failure> {
        Ok(Store::new(self.parts.index.clone()).accept_key(product, key.expose())?)
    }

    /// Turns a `practice:` address into its address in this process, after a start if need be. Others stay.
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
    let bound = Bound::bind(Loopback::Ip(Ipv4Addr::LOCALHOST.into()), 0)
        .await
        .map_err(|e| Failure::internal(format!("no port for the practice provider: {}", e.kind())))?;
    let store = Store::new(parts.index);
    store.delete_expired()?;
    let shared = Shared {
        store,
        catalog: parts.catalog,
        secrets: parts.secrets,
        decisions: Arc::default(),
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
        .route("/{product}/decision", post(endpoints::decide))
        .route("/{product}/session", post(endpoints::session))
        .route("/{product}/me", get(endpoints::me).post(endpoints::me))
        .layer(middleware::from_fn_with_state(shared.clone(), check_host))
        .with_state(shared.clone());
    Ok((shared, bound.serve(&router)))
}

/// A web page must not reach the provider under another name (DNS rebinding).
async fn check_host(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if header_text(request.headers(), &header::HOST) != shared.authority {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}
