use tauri::AppHandle;

use super::reported::Answer;
use crate::desktop::app::opened_engine;
use crate::domain::view::{ElementProblem, ElementView};

/// The text of a copy of an element, to be changed and saved as a new file.
#[tauri::command]
pub async fn copy_element(app: AppHandle, key: String) -> Answer<String> {
    Ok(opened_engine(&app)?.copy_element(&key)?)
}

/// The text of an element file in the user's folder.
#[tauri::command]
pub async fn element_text(app: AppHandle, key: String) -> Answer<String> {
    Ok(opened_engine(&app)?.own_element_text(&key)?)
}

/// What keeps a text from being saved. Without `replaces` it is to be a new file.
#[tauri::command]
pub async fn check_element(
    app: AppHandle,
    text: String,
    replaces: Option<String>,
) -> Answer<Vec<ElementProblem>> {
    Ok(opened_engine(&app)?.check_element_text(&text, replaces.as_deref()))
}

#[tauri::command]
pub async fn save_element(app: AppHandle, text: String, replaces: Option<String>) -> Answer<ElementView> {
    let engine = opened_engine(&app)?;
    let saved = engine.save_element_text(&text, replaces.as_deref())?;
    Ok(engine.element_view(&engine.current_workspace()?.id, &saved))
}

#[tauri::command]
pub async fn remove_element(app: AppHandle, key: String) -> Answer<()> {
    Ok(opened_engine(&app)?.remove_element(&key)?)
}
