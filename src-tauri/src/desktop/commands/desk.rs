use tauri::ipc::{CommandArg, CommandItem, InvokeError};
use tauri::{AppHandle, Manager, Wry};

use crate::desktop::attempts::Attempts;
use crate::desktop::changes;
use crate::desktop::clipboard::Clipboard;
use crate::desktop::opened_engine::OpenedEngine;
use crate::desktop::removed_page::RemovedPage;
use crate::domain::error::Failure;
use crate::engine::Engine;

/// What commands use of the program. Tauri passes it to each command that asks for it.
pub struct Desk(AppHandle);

impl<'de> CommandArg<'de, Wry> for Desk {
    fn from_command(command: CommandItem<'de, Wry>) -> Result<Self, InvokeError> {
        AppHandle::from_command(command).map(Self)
    }
}

impl Desk {
    pub(super) fn app(&self) -> &AppHandle {
        &self.0
    }

    pub(super) fn engine(&self) -> Result<&Engine, Failure> {
        self.0.state::<OpenedEngine>().inner().get()
    }

    pub(super) fn attempts(&self) -> &Attempts {
        self.0.state::<Attempts>().inner()
    }

    pub(super) fn clipboard(&self) -> &Clipboard {
        self.0.state::<Clipboard>().inner()
    }

    pub(super) fn removed_page(&self) -> &RemovedPage {
        self.0.state::<RemovedPage>().inner()
    }

    pub(super) fn report_change(&self) {
        changes::report_change(&self.0);
    }
}
