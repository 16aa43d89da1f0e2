use serde::Deserialize;
use tauri::{AppHandle, Manager};

use super::reported::{Answer, answer_change};
use crate::desktop::app::{WINDOW, opened_engine};
use crate::desktop::window::theme_of;
use crate::domain::error::{Code, Failure};
use crate::domain::view::{Appearance, KeychainView};
use crate::io::files::create_private_dir;
use crate::io::index::Setting;

/// Ports below belong to the system.
const PORT_MIN: u16 = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    Data,
    Elements,
    Log,
}

/// Sets how the window looks, the title bar included.
#[tauri::command]
pub async fn set_appearance(app: AppHandle, appearance: Appearance) -> Answer<()> {
    let word = serde_json::to_value(appearance).ok().and_then(|w| w.as_str().map(str::to_owned));
    opened_engine(&app)?.save_setting(Setting::Appearance, &word.unwrap_or_default())?;
    if let Some(window) = app.get_webview_window(WINDOW) {
        let _ = window.set_theme(theme_of(appearance));
    }
    answer_change(&app, Ok(()))
}

/// Sets the port in the callback address of new connections.
#[tauri::command]
pub async fn set_callback_port(app: AppHandle, port: u16) -> Answer<()> {
    if port < PORT_MIN {
        return Err(Failure::new(Code::Usage).detail("a port from 1024 on").into());
    }
    answer_change(&app, opened_engine(&app)?.save_setting(Setting::CallbackPort, &port.to_string()))
}

/// Trusts a certificate authority beside those of the system.
#[tauri::command]
pub async fn add_certificate(app: AppHandle, pem: String) -> Answer<()> {
    let added = opened_engine(&app)?.trust().add(pem.as_bytes()).map_err(|error| {
        // The page has a sentence for each word.
        let word = error.as_ref().to_owned();
        Failure::from(error).name(word)
    });
    answer_change(&app, added.map(drop))
}

#[tauri::command]
pub async fn remove_certificate(app: AppHandle, sha256: String) -> Answer<()> {
    let removed = opened_engine(&app)?.trust().remove(&sha256);
    answer_change(&app, removed.map(drop).map_err(Failure::from))
}

#[tauri::command]
pub async fn open_folder(app: AppHandle, folder: Folder) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let paths = engine.paths();
    let folder = match folder {
        Folder::Data => paths.data.clone(),
        Folder::Elements => paths.elements(),
        Folder::Log => paths.state.clone(),
    };
    let opened = create_private_dir(&folder).and_then(|()| open::that_detached(&folder));
    opened.map_err(|e| Failure::internal(format!("the folder could not be opened: {}", e.kind())).into())
}

/// Has the system ask for the password of a locked keychain. Returns the state after that.
#[tauri::command]
pub async fn unlock_keychain(app: AppHandle) -> Answer<KeychainView> {
    let engine = opened_engine(&app)?;
    let _ = engine.unlock_keychain().await;
    answer_change(&app, Ok(engine.keychain().await))
}
