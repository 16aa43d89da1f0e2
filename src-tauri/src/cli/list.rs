use clap::builder::{PossibleValuesParser, TypedValueParser};
use strum::VariantNames;

use super::context::Context;
use super::print;
use super::problem::Problem;
use crate::domain::connection::Status;
use crate::domain::view::ConnectionView;
use crate::io::catalog::Catalog;

/// What is connected
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only connections with this tag
    #[arg(long, value_name = "T")]
    tag: Option<String>,
    /// Only connections of this element
    #[arg(long, value_name = "KEY")]
    element: Option<String>,
    /// Only connections with this status
    #[arg(long, value_name = "S", value_parser = PossibleValuesParser::new(Status::VARIANTS).try_map(|word| word.parse::<Status>()))]
    status: Option<Status>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let catalog = context.engine.catalog();
    let mut views = context.engine.connections(context.workspace_id())?;
    views.retain(|view| {
        args.tag.as_ref().is_none_or(|tag| view.tags.contains(tag))
            && args.element.as_ref().is_none_or(|key| is_element(&catalog, &view.element, key))
            && args.status.is_none_or(|status| view.status == status)
    });
    context.print(&views, || print_table(&views));
    Ok(())
}

fn print_table(views: &[ConnectionView]) {
    if views.is_empty() {
        print::note("Nothing is connected. Begin with: keyrack connect zendesk --workspace practice");
    }
    print::table(views.iter().map(|v| {
        let identity = v.identity.as_deref().unwrap_or("-");
        let status = if v.disabled { "off" } else { v.status.as_str() };
        [v.name.as_str(), &v.element, identity, status, v.workspace.as_str()]
    }));
}

/// Whether a connection's element has this key, or was made from the element with this key.
fn is_element(catalog: &Catalog, element: &str, key: &str) -> bool {
    let made_from = || catalog.describe(element).is_some_and(|known| known.from.as_deref() == Some(key));
    element == key || made_from()
}
