use serde_json::json;

use super::context::{Context, block_on};
use super::each::{Outcome, run_each};
use super::print;
use super::problem::Problem;
use crate::domain::connection::Status;
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
    run_each(context, &connections, print::note, |connection| {
        let Renewal { item, outcome } = block_on(context.engine.renew_now(connection))?;
        let (name, expires_at) = (&connection.name, item.expires_at());
        let (renewed, line) = match outcome {
            RenewalOutcome::Renewed | RenewalOutcome::NotNeeded => (true, format!("{name} is renewed.")),
            // The sign-in has ended: the token works until its end, and nothing renews it any more.
            RenewalOutcome::NotRenewable if connection.status == Status::NeedsSignIn => {
                return Err(Failure::new(Code::SignInExpired).name(name).product(&connection.product));
            }
            RenewalOutcome::NotRenewable if expires_at.is_some() => {
                (false, format!("{name} cannot be renewed: when its token ends, sign in again."))
            }
            RenewalOutcome::NotRenewable => {
                (false, format!("{name} needs no renewal: its token does not end by itself."))
            }
            // The token still works, but it was not renewed.
            RenewalOutcome::Deferred(failure) => return Err(*failure),
        };
        Ok(Outcome { details: json!({ "renewed": renewed, "expires_at": expires_at }), line })
    })
}
