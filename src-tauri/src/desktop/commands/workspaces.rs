use super::desk::Desk;
use super::reported::Answer;
use crate::domain::hosted::{PRESETS, Preset};
use crate::domain::view::{WorkspaceRequest, WorkspaceView};

#[tauri::command]
pub async fn use_workspace(desk: Desk, name: String) -> Answer<()> {
    let engine = desk.engine()?;
    engine.use_workspace(&engine.workspace(&name)?)?;
    desk.report_change();
    Ok(())
}

/// The platforms whose address is known.
#[tauri::command]
pub fn presets() -> Vec<Preset> {
    PRESETS.to_vec()
}

#[tauri::command]
pub async fn add_workspace(desk: Desk, request: WorkspaceRequest) -> Answer<WorkspaceView> {
    let added = desk.engine()?.add_workspace(request).await?;
    desk.report_change();
    Ok(added.view)
}

#[tauri::command]
pub async fn rename_workspace(desk: Desk, name: String, new_name: String) -> Answer<()> {
    let engine = desk.engine()?;
    engine.rename_workspace(&engine.workspace(&name)?, &new_name).await?;
    desk.report_change();
    Ok(())
}

/// Replaces the User and the Organization secret.
#[tauri::command]
pub async fn replace_secrets(
    desk: Desk,
    name: String,
    user_secret: String,
    organization_secret: String,
) -> Answer<()> {
    let engine = desk.engine()?;
    engine.replace_secrets(&engine.workspace(&name)?, user_secret, organization_secret).await?;
    desk.report_change();
    Ok(())
}

/// Removes a workspace from this computer; the platform keeps its instances.
#[tauri::command]
pub async fn remove_workspace(desk: Desk, name: String) -> Answer<()> {
    let engine = desk.engine()?;
    let removed = engine.remove_workspace(&engine.workspace(&name)?).await;
    desk.report_change();
    Ok(removed?)
}
