use clap::builder::{PossibleValuesParser, TypedValueParser};
use strum::VariantNames;

use super::context::Context;
use super::print;
use super::problem::Problem;
use crate::domain::connection::Status;
use crate::domain::key_end::KeyEnd;
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
    context.print(&views, || print_table(&views, &catalog));
    Ok(())
}

fn print_table(views: &[ConnectionView], catalog: &Catalog) {
    if views.is_empty() {
        print::note("Nothing is connected. Begin with: keyrack connect zendesk --workspace practice");
    }
    print::table(views.iter().map(|v| {
        let identity = v.identity.as_deref().unwrap_or("-");
        let status = if v.disabled { "off" } else { v.status.as_str() };
        [v.name.as_str(), &v.element, identity, status, v.workspace.as_str()]
    }));
    print_key_ends(views, catalog);
}

/// Says which keys end soon, the next first.
fn print_key_ends(views: &[ConnectionView], catalog: &Catalog) {
    let mut near: Vec<_> =
        views.iter().filter_map(|view| Some((view.expires_at?, view.key_end?, view))).collect();
    near.sort_by_key(|(ends_at, _, view)| (*ends_at, view.name.clone()));
    let counts = |wanted: fn(KeyEnd) -> bool| near.iter().filter(|(_, end, _)| wanted(*end)).count();
    let over = counts(|end| end == KeyEnd::Over);
    let soon = counts(|end| end != KeyEnd::Over);
    let keys = |count: usize| if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
    if soon > 0 {
        print::note(&format!("{} {} within a week.", keys(soon), if soon == 1 { "ends" } else { "end" }));
    }
    if over > 0 {
        print::note(&format!("The end of {} has passed.", keys(over)));
    }
    for (ends_at, end, view) in &near {
        let verb = if *end == KeyEnd::Over { "ended" } else { "ends" };
        let (name, workspace) = (print::shell_word(&view.name), print::shell_word(view.workspace.as_str()));
        print::note(&format!(
            "  {} {verb} on {}. To replace it: keyrack replace-key {name} --workspace {workspace}",
            view.name,
            print::utc_day(*ends_at)
        ));
        if let Some(page) = setup_page(catalog, view) {
            print::note(&format!("  A new one is made at {page}"));
        }
    }
}

/// The page where the key of this connection was made.
fn setup_page(catalog: &Catalog, view: &ConnectionView) -> Option<String> {
    catalog.describe(&view.element)?.in_named_way(view.way.as_deref())?.setup_address()
}

/// Whether a connection's element has this key, or was made from the element with this key.
fn is_element(catalog: &Catalog, element: &str, key: &str) -> bool {
    let made_from = || catalog.describe(element).is_some_and(|known| known.from.as_deref() == Some(key));
    element == key || made_from()
}
