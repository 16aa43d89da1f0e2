//! The engine and the global options, as the commands use them.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tokio::runtime::Runtime;

use super::print;
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::domain::view::WorkspaceKind;
use crate::engine::{Engine, Workspace, WorkspaceId};
use crate::io::index::Setting;
use crate::io::paths::Paths;
use crate::io::vault::Prompting;

pub(super) struct Context {
    pub(super) engine: Engine,
    pub(super) json: bool,
    /// The value of `--workspace`. `None` means all workspaces, or the default for a new connection.
    workspace: Option<Workspace>,
}

impl Context {
    pub(super) fn open(json: bool, workspace: Option<&str>) -> Result<Self, Failure> {
        // A password prompt helps a user at a terminal; in a script it would wait for ever.
        let prompting = if std::io::stderr().is_terminal() { Prompting::Allowed } else { Prompting::Never };
        let engine = Engine::open(open_paths()?, prompting)?;
        let workspace = workspace.map(|name| engine.workspace(name)).transpose()?;
        Ok(Self { engine, json, workspace })
    }

    pub(super) fn workspace_id(&self) -> Option<&WorkspaceId> {
        self.workspace.as_ref().map(|workspace| &workspace.id)
    }

    /// The value of `--workspace`, else the one of `keyrack workspaces use`, else this computer.
    pub(super) fn workspace_or_default(&self) -> Result<Workspace, Failure> {
        match &self.workspace {
            Some(workspace) => Ok(workspace.clone()),
            None => {
                let chosen = self.engine.read_setting(Setting::CliWorkspace)?;
                self.engine.workspace(chosen.as_deref().unwrap_or(WorkspaceId::Local.as_str()))
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<Connection, Failure> {
        self.engine.find(name, self.workspace_id())
    }

    /// Announces a change that is made at the hosted platform too.
    pub(super) fn announce_remote_change(&self, connection: &Connection, change: &str) {
        let Ok(workspace) = self.engine.workspace(connection.workspace.as_str()) else { return };
        if workspace.view.kind == WorkspaceKind::Hosted && !self.json {
            print::note(&format!("{change} at {} too.", workspace.view.label));
        }
    }

    /// Prints the JSON document if `--json` was given, else what `print_text` writes.
    pub(super) fn print(&self, document: &impl Serialize, print_text: impl FnOnce()) {
        if self.json { print::json(document) } else { print_text() }
    }

    /// Prints the JSON document if `--json` was given, else a note.
    pub(super) fn print_or_note(&self, document: &impl Serialize, note: impl FnOnce() -> String) {
        self.print(document, || print::note(&note()));
    }
}

pub(super) fn open_paths() -> Result<Paths, Failure> {
    Paths::from_env()
        .map_err(|e| Failure::new(Code::IndexUnwritable).detail(format!("the home cannot be used: {e}")))
}

/// The runtime of the command: what one future starts, such as the practice provider, serves the next one too.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

/// Runs a future to its end. Only commands that use the network call it: printing a token needs no runtime.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let build = || {
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        built.expect("the operating system gives a runtime its descriptors")
    };
    RUNTIME.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(build).block_on(work)
}

/// Ends what the futures started, so that the index is closed. A keychain call that does not return is left behind.
pub(super) fn shut_down() {
    if let Some(runtime) = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner).take() {
        runtime.shutdown_background();
    }
}
