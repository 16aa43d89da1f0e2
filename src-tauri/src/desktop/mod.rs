//! The window: a thin edge over the engine. Commands are in `commands`, the sign-ins of this window in `attempts`, and
//! what another program changes arrives through `watch`.

mod attempts;
mod clipboard;
mod commands;
mod notices;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tauri::webview::{Color, PageLoadEvent};
use tauri::{
    App, AppHandle, Emitter, Manager, RunEvent, Theme, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
};

use crate::domain::error::{Code, Failure};
use crate::domain::view::{Appearance, KeychainState};
use crate::engine::Engine;
use crate::io::index::Setting;
use crate::io::paths::Paths;
use crate::io::vault::Prompting;
use attempts::Attempts;
use clipboard::Clipboard;
use notices::Notices;

/// The only window.
const WINDOW: &str = "main";
/// Wide enough for one column of 640 and its margins; a person's own size is remembered.
const SIZE: (f64, f64) = (760.0, 640.0);
/// The smallest size at which every screen is whole.
const MIN_SIZE: (f64, f64) = (480.0, 420.0);

/// The page's own background, so that a window that is still empty does not flash white: `bg` in `tokens.css`.
const PAPER_LIGHT: Color = Color(0xf7, 0xf5, 0xf1, 0xff);
/// The same in the dark.
const PAPER_DARK: Color = Color(0x15, 0x14, 0x12, 0xff);

/// What the commands share.
struct Desk {
    /// A home or an index that cannot be used is a failure to show in the window, not a reason for none.
    engine: Result<Engine, Failure>,
    attempts: Attempts,
    clipboard: Clipboard,
    notices: Notices,
    /// The last connection that was removed, with the product's page on which its access is ended.
    removed: Mutex<Option<(String, String)>>,
}

impl Desk {
    fn note_removed(&self, connection: &str, page: Option<String>) {
        let removed = page.map(|page| (connection.to_owned(), page));
        *self.removed.lock().unwrap_or_else(PoisonError::into_inner) = removed;
    }

    fn page_of_removed(&self, connection: &str) -> Option<String> {
        let removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.as_ref().filter(|(id, _)| id == connection).map(|(_, page)| page.clone())
    }

    fn engine(&self) -> Result<&Engine, Failure> {
        self.engine.as_ref().map_err(Clone::clone)
    }
}

/// Runs the window until it is closed.
///
/// # Panics
/// When the system has no way to show a window.
pub fn run() {
    crate::io::log::init();
    let paths = Paths::from_env().map_err(|e| {
        Failure::new(Code::IndexUnwritable).detail(format!("the home cannot be used: {}", e.kind()))
    });
    let mut context = tauri::generate_context!();
    if let (Ok(paths), true) = (&paths, std::env::var_os("KEYRACK_HOME").is_some()) {
        // A home of its own is an application of its own: its window does not come forward in place of another's.
        context.config_mut().identifier = format!("app.keyrack.home{}", paths.home_id);
    }
    let web_data = paths.as_ref().ok().map(|paths| paths.state.join("webview"));
    let engine = paths.and_then(|paths| Engine::open(paths, Prompting::Allowed));
    let desk = Desk {
        engine,
        attempts: Attempts::default(),
        clipboard: Clipboard::default(),
        notices: Notices::default(),
        removed: Mutex::default(),
    };
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| come_forward(app)))
        .plugin(tauri_plugin_notification::init())
        .manage(desk)
        .invoke_handler(tauri::generate_handler![
            commands::add_certificate,
            commands::add_workspace,
            commands::cancel,
            commands::check_keychain,
            commands::connect,
            commands::copy_link,
            commands::copy_token,
            commands::describe,
            commands::dismiss,
            commands::element,
            commands::elements,
            commands::import_instances,
            commands::instances,
            commands::keep_waiting,
            commands::open_access_page,
            commands::open_browser_again,
            commands::open_folder,
            commands::paste_back,
            commands::presets,
            commands::remove,
            commands::remove_certificate,
            commands::remove_element,
            commands::remove_workspace,
            commands::rename,
            commands::rename_workspace,
            commands::renew,
            commands::replace_secrets,
            commands::save_again,
            commands::save_as_new,
            commands::set_appearance,
            commands::set_callback_port,
            commands::set_enabled,
            commands::set_tags,
            commands::state,
            commands::take_account,
            commands::test,
            commands::use_workspace,
        ])
        .setup(move |app| {
            open_window(app, web_data)?;
            Ok(())
        })
        .build(context)
        .expect("the system shows windows")
        .run(|app, event| {
            // The window is gone; what was begun at a provider is still brought to the keychain.
            if let (RunEvent::Exit, Ok(engine)) = (&event, app.state::<Desk>().engine()) {
                tauri::async_runtime::block_on(engine.wait_idle());
            }
            // Quitting by the menu or the end of the session closes no window first.
            if let RunEvent::ExitRequested { api, code: None, .. } = event
                && app.state::<Desk>().attempts.holds_a_token()
            {
                api.prevent_exit();
                come_forward(app);
            }
        });
}

fn open_window(app: &App, web_data: Option<std::path::PathBuf>) -> tauri::Result<()> {
    let engine = app.state::<Desk>().engine().ok().cloned();
    let (width, height) = engine.as_ref().and_then(remembered_size).unwrap_or(SIZE);
    let appearance = engine.as_ref().map(appearance).unwrap_or_default();
    let first_paint = AtomicBool::new(true);
    let mut builder = WebviewWindowBuilder::new(app, WINDOW, WebviewUrl::default())
        .title("Keyrack")
        .inner_size(width, height)
        .min_inner_size(MIN_SIZE.0, MIN_SIZE.1)
        .theme(theme(appearance))
        .on_page_load(move |window, payload| {
            if payload.event() == PageLoadEvent::Finished && first_paint.swap(false, Ordering::Relaxed) {
                after_first_paint(window.app_handle());
            }
        });
    // A sign-in belongs in the person's own browser (RFC 8252 §8.12), and nothing else leads away from the page.
    builder = builder.on_navigation(is_our_page);
    // The title follows the screen, for task lists and screen readers.
    builder = builder.on_document_title_changed(|window, title| {
        let _ = window.set_title(&title);
    });
    if let Some(folder) = web_data {
        builder = builder.data_directory(folder);
    }
    let window = builder.build()?;
    let dark = matches!(window.theme(), Ok(Theme::Dark));
    let _ = window.set_background_color(Some(if dark { PAPER_DARK } else { PAPER_LIGHT }));
    let seen = window.clone();
    window.on_window_event(move |event| match event {
        WindowEvent::CloseRequested { api, .. } => {
            let desk = seen.state::<Desk>();
            if desk.attempts.holds_a_token() {
                // A token lives in memory only until the keychain is unlocked. Closing would lose it.
                api.prevent_close();
                changed(seen.app_handle());
            }
            remember_size(&seen, desk.engine().ok());
        }
        WindowEvent::Destroyed => seen.app_handle().exit(0),
        _ => {}
    });
    Ok(())
}

/// Where Tauri serves the page from: a scheme of its own, on Windows a host of its own.
fn is_our_page(url: &tauri::Url) -> bool {
    (url.scheme() == "tauri" && url.host_str() == Some("localhost"))
        || (matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost"))
}

/// Work that would only delay the window: what a killed program left behind, and listening for other programs.
fn after_first_paint(app: &AppHandle) {
    let Ok(engine) = app.state::<Desk>().engine().cloned() else { return };
    watch::start(app.clone(), engine.clone());
    let (again, renewing) = (app.clone(), app.clone());
    let ahead = engine.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            // Nobody asked for this, so nobody is asked for a password either.
            if engine.keychain().await.state == KeychainState::Ready
                && let Err(failure) = engine.reconcile().await
            {
                tracing::warn!(code = %failure, "could not look after what was left undone");
            }
            changed(&again);
            tokio::time::sleep(LOOK_AFTER).await;
        }
    });
    tauri::async_runtime::spawn(async move { ahead.renew_ahead(|| changed(&renewing)).await });
}

/// How often it is looked after what was left undone: an access that could not be ended, an instance whose answer was
/// lost. Nobody waits for it.
const LOOK_AFTER: Duration = Duration::from_secs(5 * 60);

/// Tells the window to ask for its state again.
fn changed(app: &AppHandle) {
    let desk = app.state::<Desk>();
    if let Ok(engine) = desk.engine() {
        desk.notices.look(app, engine);
    }
    // Fails only when the window is gone.
    let _ = app.emit("changed", ());
}

/// Brings the window to the person: a second start, or a callback that arrived.
fn come_forward(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(WINDOW) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

fn appearance(engine: &Engine) -> Appearance {
    let stored = engine.index.setting(Setting::Appearance).ok().flatten();
    stored.and_then(|word| serde_json::from_value(word.into()).ok()).unwrap_or_default()
}

fn theme(appearance: Appearance) -> Option<Theme> {
    match appearance {
        Appearance::System => None,
        Appearance::Light => Some(Theme::Light),
        Appearance::Dark => Some(Theme::Dark),
    }
}

fn remembered_size(engine: &Engine) -> Option<(f64, f64)> {
    let text = engine.index.setting(Setting::WindowSize).ok()??;
    let (width, height) = text.split_once('x')?;
    let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
    Some((width.max(MIN_SIZE.0), height.max(MIN_SIZE.1)))
}

fn remember_size(window: &WebviewWindow, engine: Option<&Engine>) {
    let (Some(engine), Ok(size), Ok(scale)) = (engine, window.inner_size(), window.scale_factor()) else {
        return;
    };
    let size = size.to_logical::<f64>(scale);
    let _ = engine
        .index
        .set_setting(Setting::WindowSize, &format!("{}x{}", size.width.round(), size.height.round()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_may_load_and_ask_nothing_but_its_own() {
        let conf: serde_json::Value =
            serde_json::from_str(include_str!("../../../tauri.conf.json")).expect("tauri.conf.json");
        let policy = conf.pointer("/app/security/csp").and_then(|csp| csp.as_str()).expect("a policy");
        let own = ["'none'", "'self'", "ipc:", "http://ipc.localhost"];
        for directive in policy.split(';') {
            let mut words = directive.split_whitespace();
            let name = words.next().expect("a directive");
            assert!(words.all(|source| own.contains(&source)), "{directive}");
            assert!(name != "default-src" || directive.contains("'none'"), "{directive}");
        }
        for nothing in ["base-uri", "form-action", "frame-ancestors", "default-src"] {
            assert!(policy.contains(&format!("{nothing} 'none'")), "{nothing}");
        }
        let ours = ["tauri://localhost/", "http://tauri.localhost/index.html"];
        let others = ["https://example.com/", "http://localhost/", "data:text/html,x", "tauri://elsewhere/"];
        for (addresses, expected) in [(&ours[..], true), (&others[..], false)] {
            for address in addresses {
                assert_eq!(super::is_our_page(&address.parse().expect("an address")), expected, "{address}");
            }
        }
    }

    /// A command that is registered but not granted would fail only when it is first used.
    #[test]
    fn every_command_is_declared_registered_and_granted() {
        let declared: Vec<&str> = include_str!("commands.txt").lines().collect();
        let source = include_str!("mod.rs");
        let conf: serde_json::Value =
            serde_json::from_str(include_str!("../../../tauri.conf.json")).expect("tauri.conf.json");
        let granted = conf.pointer("/app/security/capabilities/0/permissions").expect("one capability");
        for command in &declared {
            assert!(source.contains(&format!("commands::{command},")), "{command} is not registered");
            let permission = format!("allow-{}", command.replace('_', "-"));
            assert!(granted.as_array().expect("a list").contains(&permission.clone().into()), "{permission}");
        }
        let registered = source.lines().filter(|line| line.trim_start().starts_with("commands::")).count();
        assert_eq!(registered, declared.len(), "registered and declared commands differ");
    }
}
