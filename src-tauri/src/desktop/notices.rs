//! Desktop notifications: one for each connection that begins to need a sign-in or other settings, and none for
//! temporary failures. For a key with an end two more: a week and a day before.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt;

use crate::domain::connection::Status;
use crate::domain::key_end::KeyEnd;
use crate::domain::view::ConnectionView;
use crate::engine::Engine;

/// What was last seen of each connection, by id. `None` before the first reading.
#[derive(Default)]
pub(super) struct Notices {
    seen: Mutex<Option<HashMap<String, Seen>>>,
}

/// What a notification may be about.
type Seen = (Status, Option<KeyEnd>);

/// Why the user is notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NeedsSignIn,
    NeedsSettings,
    KeyEnds(KeyEnd),
}

impl Notices {
    /// Notifies the user of all that is new since the last call. What the first call finds, the page shows.
    pub(super) fn update(&self, app: &AppHandle, engine: &Engine) {
        // Held while the index is read: an older reading must not replace a newer one.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(views) = engine.connections(None) else { return };
        let now_seen = views.iter().map(|view| (view.id.clone(), (view.status, view.key_end))).collect();
        let before = seen.replace(now_seen);
        drop(seen);
        let Some(before) = before else { return };
        for view in &views {
            let Some(reason) = before.get(&view.id).and_then(|before| reason(view, *before)) else {
                continue;
            };
            let (title, body) = write_notice(view, reason);
            tracing::info!(connection = %view.id, ?reason, "notified the user");
            // A desktop without notifications still has the list.
            let _ = app.notification().builder().title(title).body(body).show();
        }
    }
}

/// What is new about a connection that the user has to act on.
fn reason(view: &ConnectionView, (status, key_end): Seen) -> Option<Reason> {
    match view.status {
        Status::NeedsSignIn if status != view.status => Some(Reason::NeedsSignIn),
        Status::NeedsSettings if status != view.status => Some(Reason::NeedsSettings),
        // One that is switched off is in use by no program.
        _ if view.disabled => None,
        _ => view.key_end.filter(|end| key_end < Some(*end)).map(Reason::KeyEnds),
    }
}

/// Returns title and body. A title is plain text on every system.
fn write_notice(view: &ConnectionView, reason: Reason) -> (String, String) {
    let product = if cfg!(target_os = "linux") { escape_markup(&view.product) } else { view.product.clone() };
    let name = &view.name;
    let replace = "Open Keyrack to replace it.";
    match reason {
        Reason::NeedsSettings => (
            format!("“{name}” needs other settings"),
            format!("{product} no longer accepts how it signs in. Open Keyrack to see what to do."),
        ),
        Reason::NeedsSignIn => (
            format!("Sign in to “{name}” again"),
            format!("{product} ended this sign-in. Other connections are not affected."),
        ),
        Reason::KeyEnds(KeyEnd::Week) => (
            format!("The key of “{name}” ends within a week"),
            format!("Make a new one at {product} before. {replace}"),
        ),
        Reason::KeyEnds(KeyEnd::Day) => (
            format!("The key of “{name}” ends within a day"),
            format!("Make a new one at {product}. {replace}"),
        ),
        Reason::KeyEnds(KeyEnd::Over) => (
            format!("The key of “{name}” has reached its end"),
            format!("{product} may refuse it from now on. {replace}"),
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
    use crate::domain::connection::{Connection, Facts};
    use crate::domain::view::Revocation;

    fn view(status: Status, key_end: Option<KeyEnd>, disabled: bool) -> ConnectionView {
        let row = Connection {
            facts: Facts { name: "Shop".into(), product: "Stripe".into(), ..Facts::default() },
            disabled,
            status,
            last_code: None,
            identity_key: None,
            scopes: Vec::new(),
            renewed_at: None,
            expires_at: None,
        };
        ConnectionView::new(row, None, Revocation::Stays, key_end)
    }

    #[test]
    fn the_user_is_notified_once_of_each_turn_for_the_worse() {
        use KeyEnd::{Day, Over, Week};
        let ok = Status::Ok;
        for (before, now, disabled, expected) in [
            ((ok, None), (ok, None), false, None),
            ((ok, None), (Status::Retrying, None), false, None),
            ((ok, None), (Status::NeedsSignIn, None), false, Some(Reason::NeedsSignIn)),
            ((Status::NeedsSignIn, None), (Status::NeedsSignIn, None), false, None),
            ((ok, None), (Status::NeedsSettings, None), false, Some(Reason::NeedsSettings)),
            ((ok, None), (ok, Some(Week)), false, Some(Reason::KeyEnds(Week))),
            ((ok, Some(Week)), (ok, Some(Week)), false, None),
            ((ok, Some(Week)), (ok, Some(Day)), false, Some(Reason::KeyEnds(Day))),
            ((ok, Some(Day)), (ok, Some(Over)), false, Some(Reason::KeyEnds(Over))),
            // It was replaced.
            ((ok, Some(Over)), (ok, None), false, None),
            ((ok, None), (ok, Some(Week)), true, None),
        ] {
            let view = view(now.0, now.1, disabled);
            assert_eq!(reason(&view, before), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn a_notice_says_what_ends_and_when() {
        let soon = view(Status::Ok, Some(KeyEnd::Week), false);
        let (title, body) = write_notice(&soon, Reason::KeyEnds(KeyEnd::Week));
        assert_eq!(title, "The key of “Shop” ends within a week");
        assert!(body.contains("Stripe"), "{body}");
    }

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
