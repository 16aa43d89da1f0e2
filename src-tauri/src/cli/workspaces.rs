//! `keyrack workspaces` and `keyrack import`.

use serde_json::json;
use zeroize::Zeroizing;

use super::args::Workspaces;
use super::connect::secrets;
use super::print::{self, Problem};
use super::run::{CHOSEN, Context, block_on};
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::PRESETS;
use crate::domain::view::{InstanceView, WorkspaceRequest, WorkspaceView};

pub(super) fn workspaces(context: &Context, command: Workspaces) -> Result<(), Problem> {
    let engine = &context.engine;
    match command {
        Workspaces::List => {
            let all: Vec<_> = engine.workspaces()?.into_iter().map(|workspace| workspace.view).collect();
            if context.json {
                print::json(&all);
            } else {
                print::table(all.iter().map(|view| {
                    let place = view.base_url.as_deref().unwrap_or_default();
                    [view.name.as_str(), &view.label, place]
                }));
            }
            Ok(())
        }
        Workspaces::Add { name, at, secrets } => add(context, name, at, &secrets),
        Workspaces::Secrets { name, secrets } => {
            let workspace = engine.workspace(&name)?;
            let (user, organization) = both(&secrets)?;
            block_on(engine.replace_secrets(&workspace, user, organization)).map_err(in_words)?;
            said(context, workspace.view, |view| format!("The secrets of {} are replaced.", view.name))
        }
        Workspaces::Use { name } => {
            let workspace = engine.workspace(&name)?;
            engine.index.set_setting(CHOSEN, workspace.id.as_str()).map_err(Failure::from)?;
            said(context, workspace.view, |view| format!("{} is used where no other is named.", view.label))
        }
        Workspaces::Rename { name, new_name } => {
            let renamed = block_on(engine.rename_workspace(&engine.workspace(&name)?, &new_name))?;
            said(context, renamed.view, |view| format!("{name} is now called {}.", view.name))
        }
        Workspaces::Remove { name } => {
            let workspace = engine.workspace(&name)?;
            block_on(engine.remove_workspace(&workspace))?;
            if context.json {
                print::json(&json!({ "removed": workspace.view.name }));
                return Ok(());
            }
            let view = workspace.view;
            print::note(&format!(
                "{} is removed from this computer, with {} connections. What stands at {} stays there.",
                view.name,
                view.connections,
                view.base_url.unwrap_or_default()
            ));
            Ok(())
        }
    }
}

fn said(
    context: &Context,
    view: WorkspaceView,
    say: impl Fn(&WorkspaceView) -> String,
) -> Result<(), Problem> {
    if context.json {
        print::json(&view);
    } else {
        print::note(&say(&view));
    }
    Ok(())
}

/// The two secrets of a platform.
fn both(options: &[String]) -> Result<(String, String), Failure> {
    let given = secrets(options)?;
    let (mut user_secret, mut organization_secret) = (String::new(), String::new());
    for (key, value) in given {
        match key.as_str() {
            "user" => user_secret = value,
            "organization" => organization_secret = value,
            "authorization" => {
                // A whole header line, as `keyrack serve --show-secrets` prints it.
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

fn add(context: &Context, name: String, at: String, options: &[String]) -> Result<(), Problem> {
    let (user_secret, organization_secret) = both(options)?;
    let request = WorkspaceRequest { name, base_url: at, user_secret, organization_secret };
    let added = block_on(context.engine.add_workspace(request)).map_err(in_words)?;
    said(context, added.view, |view| {
        format!(
            "{} is added. Use it with --workspace {}, or: keyrack workspaces use {}",
            view.name,
            shell(&view.name),
            shell(&view.name)
        )
    })
}

fn shell(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if plain { name.to_owned() } else { print::shell_quoted(name) }
}

/// The fields of this form are options on the command line.
fn in_words(failure: Failure) -> Failure {
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

pub(super) fn import(
    context: &Context,
    chosen: &[String],
    search: Option<&str>,
    all: bool,
) -> Result<(), Problem> {
    let engine = &context.engine;
    let workspace = context.workspace_or_default()?;
    let there = block_on(engine.instances(&workspace, search))?;
    if chosen.is_empty() && !all {
        if context.json {
            print::json(&there);
        } else if there.is_empty() {
            print::note(&match search {
                Some(text) => format!("Nothing called “{text}” stands at {}.", workspace.view.label),
                None => format!("Nothing stands at {} yet.", workspace.view.label),
            });
        } else {
            print::table(there.iter().map(|i| {
                let here = if i.connection.is_some() { "here" } else { "-" };
                [i.id.as_str(), &i.name, &i.element, here]
            }));
            print::note("Bring some in with: keyrack import ID… or --all");
        }
        return Ok(());
    }
    let ids = match all {
        true => there.iter().filter(|i| i.connection.is_none()).map(|i| i.id.clone()).collect(),
        false => chosen.iter().map(|word| one(&there, word)).collect::<Result<Vec<_>, _>>()?,
    };
    let done = block_on(engine.import(&workspace, &ids))?;
    if context.json {
        print::json(&done);
    } else {
        for view in &done.added {
            print::line(&view.name);
        }
        for failed in &done.failed {
            print::note(&format!("{}: {}", failed.instance, print::sentence(&failed.failure, None)));
        }
        print::note(&format!("{} brought in, {} not.", done.added.len(), done.failed.len()));
    }
    match done.failed.into_iter().next() {
        Some(failed) => Err(Problem::shown(failed.failure)),
        None => Ok(()),
    }
}

/// The id of the instance that a word means: its id, or a name that only one of them has.
fn one(there: &[InstanceView], word: &str) -> Result<String, Failure> {
    if let Some(instance) = there.iter().find(|i| i.id == word) {
        return Ok(instance.id.clone());
    }
    let named: Vec<_> = there.iter().filter(|i| i.name.to_lowercase() == word.to_lowercase()).collect();
    match named.as_slice() {
        [] => Err(Failure::new(Code::InstanceGone).name(word)),
        [one] => Ok(one.id.clone()),
        several => {
            let candidates = several.iter().map(|i| format!("{} ({})", i.id, i.element)).collect();
            let failure = Failure::new(Code::NameAmbiguous).name(word);
            Err(Failure { candidates: Some(candidates), ..failure })
        }
    }
}
