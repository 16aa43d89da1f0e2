//! The window: a thin edge over the engine. Each function in `commands` is one call that the page can make.

mod app;
mod attempts;
mod background;
mod clipboard;
mod commands;
mod notices;
mod watch;
mod window;

use std::io::Write;
use std::process::ExitCode;

use tauri::{Manager, RunEvent};

use crate::engine::{Engine, open_paths};
use crate::io::display::{self, NO_DISPLAY};
use crate::io::vault::Prompting;
use app::{OpenedEngine, bring_forward, opened_engine};
use attempts::Attempts;
use clipboard::Clipboard;
use commands::connections::RemovedPage;
use notices::Notices;

/// Runs the window until it is closed.
pub fn run() -> ExitCode {
    crate::io::hardening::protect_memory();
    if !display::is_available() {
        let _ = writeln!(std::io::stderr(), "{NO_DISPLAY}");
        return ExitCode::FAILURE;
    }
    crate::io::log::init();
    let paths = open_paths();
    let mut context = tauri::generate_context!();
    if let (Ok(paths), true) = (&paths, std::env::var_os("KEYRACK_HOME").is_some()) {
        // Each home is an application of its own: its window must not come forward in place of another's.
        context.config_mut().identifier = format!("app.keyrack.home{}", paths.home_id);
    }
    let web_data = paths.as_ref().ok().map(|paths| paths.state.join("webview"));
    let engine = OpenedEngine::new(paths.and_then(|paths| Engine::open(paths, Prompting::Allowed)));
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| bring_forward(app)))
        .plugin(tauri_plugin_notification::init())
        .manage(engine)
        .manage(Attempts::default())
        .manage(Clipboard::default())
        .manage(Notices::default())
        .manage(RemovedPage::default())
        // Written by build.rs: every function of `commands` that has the attribute.
        .invoke_handler(include!(concat!(env!("OUT_DIR"), "/handler.rs")))
        .setup(move |app| Ok(window::open(app, web_data)?))
        .build(context)
        .expect("the system shows windows")
        .run(|app, event| {
            // The window is closed; operations that were begun at a provider still finish in the keychain.
            if let (RunEvent::Exit, Ok(engine)) = (&event, opened_engine(app)) {
                tauri::async_runtime::block_on(engine.wait_idle());
            }
            // Quitting by the menu or by the end of the session closes no window first.
            if let RunEvent::ExitRequested { api, code: None, .. } = event
                && app.state::<Attempts>().holds_a_token()
            {
                api.prevent_exit();
                bring_forward(app);
            }
        });
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    fn configuration() -> Value {
        serde_json::from_str(include_str!("../../../tauri.conf.json")).expect("tauri.conf.json")
    }

    #[test]
    fn the_page_may_load_and_call_nothing_but_its_own() {
        let conf = configuration();
        let policy = conf.pointer("/app/security/csp").and_then(Value::as_str).expect("a policy");
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
                let url = address.parse().expect("an address");
                assert_eq!(super::window::is_our_page(&url), expected, "{address}");
            }
        }
    }

    /// A command that is registered but not granted would fail only when it is first used, and one that the page never
    /// calls is an open door.
    #[test]
    fn every_command_is_declared_registered_and_granted() {
        let handler = include_str!(concat!(env!("OUT_DIR"), "/handler.rs"));
        let registered: BTreeSet<&str> = handler
            .lines()
            .filter_map(|line| {
                Some(line.trim().strip_prefix("commands::")?.trim_end_matches(',').rsplit_once("::")?.1)
            })
            .collect();

        // Each one is called by the page, and nothing else is.
        let page = include_str!("../../../ui/src/ipc/api.ts");
        let calls = page.split("call<").filter_map(|rest| rest.split_once(">(\"")?.1.split('"').next());
        assert_eq!(registered, calls.collect(), "the page and the program differ");

        // The one capability grants exactly these, each by name, in what Tauri compiles in.
        let conf = configuration();
        assert_eq!(
            conf.pointer("/app/security/capabilities"),
            Some(&serde_json::json!([{
                "identifier": "main",
                "description": "What the one window may ask of the program.",
                "windows": ["main"],
                "permissions": ["core:event:allow-listen", "core:event:allow-unlisten", "page-commands"]
            }]))
        );
        let manifests: Value =
            serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/acl-manifests.json")))
                .expect("JSON");
        let set = manifests.pointer("/__app-acl__/permission_sets/page-commands/permissions").expect("a set");
        let granted: BTreeSet<_> = set
            .as_array()
            .expect("a list")
            .iter()
            .map(|name| name.as_str().expect("a name").to_owned())
            .collect();
        let expected = registered.iter().map(|command| format!("allow-{}", command.replace('_', "-")));
        assert_eq!(granted, expected.collect());
    }
}
