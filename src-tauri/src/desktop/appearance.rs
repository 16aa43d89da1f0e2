use tauri::Theme;

use crate::domain::view::Appearance;
use crate::engine::Engine;
use crate::io::index::Setting;

pub(super) fn read_appearance(engine: &Engine) -> Appearance {
    let stored = engine.read_setting(Setting::Appearance).ok().flatten();
    stored.and_then(|word| serde_json::from_value(word.into()).ok()).unwrap_or_default()
}

/// The theme of the title bar; `None` follows the system.
pub(super) fn theme_of(appearance: Appearance) -> Option<Theme> {
    match appearance {
        Appearance::System => None,
        Appearance::Light => Some(Theme::Light),
        Appearance::Dark => Some(Theme::Dark),
    }
}
