use tauri::{AppHandle, Manager};

use super::reported::{Answer, answer_change};
use crate::desktop::attempts::Attempts;
use crate::desktop::clipboard::Clipboard;
use crate::domain::view::{AttemptView, ConnectRequest};

/// Starts a sign-in and opens the browser.
#[tauri::command]
pub async fn connect(app: AppHandle, request: ConnectRequest) -> Answer<AttemptView> {
    Ok(app.state::<Attempts>().start(&app, request).await?)
}

#[tauri::command]
pub async fn open_browser_again(app: AppHandle, attempt: String) -> Answer<()> {
    answer_change(&app, app.state::<Attempts>().open_again(&attempt).await)
}

/// Puts the sign-in address on the clipboard.
#[tauri::command]
pub async fn copy_link(app: AppHandle, attempt: String) -> Answer<()> {
    let url = app.state::<Attempts>().url(&attempt)?;
    Ok(app.state::<Clipboard>().put(url.into()).await?)
}

#[tauri::command]
pub async fn paste_back(app: AppHandle, attempt: String, address: String) -> Answer<()> {
    Ok(app.state::<Attempts>().paste(&attempt, address).await?)
}

/// Ends a waiting attempt, or gives back a token that could not be saved.
#[tauri::command]
pub async fn cancel(app: AppHandle, attempt: String) -> Answer<()> {
    answer_change(&app, app.state::<Attempts>().cancel(&app, &attempt).await)
}

/// Saves a token that waits in memory.
#[tauri::command]
pub async fn save_again(app: AppHandle, attempt: String) -> Answer<()> {
    Ok(app.state::<Attempts>().save_again(&app, &attempt).await?)
}

/// Gives the connection to the account that signed in.
#[tauri::command]
pub async fn take_account(app: AppHandle, attempt: String) -> Answer<()> {
    Ok(app.state::<Attempts>().take_account(&app, &attempt).await?)
}

/// Makes a new connection for the account that signed in.
#[tauri::command]
pub async fn save_as_new(app: AppHandle, attempt: String) -> Answer<()> {
    Ok(app.state::<Attempts>().save_as_new(&app, &attempt).await?)
}

#[tauri::command]
pub async fn keep_waiting(app: AppHandle, attempt: String) -> Answer<()> {
    app.state::<Attempts>().keep_waiting(&attempt);
    answer_change(&app, Ok(()))
}

#[tauri::command]
pub async fn dismiss(app: AppHandle, attempt: String) -> Answer<()> {
    app.state::<Attempts>().dismiss(&attempt);
    answer_change(&app, Ok(()))
}
