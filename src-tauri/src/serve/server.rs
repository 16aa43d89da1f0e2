//! The running server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::authorizations::Authorizations;
use super::credentials;
use super::router::router;
use super::shared::Parts;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::API_PATH;
use crate::domain::sensitive::Sensitive;
use crate::engine::{Engine, WorkspaceId};
use crate::io::listener::{Bound, Limits, Places, Serving};
use crate::io::loopback::Loopback;

/// The port in the workspace *This computer*, fixed so that scripts can name it: beside that of the callbacks, free in
/// IANA's list and outside the ranges of outgoing connections.
pub const DEFAULT_PORT: u16 = 14748;

/// As many callers at once as a busy script has. Each costs a descriptor, of which systems give 1,024 by default; a
/// forwarded call costs two.
const CONNECTIONS: usize = 256;

/// Of these, calls that show no secrets have so many; the oldest gives way to the next.
const STRANGERS: usize = 64;

/// In bytes. Programs send no cookies; the longest queries of products have some eight kilobytes.
const MAX_HEAD: usize = 32 * 1024;

/// How long running calls may take to finish after a stop. Providers answer in seconds, and process managers wait ten.
const FLUSH: Duration = Duration::from_secs(8);

/// A running server. Dropping it ends it at once; [`Running::stop`] finishes what has begun.
pub struct Running {
    pub base_url: String,
    /// The `Authorization` header with every permission.
    pub authorization: Sensitive<String>,
    engine: Engine,
    serving: Serving,
}

impl Running {
    /// Listens and answers for a workspace of this computer. [`Code::Usage`] for a hosted workspace or an address that
    /// is not loopback; [`Code::PortInUse`].
    pub async fn start(engine: Engine, workspace: &WorkspaceId, listen: SocketAddr) -> Result<Self, Failure> {
        if workspace.is_hosted() {
            let what =
                "serve answers for This computer and for practice; a hosted workspace answers for itself";
            return Err(Failure::new(Code::Usage).detail(what));
        }
        if !listen.ip().is_loopback() {
            let what = "serve listens on addresses of this computer only, such as 127.0.0.1";
            return Err(Failure::new(Code::Usage).detail(what));
        }
        let secrets = engine.secrets(workspace).await?;
        // What an earlier run left behind is reconciled before the first list.
        engine.reconcile_here(workspace).await?;
        engine.hash_older_tokens(workspace).await?;
        let bound = bind(listen).await?;
        let authority = SocketAddr::new(listen.ip(), bound.port).to_string();
        let authorization = credentials::platform_header(&secrets);
        let base_url = format!("http://{authority}{API_PATH}");
        let shared = Arc::new(Parts {
            engine: engine.clone(),
            workspace: workspace.clone(),
            secrets,
            authorizations: Authorizations::default(),
            strangers: Places::new(STRANGERS),
            authority,
        });
        let limits = Limits {
            max_head: MAX_HEAD,
            max_connections: CONNECTIONS,
            flush_timeout: FLUSH,
            ..Limits::default()
        };
        let serving = bound.serve_within(&router(shared), limits);
        Ok(Self { base_url, authorization, engine, serving })
    }

    /// Stops accepting and frees the port, then waits for running calls and for work that must not be interrupted, even
    /// if its caller is gone.
    pub async fn stop(self) {
        // In this order: after closing, no call can begin anything.
        self.serving.close().await;
        self.engine.wait_idle().await;
    }
}

async fn bind(listen: SocketAddr) -> Result<Bound, Failure> {
    let loopback = Loopback::Ip(listen.ip());
    match Bound::bind(loopback, listen.port()).await {
        Ok(bound) => Ok(bound),
        Err(error) => {
            let free_port = Bound::bind(loopback, 0).await.ok().map(|bound| bound.port);
            let failure = Failure::new(Code::PortInUse).detail(error.kind().to_string());
            Err(Failure { port: Some(listen.port()), free_port, ..failure })
        }
    }
}
