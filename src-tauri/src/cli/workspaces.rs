use clap::Subcommand;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;
use super::secrets::read_secrets;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::PRESETS;
use crate::domain::view::WorkspaceRequest;
use crate::engine::Workspace;

/// The workspaces
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All of them
    List,
    /// Add a hosted platform; its secrets are checked there, then kept in the keychain
    Add {
        /// What to call it
        name: String,
        /// Where it is: us, eu, staging, or the address at which its API begins
        #[arg(long, value_name = "PRESET|URL")]
        at: String,
        /// The secrets: user=…, organization=…, or authorization=… for a line with both
        #[arg(long = "secret", value_name = "KEY=env:VAR|file:PATH|-", required = true)]
        secrets: Vec<String>,
    },
    /// Replace the secrets of a hosted workspace; they are checked at the platform first
    Secrets {
        /// Its name
        name: String,
        /// The secrets: user=…, organization=…, or authorization=… for a line with both
        #[arg(long = "secret", value_name = "KEY=env:VAR|file:PATH|-", required = true)]
        secrets: Vec<String>,
    },
    /// Use a workspace where none is named
    Use {
        /// Its name
        name: String,
    },
    /// Give a hosted workspace another name
    Rename {
        /// Its name
        name: String,
        /// The new name
        new_name: String,
    },
    /// Remove a hosted workspace with its connections from this computer; the platform keeps its instances
    Remove {
        /// Its name
        name: String,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), Problem> {
    let engine = &context.engine;
    match args.command {
        Command::List => list(context),
        Command::Add { name, at, secrets } => add(context, name, at, &secrets),
        Command::Secrets { name, secrets } => {
            let Workspace { view, .. } = &replace_secrets(context, &name, &secrets)?;
            context.print_or_note(view, || format!("The secrets of {} are replaced.", view.name));
            Ok(())
        }
        Command::Use { name } => {
            let workspace = engine.workspace(&name)?;
            context.set_default_workspace(&workspace)?;
            let view = &workspace.view;
            context.print_or_note(view, || format!("{} is used where no other is named.", view.label));
            Ok(())
        }
        Command::Rename { name, new_name } => {
            let view = &block_on(engine.rename_workspace(&engine.workspace(&name)?, &new_name))?.view;
            context.print_or_note(view, || format!("{name} is now called {}.", view.name));
            Ok(())
        }
        Command::Remove { name } => remove(context, &name),
    }
}

fn list(context: &Context) -> Result<(), Problem> {
    let all: Vec<_> = context.engine.workspaces()?.into_iter().map(|workspace| workspace.view).collect();
    if context.json {
        print::json(&all);
    } else {
        print::table(all.iter().map(|view| {
            let address = view.base_url.as_deref().unwrap_or_default();
            [view.name.as_str(), &view.label, address]
        }));
    }
    Ok(())
}

fn add(context: &Context, name: String, at: String, options: &[String]) -> Result<(), Problem> {
    let (user_secret, organization_secret) = read_platform_secrets(options)?;
    let request = WorkspaceRequest { name, base_url: at, user_secret, organization_secret };
    let view = &block_on(context.engine.add_workspace(request)).map_err(name_options)?.view;
    context.print_or_note(view, || {
        let word = print::shell_word(&view.name);
        format!("{} is added. Use it with --workspace {word}, or: keyrack workspaces use {word}", view.name)
    });
    Ok(())
}

fn replace_secrets(context: &Context, name: &str, options: &[String]) -> Result<Workspace, Failure> {
    let workspace = context.engine.workspace(name)?;
    let (user, organization) = read_platform_secrets(options)?;
    block_on(context.engine.replace_secrets(&workspace, user, organization)).map_err(name_options)?;
    Ok(workspace)
}

fn remove(context: &Context, name: &str) -> Result<(), Problem> {
    let workspace = context.engine.workspace(name)?;
    block_on(context.engine.remove_workspace(&workspace))?;
    let view = &workspace.view;
    context.print_or_note(&json!({ "removed": view.name }), || {
        format!(
            "{} is removed from this computer, with {} connections. What stands at {} stays there.",
            view.name,
            view.connections,
            view.base_url.as_deref().unwrap_or_default()
        )
    });
    Ok(())
}

/// Reads the User and the Organization secret.
fn read_platform_secrets(options: &[String]) -> Result<(String, String), Failure> {
    let (mut user_secret, mut organization_secret) = (String::new(), String::new());
    for (key, value) in read_secrets(options)? {
        match key.as_str() {
            "user" => user_secret = value,
            "organization" => organization_secret = value,
            "authorization" => {
                // A header line, as `keyrack serve --show-secrets` prints it.
                let value = Zeroizing::new(value);
                for part in value.trim_start_matches("authorization:").split(',') {
                    match part.trim().split_once(' ') {
                        Some(("User", secret)) => user_secret = secret.trim().to_owned(),
                        Some(("Organization", secret)) => organization_secret = secret.trim().to_owned(),
                        _ => {}
                    }
                }
            }
            other => {
                let what = format!("--secret {other}: the secrets are user, organization or authorization");
                return Err(Failure::new(Code::Usage).detail(what));
            }
        }
    }
    let missing: Vec<_> = [("user", &user_secret), ("organization", &organization_secret)]
        .into_iter()
        .filter_map(|(key, value)| value.is_empty().then_some(key))
        .collect();
    if !missing.is_empty() {
        let what = format!("Give --secret {}=env:VAR, file:PATH or -", missing.join("=… and --secret "));
        return Err(Failure::new(Code::Usage).detail(what));
    }
    Ok((user_secret, organization_secret))
}

/// Replaces the fields of the form by the options of this command.
fn name_options(failure: Failure) -> Failure {
    if failure.code != Code::FormInvalid {
        return failure;
    }
    let presets: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    let words = failure.fields.iter().flatten().map(|problem| match problem.key.as_str() {
        "base_url" => {
            format!("--at wants {}, or an address that begins with https://", presets.join(", "))
        }
        "name" => "The name does not fit: at most 200 characters, and not empty".to_owned(),
        _ => format!("The {} cannot be sent: copy it again", problem.key.replace('_', " ")),
    });
    Failure::new(Code::Usage).detail(words.collect::<Vec<_>>().join(". "))
}
