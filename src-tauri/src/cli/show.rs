use super::context::Context;
use super::print;
use super::problem::Problem;
use crate::domain::view::ConnectionView;

/// One connection
#[derive(clap::Args)]
pub(super) struct Args {
    /// A connection's name or id
    name: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let view = context.engine.view(context.find(&args.name)?);
    context.print(&view, || print_facts(&view));
    Ok(())
}

fn print_facts(view: &ConnectionView) {
    let optional = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "-".into());
    let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), print::utc);
    let callback: Vec<_> = view.callback.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let facts = [
        ("name", view.name.clone()),
        ("id", view.id.clone()),
        ("product", view.product.clone()),
        ("workspace", view.workspace.to_string()),
        ("instance", optional(&view.instance)),
        ("account", optional(&view.identity)),
        ("host", optional(&view.host)),
        ("status", if view.disabled { "off".to_owned() } else { view.status.as_str().to_owned() }),
        ("tags", view.tags.join(", ")),
        ("note", view.note.clone().unwrap_or_default()),
        ("callback", callback.join(" ")),
        ("scopes", view.scopes.join(" ")),
        ("not given", view.missing.join(" ")),
        ("connected", time(Some(view.created_at))),
        ("renewed", time(view.renewed_at)),
        ("token ends", time(view.expires_at)),
    ];
    let is_optional = |name| matches!(name, "note" | "callback" | "not given");
    let shown = facts.iter().filter(|(name, value)| !is_optional(*name) || !value.is_empty());
    print::table(shown.map(|(name, value)| [*name, value.as_str()]));
}
