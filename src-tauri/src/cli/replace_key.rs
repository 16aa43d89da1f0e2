use super::context::Context;
use super::problem::{Problem, usage};
use super::reconnect::{element_of, sign_in_again};
use super::sign_in;

/// Replace the key or the password of a connection: its name, id and tags stay
///
/// The product is asked first. A key that it refuses, or one of another account, replaces nothing. On a terminal the key
/// is asked for; elsewhere give it with --secret.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
    /// Take the new key also if it belongs to another account
    #[arg(long)]
    other_account: bool,
    #[command(flatten)]
    sign_in: sign_in::Options,
}

pub(super) fn run(context: &Context, mut args: Args) -> Result<(), Problem> {
    let connection = context.find(&args.name)?;
    let element = element_of(context, &connection)?;
    if element.auth.needs_browser() {
        let what = format!("{} has no key: sign in to it again with keyrack reconnect", connection.name);
        return Err(usage(what).into());
    }
    args.sign_in.ask_for_secrets(&element).map_err(|failure| Problem::with_element(failure, &element))?;
    context.announce_remote_change(&connection, "Its key is replaced");
    sign_in_again(context, &connection, &element, &args.sign_in, args.other_account)
}
