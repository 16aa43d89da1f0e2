//! What every part of the window asks of the running application.

use tauri::{AppHandle, Emitter, Manager};

use super::notices::Notices;
use crate::domain::error::Failure;
use crate::engine::Engine;

/// The label of the only window.
pub(super) const WINDOW: &str = "main";

/// The engine, or why it did not open: the window shows a home or an index that cannot be used.
pub(super) type OpenedEngine = Result<Engine, Failure>;

pub(super) fn opened_engine(app: &AppHandle) -> Result<&Engine, Failure> {
    app.state::<OpenedEngine>().inner().as_ref().map_err(Clone::clone)
}

/// Makes the page read the state again, and notifies the user of connections that need a sign-in.
pub(super) fn report_change(app: &AppHandle) {
    if let Ok(engine) = opened_engine(app) {
        app.state::<Notices>().update(app, engine);
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
