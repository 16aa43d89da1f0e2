use tauri::AppHandle;

use super::reported::{Answer, answer_change};
use crate::desktop::app::opened_engine;
use crate::domain::hosted::{PRESETS, Preset};
use crate::domain::view::{WorkspaceRequest, WorkspaceView};

#[tauri::command]
pub async fn use_workspace(app: AppHandle, name: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    answer_change(&app, engine.use_workspace(&engine.workspace(&name)?))
}

/// The platforms whose address is known.
#[tauri::command]
pub fn presets() -> Vec<Preset> {
    PRESETS.to_vec()
}

#[tauri::command]
pub async fn add_workspace(app: AppHandle, request: WorkspaceRequest) -> Answer<WorkspaceView> {
    let added = opened_engine(&app)?.add_workspace(request).await;
    answer_change(&app, added.map(|workspace| workspace.view))
}

#[tauri::command]
pub async fn rename_workspace(app: AppHandle, name: String, new_name: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let renamed = engine.rename_workspace(&engine.workspace(&name)?, &new_name).await;
    answer_change(&app, renamed.map(drop))
}

#[tauri::command]
pub async fn replace_secrets(
    app: AppHandle,
    name: String,
    user_secret: String,
    organization_secret: String,
) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let workspace = engine.workspace(&name)?;
    answer_change(&app, engine.replace_secrets(&workspace, user_secret, organization_secret).await)
}

/// Removes a workspace from this computer; the platform keeps its instances.
#[tauri::command]
pub async fn remove_workspace(app: AppHandle, name: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    answer_change(&app, engine.remove_workspace(&engine.workspace(&name)?).await)
}
