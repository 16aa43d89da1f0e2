use super::context::{Context, block_on};
use super::problem::Problem;
use super::sign_in;
use crate::domain::view::ConnectRequest;

/// Sign in again to a connection: its name, id and tags stay
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// Take the account that signs in, also if it is another one than before
    #[arg(long)]
    other_account: bool,
    #[command(flatten)]
    sign_in: sign_in::Options,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    let element = block_on(context.engine.element_in(&connection.workspace, &connection.element))?;
    let element = element.in_named_way(connection.way.as_deref()).unwrap_or(element);
    context.announce_remote_change(&connection, "It is signed in again");
    let request = ConnectRequest {
        element: connection.element.clone(),
        name: connection.name.clone(),
        tags: connection.tags.clone(),
        values: args.sign_in.read_values(&element)?,
        again: Some(connection.id.clone()),
    };
    sign_in::run(context, &connection.workspace, &element, request, &args.sign_in, args.other_account)
}
