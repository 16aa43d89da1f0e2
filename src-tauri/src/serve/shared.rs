//! What all calls share.

use std::sync::Arc;

use super::authorizations::Authorizations;
use crate::domain::workspace::WorkspaceId;
use crate::engine::Engine;
use crate::platform::hosted::Secrets;

pub(super) type Shared = Arc<Parts>;

pub(super) struct Parts {
    pub(super) engine: Engine,
    pub(super) workspace: WorkspaceId,
    pub(super) secrets: Secrets,
    pub(super) authorizations: Authorizations,
    /// Host and port of this server.
    pub(super) authority: String,
}
