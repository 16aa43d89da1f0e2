use clap::Subcommand;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::{Context, block_on};
use super::options::{SECRET_TIMEOUT, read_secrets};
use super::print;
use super::problem::{Problem, usage};
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::PRESETS;
use crate::domain::view::{WorkspaceRequest, WorkspaceView};
use crate::io::index::Setting;

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
        Command::List => {
            let all: Vec<_> = engine.workspaces()?.into_iter().map(|workspace| workspace.view).collect();
            context.print(&all, || {
                print::table(all.iter().map(|view| {
                    [view.name.as_str(), &view.label, view.base_url.as_deref().unwrap_or_default()]
                }))
            });
        }
        Command::Add { name, at, secrets } => {
            let (user_secret, organization_secret) = read_platform_secrets(&secrets)?;
            let request = WorkspaceRequest { name, base_url: at, user_secret, organization_secret };
            let view = block_on(engine.add_workspace(request)).map_err(name_options)?.view;
            let (name, word) = (&view.name, print::shell_word(&view.name));
            context.print_or_note(&view, || {
                format!("{name} is added. Use it with --workspace {word}, or: keyrack workspaces use {word}")
            });
        }
        Command::Secrets { name, secrets } => {
            let workspace = engine.workspace(&name)?;
            let (user, organization) = read_platform_secrets(&secrets)?;
            block_on(engine.replace_secrets(&workspace, user, organization)).map_err(name_options)?;
            let view = &workspace.view;
            context.print_or_note(view, || format!("The secrets of {} are replaced.", view.name));
        }
        Command::Use { name } => {
            let workspace = engine.workspace(&name)?;
            // The window has its own choice, which must not change what a script does.
            engine.save_setting(Setting::CliWorkspace, workspace.id.as_str())?;
            let view = &workspace.view;
            context.print_or_note(view, || format!("{} is used where no other is named.", view.label));
        }
        Command::Rename { name, new_name } => {
            let view = block_on(engine.rename_workspace(&engine.workspace(&name)?, &new_name))?.view;
            context.print_or_note(&view, || format!("{name} is now called {}.", view.name));
        }
        Command::Remove { name } => {
            let workspace = engine.workspace(&name)?;
            block_on(engine.remove_workspace(&workspace))?;
            let WorkspaceView { name, connections, base_url, .. } = &workspace.view;
            context.print_or_note(&json!({ "removed": name }), || {
                let platform = base_url.as_deref().unwrap_or_default();
                format!(
                    "{name} is removed from this computer, with {connections} connections. \
                     What stands at {platform} stays there."
                )
            });
        }
    }
    Ok(())
}

/// Reads the User and the Organization secret.
fn read_platform_secrets(options: &[String]) -> Result<(String, String), Failure> {
    let mut secrets = read_secrets(options, SECRET_TIMEOUT)?;
    // A header line, as `keyrack serve --show-secrets` prints it.
    if let Some(line) = secrets.remove("authorization").map(Zeroizing::new) {
        for part in line.trim_start_matches("authorization:").split(',') {
            if let Some((name @ ("User" | "Organization"), secret)) = part.trim().split_once(' ') {
                secrets.entry(name.to_lowercase()).or_insert_with(|| secret.trim().to_owned());
            }
        }
    }
    let [user, organization] = ["user", "organization"].map(|key| secrets.remove(key).unwrap_or_default());
    if let Some(other) = secrets.keys().next() {
        return Err(usage(format!("--secret {other}: the secrets are user, organization or authorization")));
    }
    let missing = match (user.is_empty(), organization.is_empty()) {
        (false, false) => return Ok((user, organization)),
        (true, true) => "user=… and --secret organization",
        (true, false) => "user",
        (false, true) => "organization",
    };
    Err(usage(format!("Give --secret {missing}=env:VAR, file:PATH or -")))
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
    usage(words.collect::<Vec<_>>().join(". "))
}
