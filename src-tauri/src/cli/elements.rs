use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::context::{Context, block_on};
use super::new_element;
use super::print;
use super::problem::Problem;
use crate::domain::element::KEY_ENDS;
use crate::domain::error::{Code, Failure};
use crate::domain::text::without_hidden;
use crate::domain::view::{ElementView, Reach, WayView};
use crate::engine::WorkspaceId;
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
        /// A product's key or name, such as zendesk
        key: String,
        /// Another way to connect it
        #[arg(long, value_name = "WAY")]
        way: Option<String>,
    },
    New(Box<new_element::Args>),
    /// Say what is wrong with element files
    Check {
        /// Files, and folders of elements
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Print the JSON Schema of element files, for editors
    Schema,
}

/// `check` and `schema` open no context: they must work without a home.
pub(super) fn run(
    args: Args,
    json: bool,
    open: impl FnOnce() -> Result<Context, Failure>,
) -> Result<(), Problem> {
    match args.command {
        Command::List => list(&open()?),
        Command::Show { key, way } => show(&open()?, &key, way.as_deref()),
        Command::New(args) => new_element::run(&open()?, *args),
        Command::Check { paths } => check(&paths, json),
        Command::Schema => {
            print::exact_line(SCHEMA.trim_end());
            Ok(())
        }
    }
}

/// The schema of the format that this version reads.
const SCHEMA: &str = include_str!("../../elements/schema.json");

fn list(context: &Context) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let views = block_on(context.engine.element_views(&workspace))?;
    let here = workspace == WorkspaceId::Local;
    context.print(&views, || {
        // What is closed is of interest to few.
        let (open, closed): (Vec<_>, Vec<_>) = views.iter().partition(|view| !view.retired);
        print::table(
            open.into_iter().chain(closed).map(|v| [v.key.as_str(), &v.name, reach(v, here), &v.gives]),
        );
    });
    let catalog = context.engine.catalog();
    for fault in catalog.faults().iter().chain(catalog.strays()) {
        fault.to_string().lines().for_each(print::note);
    }
    Ok(())
}

/// How a product connects, in two words.
fn reach(view: &ElementView, here: bool) -> &'static str {
    match view.reach {
        _ if view.retired => "closed",
        _ if view.historical && here => "practice only",
        Reach::SignIn => "sign in",
        Reach::Key => "paste a key",
        Reach::App => "needs an app",
    }
}

fn show(context: &Context, key: &str, way: Option<&str>) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?.id;
    let element = block_on(context.engine.find_element(&workspace, key))?;
    let view = context.engine.element_view_in(&workspace, &element, way)?;
    context.print(&view, || print_form(&view));
    Ok(())
}

fn print_form(view: &ElementView) {
    print::line(&format!("{} ({})", view.name, view.key));
    print::line(&view.gives);
    if let Some(note) = &view.note {
        print::line(note);
    }
    for way in &view.ways {
        print::line(&format!("Another way: --way {} ({})", way.key, way_name(way)));
    }
    if let Some(hosts) = &view.hosts {
        print::line(&format!("Talks to: {}", hosts.join(", ")));
    }
    if let Some(page) = &view.setup_page {
        print::line(&format!("Made at: {page}"));
    }
    for field in &view.fields {
        let option = if field.secret { "--secret" } else { "--set" };
        let rest = match (field.required, field.value.is_empty() || field.secret) {
            (true, true) => String::new(),
            (true, false) => format!(" (unless given: {})", field.value),
            (false, _) => " (optional)".to_owned(),
        };
        print::line("");
        let option = match field.key.as_str() {
            KEY_ENDS => "--ends …".to_owned(),
            key => format!("{option} {key}=…"),
        };
        print::line(&format!("  {option}{rest}"));
        print::line(format!("      {}. {}", field.label, field.help).trim_end());
        print::line(&format!("      Example: {}", field.example));
    }
}

fn way_name(way: &WayView) -> &str {
    let usual = match way.reach {
        Reach::SignIn => "sign in",
        Reach::Key => "a key or a password",
        Reach::App => "an app of yours",
    };
    way.label.as_deref().unwrap_or(usual)
}

/// Checks each file; each file of a folder of elements.
fn check(paths: &[PathBuf], json: bool) -> Result<(), Problem> {
    let own_folder = || Paths::from_env().ok().map(|paths| paths.elements());
    let mut files = Vec::new();
    for path in paths {
        let found = catalog::files_at(path).map_err(|what| {
            Failure::new(Code::ElementInvalid).name(path.display().to_string()).detail(what)
        })?;
        files.extend(found.files);
        // A folder of elements may also hold a README.
        found.strays.iter().for_each(|stray| print::note(&stray.to_string()));
    }
    let mut faults = Vec::new();
    let mut checked = Vec::new();
    for (key, file) in files {
        match catalog::check_file(&file, key.as_deref(), own_folder) {
            Ok(element) => checked.push((file, element.key)),
            Err(fault) => faults.push((file, fault)),
        }
    }
    // A single file is answered like any other single thing.
    let is_single = matches!(paths, [path] if !path.is_dir());
    if let (true, [(_, key)]) = (json && is_single, checked.as_slice()) {
        print::json(&json!({ "key": key, "valid": true }));
        return Ok(());
    }
    if json && !is_single {
        let valid = checked.iter().map(|(file, key)| json!({ "file": file, "key": key, "valid": true }));
        let invalid = faults.iter().map(|(file, fault)| {
            let problems = fault.problems.iter().map(|problem| {
                json!({ "line": problem.line, "at": without_hidden(&problem.at), "problem": problem.to_string() })
            });
            json!({ "file": file, "valid": false, "problems": problems.collect::<Vec<_>>() })
        });
        print::json(&valid.chain(invalid).collect::<Vec<_>>());
    } else if !json {
        for (file, _) in &checked {
            print::line(&format!("{} is a valid element file.", file.display()));
        }
        for (_, fault) in &faults {
            fault.to_string().lines().for_each(print::note);
        }
    }
    let Some((file, fault)) = faults.first() else { return Ok(()) };
    let failure = Failure::new(Code::ElementInvalid).name(file.display().to_string());
    let failure = failure.detail(fault.to_string());
    // In a list each fault is printed already.
    Err(if json && is_single { failure.into() } else { Problem::printed(failure) })
}
