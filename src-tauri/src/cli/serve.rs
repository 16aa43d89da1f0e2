use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;
use zeroize::Zeroizing;

use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;
use super::signals::Signals;
use crate::domain::error::Failure;
use crate::engine::WorkspaceId;
use crate::serve::{DEFAULT_PORT, Running};

/// Answer the platform API on this computer, for scripts
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to listen; only addresses of this computer
    #[arg(long, value_name = "127.0.0.1:PORT")]
    listen: Option<SocketAddr>,
    /// Print the Authorization header too
    #[arg(long)]
    show_secrets: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let listen = args.listen.unwrap_or_else(|| {
        // Scripts need a fixed address; a practice server must not take it.
        let port = if workspace == WorkspaceId::Practice { 0 } else { DEFAULT_PORT };
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    });
    Ok(block_on(async {
        // Before the first line is printed: a signal right after it must end the server cleanly.
        let mut signals = Signals::listen()?;
        let running = Running::start(context.engine.clone(), &workspace, listen).await?;
        announce(context, args, &running);
        // Without the address no caller comes.
        if print::output_failure().is_none() {
            signals.next().await;
        }
        tokio::select! {
            () = running.stop() => {}
            // A second signal does not wait for open calls.
            () = signals.next() => {}
        }
        Ok::<_, Failure>(())
    })?)
}

fn announce(context: &Context, args: &Args, running: &Running) {
    let authorization = args.show_secrets.then_some(&running.authorization);
    if context.json {
        let mut document = json!({ "base_url": running.base_url });
        if let Some(authorization) = authorization {
            document["authorization"] = authorization.expose().as_str().into();
        }
        print::json(&document);
    } else {
        print::exact_line(&format!("base_url: {}", running.base_url));
        if let Some(authorization) = authorization {
            print::exact_line(&Zeroizing::new(format!("authorization: {}", authorization.expose())));
        }
    }
    if std::io::stderr().is_terminal() {
        print::note("Answering. Ctrl-C ends it.");
    }
}
