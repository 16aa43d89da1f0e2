use super::desk::Desk;
use super::reported::Answer;
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::authorize::openable;
use crate::domain::view::{ImportView, InstanceView, RemovedView, Revocation, TestView};
use crate::engine::{Browser, Reach, RenewalOutcome, open_browser};

/// Puts a working token on the clipboard. The page never receives it.
#[tauri::command]
pub async fn copy_token(desk: Desk, connection: String) -> Answer<()> {
    let engine = desk.engine()?;
    let item = engine.fresh_item(&engine.find_by_id(&connection)?).await?;
    Ok(desk.clipboard().put_secret(item.calling_token().clone()).await?)
}

#[tauri::command]
pub async fn rename(desk: Desk, connection: String, name: String) -> Answer<()> {
    let engine = desk.engine()?;
    engine.rename(&engine.find_by_id(&connection)?, &name).await?;
    desk.report_change();
    Ok(())
}

/// Removes a connection; with `here`, from this computer only.
#[tauri::command]
pub async fn remove(desk: Desk, connection: String, here: bool) -> Answer<RemovedView> {
    let engine = desk.engine()?;
    let reach = if here { Reach::Here } else { Reach::Platform };
    let removed = engine.remove(&engine.find_by_id(&connection)?, reach).await?;
    desk.removed_page().remember(&connection, removed.page.clone());
    desk.report_change();
    Ok(removed)
}

/// Asks the product whether a connection works.
#[tauri::command]
pub async fn test(desk: Desk, connection: String) -> Answer<TestView> {
    let engine = desk.engine()?;
    let tested = engine.test(&engine.find_by_id(&connection)?).await;
    desk.report_change();
    let tested = tested?;
    let took_ms = u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX);
    Ok(TestView { identity: tested.identity, took_ms })
}

/// Renews a token before its end.
#[tauri::command]
pub async fn renew(desk: Desk, connection: String) -> Answer<()> {
    let engine = desk.engine()?;
    let renewed = engine.renew_now(&engine.find_by_id(&connection)?).await;
    desk.report_change();
    match renewed?.outcome {
        RenewalOutcome::Deferred(failure) => Err((*failure).into()),
        RenewalOutcome::Renewed | RenewalOutcome::NotNeeded | RenewalOutcome::NotRenewable => Ok(()),
    }
}

/// Opens the product's page on which access can be ended, also for the connection that was removed last.
#[tauri::command]
pub async fn open_access_page(desk: Desk, connection: String) -> Answer<()> {
    let engine = desk.engine()?;
    let page = match engine.find_by_id(&connection) {
        Ok(row) => match engine.view(row).revocation {
            Revocation::Page { url } => Some(url),
            Revocation::Ends | Revocation::Stays => None,
        },
        Err(failure) if failure.code == Code::ConnectionUnknown => desk.removed_page().find(&connection),
        Err(failure) => return Err(failure.into()),
    };
    let unknown = || Failure::new(Code::ConnectionUnknown).name(&connection);
    let page = page.and_then(|page| openable(&page).ok()).ok_or_else(unknown)?;
    match open_browser(page, Browser::Default).await {
        Ok(()) => Ok(()),
        Err(_) => Err(Failure::internal("no browser opened").into()),
    }
}

/// Replaces all tags of a connection.
#[tauri::command]
pub async fn set_tags(desk: Desk, connection: String, tags: Vec<String>) -> Answer<()> {
    let engine = desk.engine()?;
    engine.set_tags(&engine.find_by_id(&connection)?, &tags).await?;
    desk.report_change();
    Ok(())
}

/// Sets the note of a connection.
#[tauri::command]
pub async fn set_note(desk: Desk, connection: String, note: String) -> Answer<()> {
    let engine = desk.engine()?;
    engine.set_note(&engine.find_by_id(&connection)?, &note).await?;
    desk.report_change();
    Ok(())
}

/// Switches a connection off or on.
#[tauri::command]
pub async fn set_enabled(desk: Desk, connection: String, enabled: bool) -> Answer<()> {
    let engine = desk.engine()?;
    engine.set_enabled(&engine.find_by_id(&connection)?, enabled).await?;
    desk.report_change();
    Ok(())
}

/// The instances at the platform of the current workspace.
#[tauri::command]
pub async fn instances(desk: Desk) -> Answer<Vec<InstanceView>> {
    let engine = desk.engine()?;
    Ok(engine.instances(&engine.current_workspace()?, None).await?)
}

/// Imports instances as connections.
#[tauri::command]
pub async fn import_instances(desk: Desk, ids: Vec<String>) -> Answer<ImportView> {
    let engine = desk.engine()?;
    let imported = engine.import(&engine.current_workspace()?, &ids).await;
    desk.report_change();
    Ok(imported?)
}
