//! Authorizations that wait for a decision.

use super::store::Client;
use crate::domain::sensitive::Sensitive;

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
