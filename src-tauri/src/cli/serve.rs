//! `keyrack serve`: answers until it is told to end.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;
use zeroize::Zeroizing;

use super::args::Serve;
use super::print::{self, Problem};
use super::run::{Context, block_on};
use crate::domain::error::Failure;
use crate::engine::WorkspaceId;
use crate::serve::{DEFAULT_PORT, Running};

pub(super) fn serve(context: &Context, args: &Serve) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let listen = args.listen.unwrap_or_else(|| {
        // A fixed address for scripts; practising must never be in the way of the real one.
        let port = if workspace == WorkspaceId::Practice { 0 } else { DEFAULT_PORT };
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    });
    Ok(block_on(async {
        // Listened for first: a signal that comes right after the first line must end us cleanly too.
        let mut signals = Signals::listen()?;
        let running = Running::start(context.engine.clone(), &workspace, listen).await?;
        announce(context, args, &running);
        signals.next().await;
        tokio::select! {
            () = running.stop() => {}
            // Whoever asks twice does not want to wait for calls that take long.
            () = signals.next() => {}
        }
        Ok::<_, Failure>(())
    })?)
}

fn announce(context: &Context, args: &Serve, running: &Running) {
    let authorization = args.show_secrets.then_some(&running.authorization);
    if context.json {
        let mut document = json!({ "base_url": running.base_url });
        if let Some(authorization) = authorization {
            document["authorization"] = authorization.expose().as_str().into();
        }
        print::json(&document);
    } else {
        print::line(&format!("base_url: {}", running.base_url));
        if let Some(authorization) = authorization {
            print::line(&Zeroizing::new(format!("authorization: {}", authorization.expose())));
        }
    }
    if std::io::stderr().is_terminal() {
        print::note("Answering. Ctrl-C ends it.");
    }
}

/// What ends the program: Ctrl-C, and where there is one the signal of those who stop services.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|e| Failure::internal(format!("signals: {}", e.kind())));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
