//! From the arguments to the engine and back: one short function a command.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;

use super::args::{Args, Command, Elements, List, StatusWord};
use super::print::{self, Problem};
use super::{connect, doctor, renew, serve, token, trust, workspaces};
use crate::domain::connection::{Connection, Status};
use crate::domain::error::{Code, Failure};
use crate::domain::view::{Revoked, WorkspaceKind};
use crate::engine::{Engine, LOCAL, Reach, Workspace};
use crate::io::catalog::{self, Catalog};
use crate::io::index::Setting;
use crate::io::paths::Paths;
use crate::io::vault::Prompting;

/// What a command needs besides its own arguments.
pub(super) struct Context {
    pub(super) engine: Engine,
    pub(super) json: bool,
    /// As named; `None` means all of them, or the default for a new connection.
    pub(super) workspace: Option<Workspace>,
}

/// Where `keyrack workspaces use` keeps its choice. The window has one of its own: what is looked at there must not
/// change what a script does.
pub(super) const CHOSEN: Setting = Setting::CliWorkspace;

impl Context {
    /// The id of the named workspace.
    pub(super) fn workspace_id(&self) -> Option<&str> {
        self.workspace.as_ref().map(|workspace| workspace.id.as_str())
    }

    /// The named workspace, else the one that was chosen, else this computer.
    pub(super) fn workspace_or_default(&self) -> Result<Workspace, Failure> {
        match &self.workspace {
            Some(workspace) => Ok(workspace.clone()),
            None => {
                let chosen = self.engine.index.setting(CHOSEN)?;
                self.engine.workspace(chosen.as_deref().unwrap_or(LOCAL))
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<Connection, Failure> {
        self.engine.find(name, self.workspace_id())
    }

    /// Says before it happens that a change is made at the hosted platform too.
    pub(super) fn tell_of_platform(&self, connection: &Connection, what: &str) {
        let Ok(workspace) = self.engine.workspace(&connection.workspace) else { return };
        if workspace.view.kind == WorkspaceKind::Hosted && !self.json {
            print::note(&format!("{what} at {} too.", workspace.view.label));
        }
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
    let paths = Paths::from_env().map_err(|e| {
        Failure::new(Code::IndexUnwritable).detail(format!("the home cannot be used: {}", e.kind()))
    })?;
    // A password window helps a person at a terminal; in a script it would wait for nobody.
    let prompting = if std::io::stderr().is_terminal() { Prompting::Allowed } else { Prompting::Never };
    let engine = Engine::open(paths, prompting)?;
    let workspace = args.workspace.map(|name| engine.workspace(&name)).transpose()?;
    let context = Context { engine, json: args.json, workspace };
    match args.command {
        Command::Elements(command) => elements(&context, &command),
        Command::Workspaces(command) => workspaces::workspaces(&context, command),
        Command::Connect(command) => connect::connect(&context, command),
        Command::List(command) => list(&context, &command),
        Command::Show { name } => show(&context, &name),
        Command::Token(command) => token::token(&context, &command),
        Command::Renew { name, all: _ } => renew::renew(&context, name.as_deref()),
        Command::Trust(command) => trust::trust(&context, command),
        Command::Rename { name, new_name } => rename(&context, &name, &new_name),
        Command::Reconnect(command) => connect::reconnect(&context, &command),
        Command::Test { name, all: _ } => test(&context, name.as_deref()),
        Command::Tag { name, add, remove } => tag(&context, &name, add, &remove),
        Command::Disable { name } => switch(&context, &name, false),
        Command::Enable { name } => switch(&context, &name, true),
        Command::Remove { name, here } => remove(&context, &name, here),
        Command::Import { instances, search, all } => {
            workspaces::import(&context, &instances, search.as_deref(), all)
        }
        Command::Serve(command) => serve::serve(&context, &command),
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
    let workspace = context.workspace_or_default()?.id;
    match command {
        Elements::Show { key } => {
            let element = block_on(context.engine.element_in(&workspace, key))?;
            let view = context.engine.element_view(&workspace, &element);
            if context.json { print::json(&view) } else { print::element(&view) }
        }
        _ => {
            let views = block_on(context.engine.element_views(&workspace))?;
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

fn list(context: &Context, filter: &List) -> Result<(), Problem> {
    let catalog = context.engine.catalog();
    let wanted = filter.status.map(|word| match word {
        StatusWord::Ok => Status::Ok,
        StatusWord::Retrying => Status::Retrying,
        StatusWord::NeedsSignIn => Status::NeedsSignIn,
        StatusWord::NeedsSettings => Status::NeedsSettings,
    });
    let mut views = context.engine.connections(context.workspace_id())?;
    views.retain(|view| {
        filter.tag.as_ref().is_none_or(|tag| view.tags.contains(tag))
            && filter.element.as_ref().is_none_or(|key| is_of(&catalog, &view.element, key))
            && wanted.is_none_or(|status| view.status == status)
    });
    if context.json {
        print::json(&views);
    } else if views.is_empty() {
        print::note("Nothing is connected. Begin with: keyrack connect zendesk --workspace practice");
    } else {
        print::table(views.iter().map(|v| {
            let identity = v.identity.as_deref().unwrap_or("-");
            let status = if v.disabled { "off" } else { v.status.as_str() };
            [v.name.as_str(), &v.element, identity, status, &v.workspace]
        }));
    }
    Ok(())
}

/// Whether a connection's element is the one of this key, or was made with it.
fn is_of(catalog: &Catalog, element: &str, key: &str) -> bool {
    let made_with = || catalog.find(element).is_ok_and(|known| known.from.as_deref() == Some(key));
    element == key || made_with()
}

fn show(context: &Context, name: &str) -> Result<(), Problem> {
    let view = context.engine.shown(context.find(name)?);
    if context.json {
        print::json(&view)
    } else {
        print::connection(&view)
    }
    Ok(())
}

fn rename(context: &Context, name: &str, new_name: &str) -> Result<(), Problem> {
    let connection = context.find(name)?;
    context.tell_of_platform(&connection, "It is renamed");
    let renamed = block_on(context.engine.rename(&connection, new_name))?;
    let view = context.engine.shown(renamed);
    if context.json {
        print::json(&view);
    } else {
        print::note(&format!("{} is now called {}.", connection.name, view.name));
    }
    Ok(())
}

fn tag(context: &Context, name: &str, add: Vec<String>, remove: &[String]) -> Result<(), Problem> {
    let mut connection = context.find(name)?;
    if !add.is_empty() || !remove.is_empty() {
        context.tell_of_platform(&connection, "Its tags change");
        let mut tags = connection.tags.clone();
        tags.retain(|tag| !remove.contains(tag));
        tags.extend(add);
        connection = block_on(context.engine.set_tags(&connection, &tags))?;
    }
    let view = context.engine.shown(connection);
    if context.json {
        print::json(&view);
    } else {
        view.tags.iter().for_each(|tag| print::line(tag));
    }
    Ok(())
}

fn switch(context: &Context, name: &str, enabled: bool) -> Result<(), Problem> {
    let connection = context.find(name)?;
    context.tell_of_platform(&connection, if enabled { "It is switched on" } else { "It is switched off" });
    let view = context.engine.shown(block_on(context.engine.set_enabled(&connection, enabled))?);
    if context.json {
        print::json(&view);
    } else if enabled {
        print::note(&format!("{} is on.", view.name));
    } else {
        print::note(&format!("{} is off: it hands out no token until it is switched on.", view.name));
    }
    Ok(())
}

/// Tests one connection, or all: each is a line, and the first failure decides the exit status.
fn test(context: &Context, name: Option<&str>) -> Result<(), Problem> {
    let connections = match name {
        Some(name) => vec![context.find(name)?],
        None => context.engine.index.connections(context.workspace_id()).map_err(Failure::from)?,
    };
    let (mut rows, mut first) = (Vec::new(), None);
    for connection in connections {
        let tested = block_on(context.engine.test(&connection));
        match &tested {
            Ok(tested) => rows.push(json!({
                "id": connection.id,
                "name": connection.name,
                "ok": true,
                "identity": tested.identity,
                "ms": u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX),
            })),
            Err(failure) => {
                let row =
                    json!({ "id": connection.id, "name": connection.name, "ok": false, "failure": failure });
                rows.push(row);
            }
        }
        if !context.json {
            print::line(&match &tested {
                Ok(tested) => {
                    let who = tested.identity.as_deref().map(|who| format!(" as {who}")).unwrap_or_default();
                    format!("{} works{who} ({} ms).", connection.name, tested.took.as_millis())
                }
                Err(failure) => format!("{}: {}", connection.name, print::sentence(failure, None)),
            });
        }
        if let (None, Err(failure)) = (&first, tested) {
            first = Some(failure);
        }
    }
    if context.json {
        print::json(&rows);
    }
    first.map_or(Ok(()), |failure| Err(Problem::shown(failure)))
}

fn remove(context: &Context, name: &str, here: bool) -> Result<(), Problem> {
    let connection = context.find(name)?;
    if !here {
        context.tell_of_platform(&connection, "It is deleted");
    }
    let reach = if here { Reach::Here } else { Reach::Platform };
    let removed = block_on(context.engine.remove(&connection, reach))?;
    if context.json {
        print::json(&json!({ "removed": connection.id, "revoked": removed.revoked, "page": removed.page }));
    } else {
        let product = &connection.product;
        print::note(&match (removed.revoked, &removed.page) {
            (Revoked::Yes, _) => {
                format!("{} is removed, and its access at {product} has ended.", connection.name)
            }
            (Revoked::Later, _) => format!(
                "{} is removed from this computer. {product} did not answer: it is told that the access ends while the \
                 window is open, or by: keyrack doctor",
                connection.name
            ),
            (Revoked::No, Some(page)) => format!(
                "{} is removed from this computer. {product} offers no way to end the access from here: see {page}",
                connection.name
            ),
            (Revoked::No, None) => format!("{} is removed from this computer.", connection.name),
        });
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
