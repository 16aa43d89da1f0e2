use super::context::{Context, block_on};
use super::problem::Problem;

/// Give a connection another name
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// The new name
    new_name: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    context.announce_remote_change(&connection, "It is renamed");
    let renamed = block_on(context.engine.rename(&connection, &args.new_name))?;
    let view = context.engine.view(renamed);
    context.print_or_note(&view, || format!("{} is now called {}.", connection.name, view.name));
    Ok(())
}
