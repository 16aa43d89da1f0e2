use super::context::{Context, block_on};
use super::problem::{Problem, usage};
use super::sign_in;
use crate::domain::connection::normalize_name;
use crate::domain::element::{Element, WAY};
use crate::domain::error::Failure;
use crate::domain::form::{self, FieldProblem};
use crate::domain::view::ConnectRequest;

/// Sign in once in the browser and keep the result
#[derive(clap::Args)]
pub(super) struct Args {
    /// A product's key or name, such as zendesk
    key: String,
    /// The way to connect, where there are several; see: keyrack elements show KEY
    #[arg(long, value_name = "WAY")]
    way: Option<String>,
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
    let element = block_on(context.engine.find_element(&workspace, &args.key))?;
    if args.name.as_deref().is_some_and(|name| normalize_name(name).is_empty()) {
        let problem = FieldProblem { key: "name".into(), problem: form::Problem::Required };
        return Err(Failure::form(vec![problem]).into());
    }
    let element = in_way(&element, args.way.as_deref())?;
    let mut values = args.sign_in.read_values(&element)?;
    values.extend(element.way.clone().map(|way| (WAY.to_owned(), way)));
    let request = ConnectRequest {
        element: element.key.clone(),
        name: args.name.unwrap_or_default(),
        tags: args.tags,
        values,
        again: None,
    };
    sign_in::run(context, &workspace, &element, request, &args.sign_in, false)
}

/// The element in the way that was asked for, or the easiest.
fn in_way(element: &Element, way: Option<&str>) -> Result<Element, Problem> {
    if element.ways.iter().all(|way| way.when.is_some()) && way.is_none() {
        // The values choose it.
        return Ok(element.clone());
    }
    element.in_named_way(way).ok_or_else(|| {
        let ways: Vec<_> = element.named_ways().map(|(name, _, _)| name).collect();
        match ways.as_slice() {
            [] => usage(format!("{} has one way to connect: leave --way out.", element.name)).into(),
            ways => usage(format!("{} has no such way. It has: {}.", element.name, ways.join(", "))).into(),
        }
    })
}
