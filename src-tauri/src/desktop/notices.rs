//! Notifications of the desktop: one for each connection that begins to need a person, and none for what passes by
//! itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt;

use crate::domain::connection::{Connection, Status};
use crate::engine::Engine;

/// What was last seen of each connection, whoever changed it: this window, or another program.
#[derive(Default)]
pub(super) struct Notices {
    seen: Mutex<Option<HashMap<String, Status>>>,
}

impl Notices {
    /// Compares with what was seen before, and tells the person what is new. What is so already at the start is on the
    /// screen, and not news.
    pub(super) fn look(&self, app: &AppHandle, engine: &Engine) {
        // Held while the index is read: whoever read it earlier would otherwise bring back what is over, as news.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(rows) = engine.index.connections(None) else { return };
        let before = seen.replace(rows.iter().map(|row| (row.id.clone(), row.status)).collect());
        drop(seen);
        let Some(before) = before else { return };
        for row in rows.iter().filter(|row| is_news(row, &before)) {
            let (title, body) = words(row);
            tracing::info!(connection = %row.id, status = row.status.as_str(), "told the person");
            // A desktop without notifications still has the list.
            let _ = app.notification().builder().title(title).body(body).show();
        }
    }
}

fn is_news(row: &Connection, before: &HashMap<String, Status>) -> bool {
    let needs = matches!(row.status, Status::NeedsSignIn | Status::NeedsSettings);
    needs && before.get(&row.id).is_some_and(|status| *status != row.status)
}

/// Title and body. A title is plain text everywhere.
fn words(row: &Connection) -> (String, String) {
    let product = if cfg!(target_os = "linux") { escaped(&row.product) } else { row.product.clone() };
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

/// Desktop Notifications Specification, "Markup": a body may hold `<b>`, `<a href>` and `<img src>`, so a name that a
/// platform or an element file gives must not be read as such.
fn escaped(text: &str) -> String {
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
            assert_eq!(escaped(text), wanted);
        }
    }
}
