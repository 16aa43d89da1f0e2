use super::desk::Desk;
use super::reported::Answer;
use crate::domain::view::{ConnectRequest, ElementView};

/// The catalogue, with the forms of the current workspace.
#[tauri::command]
pub async fn elements(desk: Desk) -> Answer<Vec<ElementView>> {
    let engine = desk.engine()?;
    Ok(engine.element_views(&engine.current_workspace()?.id).await?)
}

/// One element with its whole form.
#[tauri::command]
pub async fn element(desk: Desk, key: String) -> Answer<ElementView> {
    let engine = desk.engine()?;
    let workspace = engine.current_workspace()?.id;
    Ok(engine.element_view(&workspace, &engine.element_in(&workspace, &key).await?))
}

/// Makes a custom element of the provider that a form describes.
#[tauri::command]
pub async fn describe(desk: Desk, request: ConnectRequest) -> Answer<ElementView> {
    let engine = desk.engine()?;
    let custom = engine.describe_provider(&request.element, &request.values).await?;
    Ok(engine.element_view(&engine.current_workspace()?.id, &custom))
}

/// Removes a custom element from the catalogue.
#[tauri::command]
pub async fn remove_element(desk: Desk, key: String) -> Answer<()> {
    Ok(desk.engine()?.remove_element(&key)?)
}
