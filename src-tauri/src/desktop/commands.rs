//! What the window may ask. Each command hands over to the engine and says no more than its answer.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, State};

use super::attempts::AccountChoice;
use super::{Desk, WINDOW, appearance, changed, theme};
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::{PRESETS, Preset};
use crate::domain::oauth::authorize::openable;
use crate::domain::view::{
    Appearance, AttemptView, ConnectRequest, ElementView, ImportView, InstanceView, KeychainView, PresetView,
    RemovedView, Revocation, SettingsView, State as Everything, TestView, WorkspaceRequest, WorkspaceView,
};

use crate::engine::{Browser, Engine, Reach, RenewalOutcome, WorkspaceId, open_browser};
use crate::io::clock;
use crate::io::http::proxy_in_use;
use crate::io::index::{IndexError, Setting};

type Answer<T> = Result<T, Reported>;

/// A failure on its way to the window. One of ours gets a number under which the log has more.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Reported(Failure);

impl From<Failure> for Reported {
    fn from(mut failure: Failure) -> Self {
        if failure.code == Code::Internal {
            let report = clock::random_id()[..8].to_owned();
            tracing::error!(%report, detail = failure.detail.as_deref().unwrap_or_default(), "internal");
            failure.report = Some(report);
        }
        Self(failure)
    }
}

impl From<IndexError> for Reported {
    fn from(error: IndexError) -> Self {
        Failure::from(error).into()
    }
}

/// Ports below belong to the system.
const PORT_MIN: u16 = 1024;

/// The id of the workspace that the window shows.
fn workspace(engine: &Engine) -> Answer<WorkspaceId> {
    Ok(engine.current_workspace()?.id)
}

fn connection(engine: &Engine, id: &str) -> Answer<Connection> {
    engine.index.connection(id)?.ok_or_else(|| Failure::new(Code::ConnectionUnknown).name(id).into())
}

/// Everything that the window shows.
#[tauri::command]
pub(super) async fn state(desk: State<'_, Desk>) -> Answer<Everything> {
    let engine = desk.engine()?;
    let current = engine.current_workspace()?;
    Ok(Everything {
        workspaces: engine.workspaces()?.into_iter().map(|workspace| workspace.view).collect(),
        connections: engine.connections(Some(&current.id))?,
        workspace: current.view,
        attempts: desk.attempts.views(),
        keychain: engine.keychain().await,
        settings: settings(engine),
        clock_skew: engine.clock_skew(),
    })
}

fn settings(engine: &Engine) -> SettingsView {
    let text = |path: PathBuf| path.display().to_string();
    SettingsView {
        appearance: appearance(engine),
        callback_port: engine.callback_port(),
        data_folder: text(engine.paths.data.clone()),
        elements_folder: text(engine.paths.elements()),
        log_folder: text(engine.paths.log()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        // A file that cannot be read holds no authority that is trusted.
        certificates: engine.trust().list().unwrap_or_default(),
        proxy: proxy_in_use().unwrap_or_default(),
    }
}

/// The catalogue, with the forms of the workspace in use.
#[tauri::command]
pub(super) async fn elements(desk: State<'_, Desk>) -> Answer<Vec<ElementView>> {
    let engine = desk.engine()?;
    Ok(engine.element_views(&workspace(engine)?).await?)
}

/// One element with its whole form.
#[tauri::command]
pub(super) async fn element(desk: State<'_, Desk>, key: String) -> Answer<ElementView> {
    let engine = desk.engine()?;
    let workspace = workspace(engine)?;
    Ok(engine.element_view(&workspace, &engine.element_in(&workspace, &key).await?))
}

/// Starts a sign-in and opens the browser.
#[tauri::command]
pub(super) async fn connect(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: ConnectRequest,
) -> Answer<AttemptView> {
    let engine = desk.engine()?;
    Ok(desk.attempts.start(&app, engine, &workspace(engine)?, request).await?)
}

/// Opens the same address once more.
#[tauri::command]
pub(super) async fn open_browser_again(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    desk.attempts.open_again(&attempt).await?;
    changed(&app);
    Ok(())
}

/// Puts the sign-in address on the clipboard.
#[tauri::command]
pub(super) async fn copy_link(desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    Ok(desk.clipboard.put(desk.attempts.link(&attempt)?).await?)
}

/// Reads an address that the person pasted.
#[tauri::command]
pub(super) async fn paste_back(desk: State<'_, Desk>, attempt: String, address: String) -> Answer<()> {
    Ok(desk.attempts.paste(&attempt, address).await?)
}

/// Ends an attempt that waits, or gives back a token that could not be saved.
#[tauri::command]
pub(super) async fn cancel(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    desk.attempts.cancel(desk.engine()?, &attempt).await;
    changed(&app);
    Ok(())
}

/// Tries again to save a token that is kept in memory.
#[tauri::command]
pub(super) async fn save_again(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    Ok(desk.attempts.save_again(&app, desk.engine()?, &attempt).await?)
}

/// The connection belongs to the account that signed in, from now on.
#[tauri::command]
pub(super) async fn take_account(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    Ok(desk.attempts.save_as(&app, desk.engine()?, &attempt, AccountChoice::Take).await?)
}

/// The account that signed in gets a connection of its own.
#[tauri::command]
pub(super) async fn save_as_new(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    Ok(desk.attempts.save_as(&app, desk.engine()?, &attempt, AccountChoice::New).await?)
}

/// Gives an attempt more time.
#[tauri::command]
pub(super) async fn keep_waiting(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    desk.attempts.keep_waiting(&attempt);
    changed(&app);
    Ok(())
}

/// Forgets an attempt that has ended.
#[tauri::command]
pub(super) async fn dismiss(app: AppHandle, desk: State<'_, Desk>, attempt: String) -> Answer<()> {
    desk.attempts.dismiss(&attempt);
    changed(&app);
    Ok(())
}

/// Puts a token that works on the clipboard. The window never sees it.
#[tauri::command]
pub(super) async fn copy_token(desk: State<'_, Desk>, connection: String) -> Answer<()> {
    let engine = desk.engine()?.clone();
    let row = self::connection(&engine, &connection)?;
    let item = engine.fresh_item(&row).await?;
    Ok(desk.clipboard.put_secret(item.calling_token().clone()).await?)
}

/// Gives a connection another name.
#[tauri::command]
pub(super) async fn rename(
    app: AppHandle,
    desk: State<'_, Desk>,
    connection: String,
    name: String,
) -> Answer<()> {
    let engine = desk.engine()?;
    engine.rename(&self::connection(engine, &connection)?, &name).await?;
    changed(&app);
    Ok(())
}

/// Removes a connection from this computer.
#[tauri::command]
pub(super) async fn remove(
    app: AppHandle,
    desk: State<'_, Desk>,
    connection: String,
    here: bool,
) -> Answer<RemovedView> {
    let engine = desk.engine()?;
    let reach = if here { Reach::Here } else { Reach::Platform };
    let removed = engine.remove(&self::connection(engine, &connection)?, reach).await?;
    desk.note_removed(&connection, removed.page.clone());
    changed(&app);
    Ok(removed)
}

/// Asks the product whether a connection works.
#[tauri::command]
pub(super) async fn test(app: AppHandle, desk: State<'_, Desk>, connection: String) -> Answer<TestView> {
    let engine = desk.engine()?;
    let tested = engine.test(&self::connection(engine, &connection)?).await;
    changed(&app);
    let tested = tested?;
    let took_ms = u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX);
    Ok(TestView { identity: tested.identity, took_ms })
}

/// Renews a token before it is needed.
#[tauri::command]
pub(super) async fn renew(app: AppHandle, desk: State<'_, Desk>, connection: String) -> Answer<()> {
    let engine = desk.engine()?;
    let renewed = engine.renew_now(&self::connection(engine, &connection)?).await;
    changed(&app);
    match renewed?.outcome {
        RenewalOutcome::Deferred(failure) => Err((*failure).into()),
        RenewalOutcome::Renewed | RenewalOutcome::NotNeeded | RenewalOutcome::NotRenewable => Ok(()),
    }
}

/// Opens the product's own page on which access can be ended.
#[tauri::command]
pub(super) async fn open_access_page(desk: State<'_, Desk>, connection: String) -> Answer<()> {
    let engine = desk.engine()?;
    // Of one that was just removed, what its removal told.
    let page = match engine.index.connection(&connection)? {
        Some(row) => match engine.view(row).revocation {
            Revocation::Page { url } => Some(url),
            Revocation::Ends | Revocation::Stays => None,
        },
        None => desk.page_of_removed(&connection),
    };
    let failed = || Failure::new(Code::ConnectionUnknown).name(&connection);
    let page = page.and_then(|page| openable(&page).ok()).ok_or_else(failed)?;
    if open_browser(page, Browser::Default).await {
        return Ok(());
    }
    Err(Failure::internal("no browser opened").into())
}

/// Makes an element of the provider that a form describes.
#[tauri::command]
pub(super) async fn describe(desk: State<'_, Desk>, request: ConnectRequest) -> Answer<ElementView> {
    let engine = desk.engine()?;
    let made = engine.describe_provider(&request.element, &request.values).await?;
    Ok(engine.element_view(&workspace(engine)?, &made))
}

/// Takes an element of the person's own out of the catalogue.
#[tauri::command]
pub(super) async fn remove_element(desk: State<'_, Desk>, key: String) -> Answer<()> {
    Ok(desk.engine()?.remove_element(&key)?)
}

/// Trusts a certificate authority beside those of the system.
#[tauri::command]
pub(super) async fn add_certificate(app: AppHandle, desk: State<'_, Desk>, pem: String) -> Answer<()> {
    let added = desk.engine()?.trust().add(pem.as_bytes());
    changed(&app);
    // The word, since the sentences are the window's.
    added.map(|_| ()).map_err(|e| {
        let word = e.as_ref().to_owned();
        Failure::from(e).name(word).into()
    })
}

/// Trusts one no longer.
#[tauri::command]
pub(super) async fn remove_certificate(app: AppHandle, desk: State<'_, Desk>, sha256: String) -> Answer<()> {
    let removed = desk.engine()?.trust().remove(&sha256);
    changed(&app);
    removed.map(|_| ()).map_err(|e| Failure::from(e).into())
}

/// Replaces all tags of a connection.
#[tauri::command]
pub(super) async fn set_tags(
    app: AppHandle,
    desk: State<'_, Desk>,
    connection: String,
    tags: Vec<String>,
) -> Answer<()> {
    let engine = desk.engine()?;
    engine.set_tags(&self::connection(engine, &connection)?, &tags).await?;
    changed(&app);
    Ok(())
}

/// Switches a connection off or on.
#[tauri::command]
pub(super) async fn set_enabled(
    app: AppHandle,
    desk: State<'_, Desk>,
    connection: String,
    enabled: bool,
) -> Answer<()> {
    let engine = desk.engine()?;
    engine.set_enabled(&self::connection(engine, &connection)?, enabled).await?;
    changed(&app);
    Ok(())
}

/// Shows another workspace.
#[tauri::command]
pub(super) async fn use_workspace(app: AppHandle, desk: State<'_, Desk>, name: String) -> Answer<()> {
    let engine = desk.engine()?;
    engine.use_workspace(&engine.workspace(&name)?)?;
    changed(&app);
    Ok(())
}

/// The platforms whose address is known.
#[tauri::command]
pub(super) fn presets() -> Vec<PresetView> {
    let view =
        |p: &Preset| PresetView { name: p.name.into(), label: p.label.into(), base_url: p.base_url.into() };
    PRESETS.iter().map(view).collect()
}

/// Adds a hosted workspace.
#[tauri::command]
pub(super) async fn add_workspace(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: WorkspaceRequest,
) -> Answer<WorkspaceView> {
    let added = desk.engine()?.add_workspace(request).await?;
    changed(&app);
    Ok(added.view)
}

/// Gives a hosted workspace another name.
#[tauri::command]
pub(super) async fn rename_workspace(
    app: AppHandle,
    desk: State<'_, Desk>,
    name: String,
    new_name: String,
) -> Answer<()> {
    let engine = desk.engine()?;
    engine.rename_workspace(&engine.workspace(&name)?, &new_name).await?;
    changed(&app);
    Ok(())
}

/// Replaces the secrets of a hosted workspace.
#[tauri::command]
pub(super) async fn replace_secrets(
    app: AppHandle,
    desk: State<'_, Desk>,
    name: String,
    user_secret: String,
    organization_secret: String,
) -> Answer<()> {
    let engine = desk.engine()?;
    engine.replace_secrets(&engine.workspace(&name)?, user_secret, organization_secret).await?;
    changed(&app);
    Ok(())
}

/// Removes a hosted workspace from this computer.
#[tauri::command]
pub(super) async fn remove_workspace(app: AppHandle, desk: State<'_, Desk>, name: String) -> Answer<()> {
    let engine = desk.engine()?;
    let removed = engine.remove_workspace(&engine.workspace(&name)?).await;
    changed(&app);
    Ok(removed?)
}

/// What exists at the platform of the workspace in use.
#[tauri::command]
pub(super) async fn instances(desk: State<'_, Desk>) -> Answer<Vec<InstanceView>> {
    let engine = desk.engine()?;
    Ok(engine.instances(&engine.current_workspace()?, None).await?)
}

/// Brings instances in as connections.
#[tauri::command]
pub(super) async fn import_instances(
    app: AppHandle,
    desk: State<'_, Desk>,
    ids: Vec<String>,
) -> Answer<ImportView> {
    let engine = desk.engine()?;
    let done = engine.import(&engine.current_workspace()?, &ids).await;
    changed(&app);
    Ok(done?)
}

/// Sets how the window looks, the title bar included.
#[tauri::command]
pub(super) async fn set_appearance(
    app: AppHandle,
    desk: State<'_, Desk>,
    appearance: Appearance,
) -> Answer<()> {
    let word =
        serde_json::to_value(appearance).ok().and_then(|w| w.as_str().map(str::to_owned)).unwrap_or_default();
    desk.engine()?.index.set_setting(Setting::Appearance, &word)?;
    if let Some(window) = app.get_webview_window(WINDOW) {
        let _ = window.set_theme(theme(appearance));
    }
    changed(&app);
    Ok(())
}

/// Sets the port in the callback address of new connections.
#[tauri::command]
pub(super) async fn set_callback_port(app: AppHandle, desk: State<'_, Desk>, port: u16) -> Answer<()> {
    if port < PORT_MIN {
        return Err(Failure::new(Code::Usage).detail("a port from 1024 on").into());
    }
    desk.engine()?.index.set_setting(Setting::CallbackPort, &port.to_string())?;
    changed(&app);
    Ok(())
}

/// The folders that Settings names.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Folder {
    Data,
    Elements,
    Log,
}

/// Opens a folder in the system's own file manager.
#[tauri::command]
pub(super) async fn open_folder(desk: State<'_, Desk>, folder: Folder) -> Answer<()> {
    let paths = &desk.engine()?.paths;
    let folder = match folder {
        Folder::Data => paths.data.clone(),
        Folder::Elements => paths.elements(),
        Folder::Log => paths.log(),
    };
    let opened = std::fs::create_dir_all(&folder).and_then(|()| open::that_detached(&folder));
    opened.map_err(|e| Failure::internal(format!("the folder could not be opened: {}", e.kind())).into())
}

/// Looks at the keychain again.
#[tauri::command]
pub(super) async fn check_keychain(app: AppHandle, desk: State<'_, Desk>) -> Answer<KeychainView> {
    let view = desk.engine()?.keychain().await;
    changed(&app);
    Ok(view)
}
