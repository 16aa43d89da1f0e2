use std::path::Path;

use tauri::{AppHandle, Manager};

use super::reported::Answer;
use crate::desktop::app::opened_engine;
use crate::desktop::attempts::Attempts;
use crate::desktop::window::read_appearance;
use crate::domain::view::{SettingsView, State as StateView};
use crate::engine::Engine;
use crate::io::http::proxy_in_use;

/// Everything that the window shows.
#[tauri::command]
pub async fn state(app: AppHandle) -> Answer<StateView> {
    let engine = opened_engine(&app)?;
    let current = engine.current_workspace()?;
    Ok(StateView {
        workspaces: engine.workspaces()?.into_iter().map(|workspace| workspace.view).collect(),
        connections: engine.connections(Some(&current.id))?,
        workspace: current.view,
        attempts: app.state::<Attempts>().views(),
        keychain: engine.keychain().await,
        settings: view_settings(engine),
        clock_skew: engine.clock_skew(),
    })
}

fn view_settings(engine: &Engine) -> SettingsView {
    let text = |path: &Path| path.display().to_string();
    let paths = engine.paths();
    SettingsView {
        appearance: read_appearance(engine),
        callback_port: engine.callback_port(),
        data_folder: text(&paths.data),
        elements_folder: text(&paths.elements()),
        log_folder: text(&paths.state),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        // An unreadable file holds no authority that is trusted.
        certificates: engine.trust().list().unwrap_or_default(),
        proxy: proxy_in_use().map_or_else(|variable| variable.problem.to_owned(), Option::unwrap_or_default),
    }
}
