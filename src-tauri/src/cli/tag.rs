use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;

/// Add words to find a connection by, or take some away; without either, print them
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// A word to add; may be repeated
    #[arg(long, value_name = "T")]
    add: Vec<String>,
    /// A word to take away; may be repeated
    #[arg(long, value_name = "T")]
    remove: Vec<String>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), Problem> {
    let mut connection = context.find(&args.name)?;
    if !args.add.is_empty() || !args.remove.is_empty() {
        context.announce_remote_change(&connection, "Its tags change");
        let mut tags = connection.tags.clone();
        tags.retain(|tag| !args.remove.contains(tag));
        tags.extend(args.add);
        connection = block_on(context.engine.set_tags(&connection, &tags))?;
    }
    let view = context.engine.view(connection);
    context.print(&view, || view.tags.iter().for_each(|tag| print::line(tag)));
    Ok(())
}
