//! What all calls share.

use std::sync::Arc;

use super::authorizations::Authorizations;
use crate::domain::workspace::WorkspaceId;
use crate::engine::Engine;
use crate::io::listener::Places;
use crate::platform::hosted::Secrets;

pub(super) type Shared = Arc<Parts>;

pub(super) struct Parts {
    pub(super) engine: Engine,
    pub(super) workspace: WorkspaceId,
    pub(super) secrets: Secrets,
    pub(super) authorizations: Authorizations,
    /// The places of calls without secrets, so that they never take all of the server's.
    pub(super) strangers: Arc<Places>,
    /// Host and port of this server.
    pub(super) authority: String,
}
