use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;

/// Print the note of a connection, or set it
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// The new note, up to 500 characters; an empty one takes it away
    text: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let mut connection = context.find(&args.name)?;
    if let Some(text) = &args.text {
        connection = block_on(context.engine.set_note(&connection, text))?;
    }
    let view = context.engine.view(connection);
    context.print(&view, || view.note.iter().for_each(|note| print::line(note)));
    Ok(())
}
