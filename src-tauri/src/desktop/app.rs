//! What every part of the window asks of the running application.

use std::sync::{PoisonError, RwLock};

use tauri::{AppHandle, Emitter, Manager};

use super::notices::Notices;
use crate::domain::error::Failure;
use crate::engine::Engine;

/// The label of the only window.
pub(super) const WINDOW: &str = "main";

/// The engine, or why it did not open: the window shows a home or an index that cannot be used.
pub(super) struct OpenedEngine(RwLock<Result<Engine, Failure>>);

impl OpenedEngine {
    pub(super) fn new(opened: Result<Engine, Failure>) -> Self {
        Self(RwLock::new(opened))
    }

    pub(super) fn replace(&self, engine: Engine) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Ok(engine);
    }
}

pub(super) fn opened_engine(app: &AppHandle) -> Result<Engine, Failure> {
    app.state::<OpenedEngine>().0.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes the page read the state again, and notifies the user of connections that need a sign-in.
pub(super) fn report_change(app: &AppHandle) {
    if let Ok(engine) = opened_engine(app) {
        app.state::<Notices>().update(app, &engine);
    }
    // Fails only when the window is gone.
    let _ = app.emit("changed", ());
}

/// Shows the window after a second start of the program, or after a callback.
pub(super) fn bring_forward(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(WINDOW) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}
