use super::desk::Desk;
use super::reported::Answer;
use crate::desktop::attempts::AccountChoice;
use crate::domain::view::{AttemptView, ConnectRequest};

/// Starts a sign-in and opens the browser.
#[tauri::command]
pub async fn connect(desk: Desk, request: ConnectRequest) -> Answer<AttemptView> {
    let engine = desk.engine()?;
    Ok(desk.attempts().start(desk.app(), engine, &engine.current_workspace()?.id, request).await?)
}

#[tauri::command]
pub async fn open_browser_again(desk: Desk, attempt: String) -> Answer<()> {
    desk.attempts().open_again(&attempt).await?;
    desk.report_change();
    Ok(())
}

/// Puts the sign-in address on the clipboard.
#[tauri::command]
pub async fn copy_link(desk: Desk, attempt: String) -> Answer<()> {
    Ok(desk.clipboard().put(desk.attempts().link(&attempt)?).await?)
}

/// Hands over an address that the user pasted.
#[tauri::command]
pub async fn paste_back(desk: Desk, attempt: String, address: String) -> Answer<()> {
    Ok(desk.attempts().paste(&attempt, address).await?)
}

/// Ends a waiting attempt, or gives back a token that could not be saved.
#[tauri::command]
pub async fn cancel(desk: Desk, attempt: String) -> Answer<()> {
    desk.attempts().cancel(desk.engine()?, &attempt).await;
    desk.report_change();
    Ok(())
}

/// Saves a token that waits in memory.
#[tauri::command]
pub async fn save_again(desk: Desk, attempt: String) -> Answer<()> {
    Ok(desk.attempts().save_again(desk.app(), desk.engine()?, &attempt).await?)
}

/// Gives the connection to the account that signed in.
#[tauri::command]
pub async fn take_account(desk: Desk, attempt: String) -> Answer<()> {
    Ok(desk.attempts().save_as(desk.app(), desk.engine()?, &attempt, AccountChoice::Take).await?)
}

/// Makes a new connection for the account that signed in.
#[tauri::command]
pub async fn save_as_new(desk: Desk, attempt: String) -> Answer<()> {
    Ok(desk.attempts().save_as(desk.app(), desk.engine()?, &attempt, AccountChoice::New).await?)
}

#[tauri::command]
pub async fn keep_waiting(desk: Desk, attempt: String) -> Answer<()> {
    desk.attempts().keep_waiting(&attempt);
    desk.report_change();
    Ok(())
}

/// Removes an ended attempt from the list.
#[tauri::command]
pub async fn dismiss(desk: Desk, attempt: String) -> Answer<()> {
    desk.attempts().dismiss(&attempt);
    desk.report_change();
    Ok(())
}
