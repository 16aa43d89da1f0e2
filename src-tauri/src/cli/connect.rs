use super::context::{Context, block_on};
use super::problem::Problem;
use super::sign_in;
use crate::domain::connection::normalize_name;
use crate::domain::error::Failure;
use crate::domain::form::{self, FieldProblem};
use crate::domain::view::ConnectRequest;

/// Sign in once in the browser and keep the result
#[derive(clap::Args)]
pub(super) struct Args {
    /// An element's key, such as zendesk
    key: String,
    /// What to call the connection; the product's name unless given
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// A word to find it by; may be repeated
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    #[command(flatten)]
    sign_in: sign_in::Options,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let element = block_on(context.engine.element_in(&workspace, &args.key))?;
    if args.name.as_deref().is_some_and(|name| normalize_name(name).is_empty()) {
        let problem = FieldProblem { key: "name".into(), problem: form::Problem::Required };
        return Err(Failure::form(vec![problem]).into());
    }
    let request = ConnectRequest {
        element: args.key,
        name: args.name.unwrap_or_default(),
        tags: args.tags,
        values: args.sign_in.read_values(&element)?,
        again: None,
    };
    sign_in::run(context, &workspace, &element, request, &args.sign_in, false)
}
