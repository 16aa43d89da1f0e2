//! What the request handlers share.

use std::sync::Arc;

use super::pending::{PendingDecision, TemporaryCredentials};
use super::recent::Recent;
use super::store::Store;
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
