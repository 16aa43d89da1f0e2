//! Desktop notifications: one for each connection that begins to need a sign-in or other settings, and none for
//! temporary failures.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt;

use crate::domain::connection::{Connection, Status};
use crate::engine::Engine;

/// The last seen status of each connection, by id. `None` before the first reading.
#[derive(Default)]
pub(super) struct Notices {
    seen: Mutex<Option<HashMap<String, Status>>>,
}

impl Notices {
    /// Notifies the user of each status that is new since the last call. What the first call finds, the page shows.
    pub(super) fn update(&self, app: &AppHandle, engine: &Engine) {
        // Held while the index is read: an older reading must not replace a newer one.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(rows) = engine.list_rows(None) else { return };
        let before = seen.replace(rows.iter().map(|row| (row.id.clone(), row.status)).collect());
        drop(seen);
        let Some(before) = before else { return };
        for row in rows.iter().filter(|row| is_new(row, &before)) {
            let (title, body) = write_notice(row);
            tracing::info!(connection = %row.id, status = row.status.as_str(), "notified the user");
            // A desktop without notifications still has the list.
            let _ = app.notification().builder().title(title).body(body).show();
        }
    }
}

fn is_new(row: &Connection, before: &HashMap<String, Status>) -> bool {
    let needs = matches!(row.status, Status::NeedsSignIn | Status::NeedsSettings);
    needs && before.get(&row.id).is_some_and(|status| *status != row.status)
}

/// Returns title and body. A title is plain text on every system.
fn write_notice(row: &Connection) -> (String, String) {
    let product = if cfg!(target_os = "linux") { escape_markup(&row.product) } else { row.product.clone() };
    match row.status {
        Status::NeedsSettings => (
            format!("“{}” needs other settings", row.name),
            format!("{product} no longer accepts how it signs in. Open Keyrack to see what to do."),
        ),
        _ => (
            format!("Sign in to “{}” again", row.name),
            format!("{product} ended this sign-in. Other connections are not affected."),
        ),
    }
}

/// A body may hold links and images (Desktop Notifications Specification, "Markup"), and a product's name is not ours.
fn escape_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_markup() {
        for (text, wanted) in [
            ("Zendesk", "Zendesk"),
            ("Act! & Sons", "Act! &amp; Sons"),
            (
                "<a href=\"https://example.com\">Sign in</a>",
                "&lt;a href=\"https://example.com\"&gt;Sign in&lt;/a&gt;",
            ),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ] {
            assert_eq!(escape_markup(text), wanted);
        }
    }
}
