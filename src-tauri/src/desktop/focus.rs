use tauri::{AppHandle, Manager};

/// The label of the only window.
pub(super) const WINDOW: &str = "main";

/// Shows the window after a second start of the program, or after a callback.
pub(super) fn bring_forward(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(WINDOW) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}
