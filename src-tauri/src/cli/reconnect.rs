use super::context::{Context, block_on};
use super::problem::Problem;
use super::sign_in;
use crate::domain::connection::Connection;
use crate::domain::element::Element;
use crate::domain::error::Failure;
use crate::domain::view::ConnectRequest;

/// Sign in again to a connection: its name, id and tags stay
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    pub(super) name: String,
    /// Also take another account than before
    #[arg(long)]
    pub(super) other_account: bool,
    #[command(flatten)]
    pub(super) sign_in: sign_in::Options,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    let element = element_of(context, &connection)?;
    context.announce_remote_change(&connection, "It is signed in again");
    sign_in_again(context, &connection, &element, &args.sign_in, args.other_account)
}

/// The element of a connection, in its way.
pub(super) fn element_of(context: &Context, connection: &Connection) -> Result<Element, Failure> {
    let element = block_on(context.engine.element_in(&connection.workspace, &connection.element))?;
    Ok(element.in_named_way(connection.way.as_deref()).unwrap_or(element))
}

/// Signs in to a connection again with the values of these options.
pub(super) fn sign_in_again(
    context: &Context,
    connection: &Connection,
    element: &Element,
    options: &sign_in::Options,
    other_account: bool,
) -> Result<(), Problem> {
    let request = ConnectRequest {
        element: connection.element.clone(),
        name: connection.name.clone(),
        tags: connection.tags.clone(),
        values: options.read_values(element)?,
        again: Some(connection.id.clone()),
    };
    sign_in::run(context, &connection.workspace, element, request, options, other_account)
}
