//! `keyrack renew`: new tokens before they are needed.

use serde_json::json;

use super::print::{self, Problem};
use super::run::{Context, block_on};
use crate::domain::connection::Status;
use crate::domain::error::{Code, Failure};
use crate::engine::{Renewal, RenewalOutcome};

/// Renews one connection, or all that can be: each is a line, and the first failure decides the exit status.
pub(super) fn renew(context: &Context, name: Option<&str>) -> Result<(), Problem> {
    let connections = match name {
        Some(name) => vec![context.find(name)?],
        None => {
            // Nobody else looks after what was left undone where the window is never opened.
            block_on(context.engine.reconcile())?;
            let all = context.engine.index.connections(context.workspace_id()).map_err(Failure::from)?;
            // A hosted platform renews its own; what is switched off rests.
            all.into_iter().filter(|c| !c.workspace.is_hosted() && !c.disabled).collect()
        }
    };
    let (mut rows, mut first) = (Vec::new(), None);
    for connection in connections {
        // Asked to renew, "not yet" is a failure, even though the token still works.
        let renewed =
            block_on(context.engine.renew_now(&connection)).and_then(|renewal| match renewal.outcome {
                RenewalOutcome::Deferred(failure) => Err(*failure),
                // Its token lives on, and nothing will renew it any more.
                RenewalOutcome::NotRenewable if connection.status == Status::NeedsSignIn => {
                    Err(Failure::new(Code::SignInExpired).name(&connection.name).product(&connection.product))
                }
                _ => Ok(renewal),
            });
        if context.json {
            rows.push(match &renewed {
                Ok(Renewal { item, outcome }) => json!({
                    "id": connection.id,
                    "name": connection.name,
                    "ok": true,
                    "renewed": matches!(outcome, RenewalOutcome::Renewed | RenewalOutcome::NotNeeded),
                    "expires_at": item.expires_at(),
                }),
                Err(failure) => {
                    json!({ "id": connection.id, "name": connection.name, "ok": false, "failure": failure })
                }
            });
        } else {
            print::note(&match &renewed {
                Ok(renewal) => said(&connection.name, renewal),
                Err(failure) => format!("{}: {}", connection.name, print::sentence(failure, None)),
            });
        }
        if let (None, Err(failure)) = (&first, renewed) {
            first = Some(failure);
        }
    }
    if context.json {
        print::json(&rows);
    }
    first.map_or(Ok(()), |failure| Err(Problem::shown(failure)))
}

fn said(name: &str, Renewal { item, outcome }: &Renewal) -> String {
    match outcome {
        RenewalOutcome::Renewed | RenewalOutcome::NotNeeded => format!("{name} is renewed."),
        RenewalOutcome::NotRenewable if item.expires_at().is_some() => {
            format!("{name} cannot be renewed: when its token ends, sign in again.")
        }
        RenewalOutcome::NotRenewable => format!("{name} needs no renewal: its token does not end by itself."),
        RenewalOutcome::Deferred(_) => format!("{name} is not renewed yet."),
    }
}
