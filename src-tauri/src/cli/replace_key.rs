use super::context::Context;
use super::problem::{Problem, usage};
use super::reconnect::{Args, element_of, sign_in_again};

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
