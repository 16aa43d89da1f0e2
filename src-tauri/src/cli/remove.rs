use serde_json::json;

use super::context::{Context, block_on};
use super::problem::Problem;
use crate::domain::connection::Connection;
use crate::domain::view::{RemovedView, Revoked};
use crate::engine::Reach;

/// Remove a connection; in a hosted workspace it is deleted at the platform too
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// Leave what stands at a hosted platform as it is
    #[arg(long)]
    here: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    if !args.here {
        context.announce_remote_change(&connection, "It is deleted");
    }
    let reach = if args.here { Reach::Here } else { Reach::Platform };
    let removed = block_on(context.engine.remove(&connection, reach))?;
    let document = json!({ "removed": connection.id, "revoked": removed.revoked, "page": removed.page });
    context.print_or_note(&document, || describe(&connection, &removed));
    Ok(())
}

fn describe(connection: &Connection, removed: &RemovedView) -> String {
    let (name, product) = (&connection.name, &connection.product);
    match (removed.revoked, &removed.page) {
        (Revoked::Yes, _) => format!("{name} is removed, and its access at {product} has ended."),
        (Revoked::Later, _) => format!(
            "{name} is removed from this computer. {product} did not answer: it is told that the access ends while the \
             window is open, or by: keyrack doctor"
        ),
        (Revoked::No, Some(page)) => format!(
            "{name} is removed from this computer. {product} offers no way to end the access from here: see {page}"
        ),
        (Revoked::No, None) => format!("{name} is removed from this computer."),
    }
}
