use serde_json::json;

use super::context::{Context, block_on};
use super::each::{Outcome, run_each};
use super::print;
use super::problem::Problem;

/// Ask the product, or the platform, whether a connection works
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// All connections
    #[arg(long, conflicts_with = "name")]
    all: bool,
}

const NOBODY_TO_ASK: &str = "its product offers no way to ask whose sign-in it is.";

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let connections = match &args.name {
        Some(name) => vec![context.find(name)?],
        None => context.engine.list_rows(context.workspace_id())?,
    };
    run_each(context, &connections, print::line, |connection| {
        let tested = block_on(context.engine.test(connection))?;
        let Some(ms) = tested.took_ms else {
            let line = format!("{} was not tested: {NOBODY_TO_ASK}", connection.name);
            return Ok(Outcome { details: json!({ "tested": false }), line });
        };
        let account = tested.identity.as_deref().map(|name| format!(" as {name}")).unwrap_or_default();
        let line = format!("{} works{account} ({ms} ms).", connection.name);
        Ok(Outcome { details: json!({ "identity": tested.identity, "ms": ms }), line })
    })
}
