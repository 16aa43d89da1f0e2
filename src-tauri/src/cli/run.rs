//! From the arguments to the engine and back: one short function a command.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;

use super::args::{Args, Command, Elements, List, StatusWord, Workspaces};
use super::print::{self, Problem};
use super::{connect, doctor, token};
use crate::domain::connection::Status;
use crate::domain::error::{Code, Failure};
use crate::engine::{Engine, LOCAL};
use crate::io::catalog;
use crate::io::paths::Paths;
use crate::io::vault::Prompting;

/// What a command needs besides its own arguments.
pub(super) struct Context {
    pub(super) engine: Engine,
    pub(super) json: bool,
    /// As named; `None` means all of them, or the default for a new connection.
    pub(super) workspace: Option<String>,
}

impl Context {
    pub(super) fn workspace_or_default(&self) -> &str {
        self.workspace.as_deref().unwrap_or(LOCAL)
    }
}

/// Runs one command.
pub(super) fn run(args: Args) -> Result<(), Problem> {
    if let Command::Completions { shell } = args.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut super::command(), "keyrack", &mut script);
        print::line(String::from_utf8_lossy(&script).trim_end());
        return Ok(());
    }
    if let Command::Elements(Elements::Check { file }) = &args.command {
        return check(file, args.json);
    }
    let paths = Paths::of_this_process().map_err(|e| {
        Failure::new(Code::IndexUnwritable).detail(format!("the home cannot be used: {}", e.kind()))
    })?;
    // A password window helps a person at a terminal; in a script it would wait for nobody.
    let prompting = if std::io::stderr().is_terminal() { Prompting::Allowed } else { Prompting::Never };
    let engine = Engine::open(paths, prompting)?;
    if let Some(name) = &args.workspace {
        engine.workspace(name)?;
    }
    let context = Context { engine, json: args.json, workspace: args.workspace };
    match args.command {
        Command::Elements(command) => elements(&context, &command),
        Command::Workspaces(Workspaces::List) => workspaces(&context),
        Command::Connect(command) => connect::connect(&context, command),
        Command::List(command) => list(&context, &command),
        Command::Show { name } => show(&context, &name),
        Command::Token(command) => token::token(&context, &command),
        Command::Rename { name, new_name } => rename(&context, &name, &new_name),
        Command::Remove { name } => remove(&context, &name),
        Command::Doctor => doctor::doctor(&context),
        Command::Open => open(),
        Command::Completions { .. } => Ok(()),
    }
}

/// The runtime for commands that talk to the network. Made only for them: printing a token needs none.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the operating system gives a runtime its descriptors");
    let done = runtime.block_on(work);
    // A keychain call that never returns must not keep the program from ending.
    runtime.shutdown_background();
    done
}

fn elements(context: &Context, command: &Elements) -> Result<(), Problem> {
    let workspace = context.workspace_or_default();
    match command {
        Elements::Show { key } => {
            let element = context.engine.element(key)?;
            let view = context.engine.element_view(workspace, element);
            if context.json { print::json(&view) } else { print::element(&view) }
        }
        _ => {
            let views = context.engine.element_views(workspace);
            if context.json {
                print::json(&views);
            } else {
                print::table(views.iter().map(|v| [v.key.as_str(), &v.name, &v.gives]));
            }
            for fault in context.engine.catalog().faults() {
                print::note(&format!("{fault}"));
            }
        }
    }
    Ok(())
}

fn check(file: &Path, json: bool) -> Result<(), Problem> {
    let element = catalog::read_file(file).map_err(|fault| {
        Failure::new(Code::ElementInvalid).name(file.display().to_string()).detail(fault.to_string())
    })?;
    if json {
        print::json(&json!({ "key": element.key, "valid": true }));
    } else {
        print::line(&format!("{} is a valid element file.", file.display()));
    }
    Ok(())
}

fn workspaces(context: &Context) -> Result<(), Problem> {
    let all = context.engine.workspaces();
    if context.json {
        print::json(&all);
    } else {
        print::table(all.iter().map(|w| [w.name.as_str(), &w.label]));
    }
    Ok(())
}

fn list(context: &Context, filter: &List) -> Result<(), Problem> {
    let wanted = filter.status.map(|word| match word {
        StatusWord::Ok => Status::Ok,
        StatusWord::Retrying => Status::Retrying,
        StatusWord::NeedsSignIn => Status::NeedsSignIn,
        StatusWord::NeedsSettings => Status::NeedsSettings,
    });
    let mut views = context.engine.connections(context.workspace.as_deref())?;
    views.retain(|view| {
        filter.tag.as_ref().is_none_or(|tag| view.tags.contains(tag))
            && filter.element.as_ref().is_none_or(|key| view.element == *key)
            && wanted.is_none_or(|status| view.status == status)
    });
    if context.json {
        print::json(&views);
    } else if views.is_empty() {
        print::note("Nothing is connected. Begin with: keyrack connect zendesk --workspace practice");
    } else {
        print::table(views.iter().map(|v| {
            let identity = v.identity.as_deref().unwrap_or("-");
            [v.name.as_str(), &v.element, identity, v.status.as_str(), &v.workspace]
        }));
    }
    Ok(())
}

fn show(context: &Context, name: &str) -> Result<(), Problem> {
    let view = context.engine.shown(context.engine.find(name, context.workspace.as_deref())?);
    if context.json {
        print::json(&view)
    } else {
        print::connection(&view)
    }
    Ok(())
}

fn rename(context: &Context, name: &str, new_name: &str) -> Result<(), Problem> {
    let connection = context.engine.find(name, context.workspace.as_deref())?;
    let renamed = block_on(context.engine.rename(&connection, new_name))?;
    let view = context.engine.shown(renamed);
    if context.json {
        print::json(&view);
    } else {
        print::note(&format!("{} is now called {}.", connection.name, view.name));
    }
    Ok(())
}

fn remove(context: &Context, name: &str) -> Result<(), Problem> {
    let connection = context.engine.find(name, context.workspace.as_deref())?;
    block_on(context.engine.remove(&connection))?;
    if context.json {
        print::json(&json!({ "removed": connection.id }));
    } else {
        print::note(&format!("{} is removed from this computer.", connection.name));
    }
    Ok(())
}

/// Starts the window, which lies beside this program.
fn open() -> Result<(), Problem> {
    let window = if cfg!(windows) { "keyrack-desktop.exe" } else { "keyrack-desktop" };
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(window)));
    let program = beside.filter(|path| path.exists()).unwrap_or_else(|| window.into());
    std::process::Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(|_| ())
        .map_err(|_| Failure::new(Code::Internal).detail("keyrack-desktop is not installed").into())
}
