use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;
use crate::domain::error::{Code, Failure};
use crate::domain::view::ElementView;
use crate::io::catalog;
use crate::io::paths::Paths;

/// The products that can be connected
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All of them
    List,
    /// One of them, with its fields
    Show {
        /// An element's key, such as zendesk
        key: String,
    },
    /// Say what is wrong with an element file
    Check {
        /// The file
        file: PathBuf,
    },
}

/// `check` opens no context: it must work without a home.
pub(super) fn run(
    args: &Args,
    json: bool,
    open: impl FnOnce() -> Result<Context, Failure>,
) -> Result<(), Problem> {
    match &args.command {
        Command::List => list(&open()?),
        Command::Show { key } => show(&open()?, key),
        Command::Check { file } => check(file, json),
    }
}

fn list(context: &Context) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let views = block_on(context.engine.element_views(&workspace))?;
    context.print(&views, || print::table(views.iter().map(|v| [v.key.as_str(), &v.name, &v.gives])));
    for fault in context.engine.catalog().faults() {
        print::note(&fault.to_string());
    }
    Ok(())
}

fn show(context: &Context, key: &str) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let element = block_on(context.engine.element_in(&workspace, key))?;
    let view = context.engine.element_view(&workspace, &element);
    context.print(&view, || print_form(&view));
    Ok(())
}

fn print_form(view: &ElementView) {
    print::line(&format!("{} ({})", view.name, view.key));
    print::line(&view.gives);
    if let Some(note) = &view.note {
        print::line(note);
    }
    for field in &view.fields {
        let option = if field.secret { "--secret" } else { "--set" };
        let rest = match (field.required, field.value.is_empty() || field.secret) {
            (true, true) => String::new(),
            (true, false) => format!(" (unless given: {})", field.value),
            (false, _) => " (optional)".to_owned(),
        };
        print::line("");
        print::line(&format!("  {option} {}=…{rest}", field.key));
        print::line(&format!("      {}. {}", field.label, field.help));
        print::line(&format!("      Example: {}", field.example));
    }
}

fn check(file: &Path, json: bool) -> Result<(), Problem> {
    let own_folder = || Paths::from_env().ok().map(|paths| paths.elements());
    let element = catalog::check_file(file, own_folder).map_err(|fault| {
        Failure::new(Code::ElementInvalid).name(file.display().to_string()).detail(fault.to_string())
    })?;
    if json {
        print::json(&json!({ "key": element.key, "valid": true }));
    } else {
        print::line(&format!("{} is a valid element file.", file.display()));
    }
    Ok(())
}
