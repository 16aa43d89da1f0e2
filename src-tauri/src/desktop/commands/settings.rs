use serde::Deserialize;
use tauri::Manager;

use super::desk::Desk;
use super::reported::Answer;
use crate::desktop::appearance::theme_of;
use crate::desktop::focus::WINDOW;
use crate::domain::error::{Code, Failure};
use crate::domain::view::{Appearance, KeychainView};
use crate::io::index::Setting;

/// Ports below belong to the system.
const PORT_MIN: u16 = 1024;

/// The folders that Settings names.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    Data,
    Elements,
    Log,
}

/// Sets how the window looks, the title bar included.
#[tauri::command]
pub async fn set_appearance(desk: Desk, appearance: Appearance) -> Answer<()> {
    let word = serde_json::to_value(appearance).ok().and_then(|w| w.as_str().map(str::to_owned));
    desk.engine()?.save_setting(Setting::Appearance, &word.unwrap_or_default())?;
    if let Some(window) = desk.app().get_webview_window(WINDOW) {
        let _ = window.set_theme(theme_of(appearance));
    }
    desk.report_change();
    Ok(())
}

/// Sets the port in the callback address of new connections.
#[tauri::command]
pub async fn set_callback_port(desk: Desk, port: u16) -> Answer<()> {
    if port < PORT_MIN {
        return Err(Failure::new(Code::Usage).detail("a port from 1024 on").into());
    }
    desk.engine()?.save_setting(Setting::CallbackPort, &port.to_string())?;
    desk.report_change();
    Ok(())
}

/// Trusts a certificate authority beside those of the system.
#[tauri::command]
pub async fn add_certificate(desk: Desk, pem: String) -> Answer<()> {
    let added = desk.engine()?.trust().add(pem.as_bytes());
    desk.report_change();
    // The page has a sentence for each word.
    added.map(|_| ()).map_err(|e| {
        let word = e.as_ref().to_owned();
        Failure::from(e).name(word).into()
    })
}

/// Stops trusting an authority that was added.
#[tauri::command]
pub async fn remove_certificate(desk: Desk, sha256: String) -> Answer<()> {
    let removed = desk.engine()?.trust().remove(&sha256);
    desk.report_change();
    removed.map(|_| ()).map_err(|e| Failure::from(e).into())
}

/// Opens a folder in the system's file manager.
#[tauri::command]
pub async fn open_folder(desk: Desk, folder: Folder) -> Answer<()> {
    let paths = desk.engine()?.paths();
    let folder = match folder {
        Folder::Data => paths.data.clone(),
        Folder::Elements => paths.elements(),
        Folder::Log => paths.state.clone(),
    };
    let opened = std::fs::create_dir_all(&folder).and_then(|()| open::that_detached(&folder));
    opened.map_err(|e| Failure::internal(format!("the folder could not be opened: {}", e.kind())).into())
}

/// Reads the state of the keychain again.
#[tauri::command]
pub async fn check_keychain(desk: Desk) -> Answer<KeychainView> {
    let view = desk.engine()?.keychain().await;
    desk.report_change();
    Ok(view)
}
