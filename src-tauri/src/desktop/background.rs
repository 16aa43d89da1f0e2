//! Work that would only delay the window: reconciliation, renewal, and watching for other programs.

use std::time::Duration;

use tauri::AppHandle;

use super::app::{opened_engine, report_change};
use super::watch;
use crate::domain::view::KeychainState;

/// How often to reconcile: an access that could not be ended, an instance whose answer was lost.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Starts the work, once the page is shown.
pub(super) fn start(app: &AppHandle) {
    let Ok(engine) = opened_engine(app).cloned() else { return };
    watch::start(app.clone(), engine.clone());
    let (reconciling, renewing) = (app.clone(), app.clone());
    let renewer = engine.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            // The user did not ask for this, so it must not prompt for the password of a locked keychain.
            if engine.keychain().await.state == KeychainState::Ready
                && let Err(failure) = engine.reconcile().await
            {
                tracing::warn!(code = %failure, "could not reconcile");
            }
            report_change(&reconciling);
            tokio::time::sleep(RECONCILE_INTERVAL).await;
        }
    });
    tauri::async_runtime::spawn(async move { renewer.renew_ahead(|| report_change(&renewing)).await });
}
