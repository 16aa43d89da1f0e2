//! `keyrack disable` and `keyrack enable`.

use super::context::{Context, block_on};
use super::problem::Problem;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
}

pub(super) fn run(context: &Context, args: &Args, enabled: bool) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    let change = if enabled { "It is switched on" } else { "It is switched off" };
    context.announce_remote_change(&connection, change);
    let view = context.engine.view(block_on(context.engine.set_enabled(&connection, enabled))?);
    context.print_or_note(&view, || match enabled {
        true => format!("{} is on.", view.name),
        false => format!("{} is off: it hands out no token until it is switched on.", view.name),
    });
    Ok(())
}
