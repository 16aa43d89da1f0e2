use std::path::Path;

use tauri::{AppHandle, Manager};

use super::reported::Answer;
use crate::desktop::app::{OpenedEngine, opened_engine};
use crate::desktop::attempts::Attempts;
use crate::desktop::background;
use crate::desktop::window::read_appearance;
use crate::domain::error::Failure;
use crate::domain::view::{SettingsView, State as StateView};
use crate::engine::{Engine, open_paths};
use crate::io::http::proxy_in_use;
use crate::io::vault::Prompting;

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
        settings: view_settings(&engine),
        clock_skew: engine.clock_skew(),
    })
}

/// Opens the data again, with a new index in place of one that cannot be used, filled from the keychain.
#[tauri::command]
pub async fn repair_index(app: AppHandle) -> Answer<()> {
    static REPAIRING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _one_at_a_time = REPAIRING.lock().await;
    if let Ok(engine) = opened_engine(&app)
        && engine.verify_index().is_ok()
    {
        return Ok(());
    }
    let paths = open_paths()?;
    let repaired = tauri::async_runtime::spawn_blocking(move || {
        let (engine, _) = Engine::open_repaired(paths, Prompting::Allowed)?;
        engine.restore()?;
        Ok::<_, Failure>(engine)
    });
    let engine = repaired.await.map_err(|e| Failure::internal(e.to_string()))??;
    app.state::<OpenedEngine>().replace(engine);
    background::start(&app);
    Ok(())
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
