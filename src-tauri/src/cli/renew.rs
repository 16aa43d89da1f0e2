use serde_json::json;

use super::context::{Context, block_on};
use super::each::{Success, run_each};
use super::print;
use super::problem::Problem;
use crate::domain::connection::{Connection, Status};
use crate::domain::error::{Code, Failure};
use crate::engine::{Renewal, RenewalOutcome};

/// Renew tokens before they end
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// All connections of this computer
    #[arg(long, conflicts_with = "name")]
    all: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connections = match &args.name {
        Some(name) => vec![context.find(name)?],
        None => {
            // Where the window is never opened, this is the only command that finishes interrupted work.
            block_on(context.engine.reconcile())?;
            let all = context.engine.list_rows(context.workspace_id())?;
            // A hosted platform renews its own tokens.
            all.into_iter().filter(|c| !c.workspace.is_hosted() && !c.disabled).collect()
        }
    };
    run_each(context, connections, print::note, |connection| {
        let Renewal { item, outcome } = block_on(context.engine.renew_now(connection))?;
        let expires_at = item.expires_at();
        let renewed = is_renewed(connection, outcome)?;
        let name = &connection.name;
        let line = match (renewed, expires_at) {
            (true, _) => format!("{name} is renewed."),
            (false, Some(_)) => format!("{name} cannot be renewed: when its token ends, sign in again."),
            (false, None) => format!("{name} needs no renewal: its token does not end by itself."),
        };
        Ok(Success { row: json!({ "renewed": renewed, "expires_at": expires_at }), line })
    })
}

/// A deferred renewal is a failure of this command, although the token still works.
fn is_renewed(connection: &Connection, outcome: RenewalOutcome) -> Result<bool, Failure> {
    match outcome {
        RenewalOutcome::Renewed | RenewalOutcome::NotNeeded => Ok(true),
        // The sign-in has ended: the token works until its end, and nothing renews it any more.
        RenewalOutcome::NotRenewable if connection.status == Status::NeedsSignIn => {
            Err(Failure::new(Code::SignInExpired).name(&connection.name).product(&connection.product))
        }
        RenewalOutcome::NotRenewable => Ok(false),
        RenewalOutcome::Deferred(failure) => Err(*failure),
    }
}
