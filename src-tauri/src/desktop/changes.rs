use tauri::{AppHandle, Emitter, Manager};

use super::notices::Notices;
use super::opened_engine::OpenedEngine;

/// Makes the page read the state again, and notifies the user of connections that need a sign-in.
pub(super) fn report_change(app: &AppHandle) {
    if let Ok(engine) = app.state::<OpenedEngine>().get() {
        app.state::<Notices>().update(app, engine);
    }
    // Fails only when the window is gone.
    let _ = app.emit("changed", ());
}
