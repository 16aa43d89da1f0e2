use std::sync::{Mutex, PoisonError};

use tauri::{AppHandle, Manager};

use super::reported::{Answer, answer_change};
use crate::desktop::app::opened_engine;
use crate::desktop::clipboard::Clipboard;
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::authorize::openable;
use crate::domain::view::{ImportView, InstanceView, RemovedView, Revocation, TestView};
use crate::engine::{Browser, Reach, RenewalOutcome, open_browser};

/// The id of the connection that was removed last, with the product's page on which its access is ended.
pub type RemovedPage = Mutex<Option<(String, String)>>;

/// Puts a working token on the clipboard. The page never receives it.
#[tauri::command]
pub async fn copy_token(app: AppHandle, connection: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let item = engine.fresh_item(&engine.find_by_id(&connection)?).await?;
    Ok(app.state::<Clipboard>().put_secret(item.calling_token().clone()).await?)
}

#[tauri::command]
pub async fn rename(app: AppHandle, connection: String, name: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let renamed = engine.rename(&engine.find_by_id(&connection)?, &name).await;
    answer_change(&app, renamed.map(drop))
}

/// Removes a connection; with `here`, from this computer only.
#[tauri::command]
pub async fn remove(app: AppHandle, connection: String, here: bool) -> Answer<RemovedView> {
    let engine = opened_engine(&app)?;
    let reach = if here { Reach::Here } else { Reach::Platform };
    let removed = engine.remove(&engine.find_by_id(&connection)?, reach).await;
    if let Ok(removed) = &removed {
        let page = removed.page.clone().map(|page| (connection, page));
        *app.state::<RemovedPage>().lock().unwrap_or_else(PoisonError::into_inner) = page;
    }
    answer_change(&app, removed)
}

#[tauri::command]
pub async fn test(app: AppHandle, connection: String) -> Answer<TestView> {
    let engine = opened_engine(&app)?;
    answer_change(&app, engine.test(&engine.find_by_id(&connection)?).await)
}

#[tauri::command]
pub async fn renew(app: AppHandle, connection: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let renewed = engine.renew_now(&engine.find_by_id(&connection)?).await;
    let result = renewed.and_then(|renewal| match renewal.outcome {
        RenewalOutcome::Deferred(failure) => Err(*failure),
        RenewalOutcome::Renewed | RenewalOutcome::NotNeeded | RenewalOutcome::NotRenewable => Ok(()),
    });
    answer_change(&app, result)
}

/// Opens the product's page on which access can be ended, also for the connection that was removed last.
#[tauri::command]
pub async fn open_access_page(app: AppHandle, connection: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let page = match engine.find_by_id(&connection) {
        Ok(row) => match engine.view(row).revocation {
            Revocation::Page { url } => Some(url),
            Revocation::Ends | Revocation::Stays => None,
        },
        Err(failure) if failure.code == Code::ConnectionUnknown => {
            let removed = app.state::<RemovedPage>().lock().unwrap_or_else(PoisonError::into_inner).clone();
            removed.filter(|(id, _)| *id == connection).map(|(_, page)| page)
        }
        Err(failure) => return Err(failure.into()),
    };
    let unknown = || Failure::new(Code::ConnectionUnknown).name(&connection);
    let page = page.and_then(|page| openable(&page).ok()).ok_or_else(unknown)?;
    match open_browser(page, Browser::Default, Vec::new()).await {
        true => Ok(()),
        false => Err(Failure::internal("no browser opened").into()),
    }
}

#[tauri::command]
pub async fn set_tags(app: AppHandle, connection: String, tags: Vec<String>) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let changed = engine.set_tags(&engine.find_by_id(&connection)?, &tags).await;
    answer_change(&app, changed.map(drop))
}

#[tauri::command]
pub async fn set_note(app: AppHandle, connection: String, note: String) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let changed = engine.set_note(&engine.find_by_id(&connection)?, &note).await;
    answer_change(&app, changed.map(drop))
}

#[tauri::command]
pub async fn set_enabled(app: AppHandle, connection: String, enabled: bool) -> Answer<()> {
    let engine = opened_engine(&app)?;
    let changed = engine.set_enabled(&engine.find_by_id(&connection)?, enabled).await;
    answer_change(&app, changed.map(drop))
}

/// The instances at the platform of the current workspace.
#[tauri::command]
pub async fn instances(app: AppHandle) -> Answer<Vec<InstanceView>> {
    let engine = opened_engine(&app)?;
    Ok(engine.instances(&engine.current_workspace()?, None).await?)
}

#[tauri::command]
pub async fn import_instances(app: AppHandle, ids: Vec<String>) -> Answer<ImportView> {
    let engine = opened_engine(&app)?;
    answer_change(&app, engine.import(&engine.current_workspace()?, &ids).await)
}
