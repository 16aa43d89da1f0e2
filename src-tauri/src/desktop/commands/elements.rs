use tauri::AppHandle;

use super::reported::Answer;
use crate::desktop::app::opened_engine;
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::authorize::openable;
use crate::domain::view::{ConnectRequest, ElementView};
use crate::engine::{Browser, open_browser};

/// The catalogue, with the forms of the current workspace.
#[tauri::command]
pub async fn elements(app: AppHandle) -> Answer<Vec<ElementView>> {
    let engine = opened_engine(&app)?;
    Ok(engine.element_views(&engine.current_workspace()?.id).await?)
}

/// One element with the form of this way to connect, or of the easiest.
#[tauri::command]
pub async fn element(app: AppHandle, key: String, way: Option<String>) -> Answer<ElementView> {
    let engine = opened_engine(&app)?;
    let workspace = engine.current_workspace()?.id;
    let element = engine.element_in(&workspace, &key).await?;
    Ok(engine.element_view_in(&workspace, &element, way.as_deref())?)
}

/// Makes a custom element of the provider that a form describes.
#[tauri::command]
pub async fn describe(app: AppHandle, request: ConnectRequest) -> Answer<ElementView> {
    let engine = opened_engine(&app)?;
    let custom = engine.describe_provider(&request.element, &request.values).await?;
    Ok(engine.element_view(&engine.current_workspace()?.id, &custom))
}

/// Opens the page where the key of an element is made, or the application is registered.
#[tauri::command]
pub async fn open_setup_page(app: AppHandle, key: String, way: Option<String>) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let workspace = engine.current_workspace()?.id;
    let element = engine.element_in(&workspace, &key).await?;
    let page = engine.element_view_in(&workspace, &element, way.as_deref())?.setup_page;
    let page = page.and_then(|page| openable(&page).ok());
    let page = page.ok_or_else(|| Failure::new(Code::ElementUnknown).name(&key))?;
    open_browser(page, Browser::Default).await.map_err(|_| Failure::internal("no browser opened").into())
}
