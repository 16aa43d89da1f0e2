//! The only window: its size, its theme, its colour before the page is drawn, and what it may load.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use tauri::webview::{Color, PageLoadEvent};
use tauri::{App, Manager, Theme, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};

use super::app::{WINDOW, opened_engine, report_change};
use super::attempts::Attempts;
use super::background;
use crate::domain::view::Appearance;
use crate::engine::Engine;
use crate::io::index::Setting;

/// Wide enough for one column of 640 and its margins, until the user chooses a size.
const SIZE: (f64, f64) = (760.0, 640.0);
/// The smallest size at which every screen is whole.
const MIN_SIZE: (f64, f64) = (480.0, 420.0);

/// The page's own background, so that a window that is still empty does not flash white: `bg` in `tokens.css`.
const PAPER_LIGHT: Color = Color(0xf7, 0xf5, 0xf1, 0xff);
const PAPER_DARK: Color = Color(0x15, 0x14, 0x12, 0xff);

pub(super) fn open(app: &App, web_data: Option<PathBuf>) -> tauri::Result<()> {
    let engine = opened_engine(app.handle()).ok();
    let (width, height) = engine.and_then(read_size).unwrap_or(SIZE);
    let appearance = engine.map(read_appearance).unwrap_or_default();
    let first_paint = AtomicBool::new(true);
    let mut builder = WebviewWindowBuilder::new(app, WINDOW, WebviewUrl::default())
        .title("Keyrack")
        .inner_size(width, height)
        .min_inner_size(MIN_SIZE.0, MIN_SIZE.1)
        .theme(theme_of(appearance))
        // The sign-in belongs in the user's own browser (RFC 8252 §8.12), and nothing else leads away from the page.
        .on_navigation(is_our_page)
        // The title follows the screen, for task lists and screen readers.
        .on_document_title_changed(|window, title| {
            let _ = window.set_title(&title);
        })
        .on_page_load(move |window, payload| {
            if payload.event() == PageLoadEvent::Finished && first_paint.swap(false, Ordering::Relaxed) {
                background::start(window.app_handle());
            }
        });
    if let Some(folder) = web_data {
        builder = builder.data_directory(folder);
    }
    let window = builder.build()?;
    let dark = matches!(window.theme(), Ok(Theme::Dark));
    let _ = window.set_background_color(Some(if dark { PAPER_DARK } else { PAPER_LIGHT }));
    let handle = window.clone();
    window.on_window_event(move |event| match event {
        WindowEvent::CloseRequested { api, .. } => {
            if handle.state::<Attempts>().holds_a_token() {
                api.prevent_close();
                report_change(handle.app_handle());
            }
            if let Ok(engine) = opened_engine(handle.app_handle()) {
                save_size(&handle, engine);
            }
        }
        WindowEvent::Destroyed => handle.app_handle().exit(0),
        _ => {}
    });
    Ok(())
}

/// Tauri serves the page from a scheme of its own, on Windows from a host of its own.
pub(super) fn is_our_page(url: &tauri::Url) -> bool {
    (url.scheme() == "tauri" && url.host_str() == Some("localhost"))
        || (matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost"))
}

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

fn read_size(engine: &Engine) -> Option<(f64, f64)> {
    let text = engine.read_setting(Setting::WindowSize).ok()??;
    let (width, height) = text.split_once('x')?;
    let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
    Some((width.max(MIN_SIZE.0), height.max(MIN_SIZE.1)))
}

fn save_size(window: &WebviewWindow, engine: &Engine) {
    let (Ok(size), Ok(scale)) = (window.inner_size(), window.scale_factor()) else { return };
    let size = size.to_logical::<f64>(scale);
    let text = format!("{}x{}", size.width.round(), size.height.round());
    let _ = engine.save_setting(Setting::WindowSize, &text);
}
