//! What all calls share.

use std::ops::Deref;
use std::sync::Arc;

use super::authorizations::Authorizations;
use super::gate::Gate;
use crate::domain::workspace::WorkspaceId;
use crate::engine::Engine;
use crate::io::http::Http;
use crate::platform::hosted::Secrets;

#[derive(Clone)]
pub(super) struct Shared(Arc<Parts>);

pub(super) struct Parts {
    pub(super) engine: Engine,
    pub(super) workspace: WorkspaceId,
    pub(super) secrets: Secrets,
    pub(super) authorizations: Authorizations,
    pub(super) http: Http,
    pub(super) gate: Gate,
}

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
