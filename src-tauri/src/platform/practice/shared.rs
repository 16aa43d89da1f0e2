//! What the request handlers share.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};

use super::recent::Recent;
use super::store::{Client, Store};
use crate::domain::sensitive::Sensitive;
use crate::io::catalog::Catalog;

/// The name and the address of the only account.
pub(super) const ACCOUNT: (&str, &str) = ("Maria Practice", "maria@practice.example");

/// The consumer secrets of this process's clients by client id: signatures cannot be checked against a hash.
pub(super) type ClientSecrets = Arc<Recent<Sensitive<String>>>;

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) catalog: Arc<Catalog>,
    pub(super) secrets: ClientSecrets,
    pub(super) decisions: Arc<Recent<PendingDecision>>,
    pub(super) temporary: Arc<Recent<TemporaryCredentials>>,
    /// Token secrets are derived from it, so that none needs to be stored.
    pub(super) key: Sensitive<String>,
    /// Host and port.
    pub(super) authority: String,
}

/// What a consent page decides about.
#[derive(Clone)]
pub(super) enum PendingDecision {
    OAuth2(CodeRequest),
    OAuth1 { token: String },
}

/// An authorization request of OAuth 2 whose client and redirect were checked.
#[derive(Clone)]
pub(super) struct CodeRequest {
    pub(super) product: String,
    pub(super) client: i64,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) scope: String,
    /// Empty without PKCE.
    pub(super) challenge: String,
}

/// Temporary credentials of OAuth 1.0a on their way through one sign-in.
pub(super) struct TemporaryCredentials {
    pub(super) product: String,
    pub(super) client: Client,
    pub(super) callback: String,
    /// Set once access is allowed.
    pub(super) verifier: Option<Sensitive<String>>,
}

/// The value of a header; empty if it is absent or not text.
pub(super) fn header_text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
