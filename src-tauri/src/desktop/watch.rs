//! Sees what another program changes: the command line writes to the same index.

use std::sync::mpsc;

use notify::{RecursiveMode, Watcher};
use tauri::AppHandle;

use super::changed;
use crate::engine::Engine;

/// Watches the folder of the index on a thread of its own. Our own writes move no `data_version`, so only another
/// program's are told to the window.
pub(super) fn start(app: AppHandle, engine: Engine) {
    let spawned = std::thread::Builder::new().name("watch".into()).spawn(move || {
        let (tell, told) = mpsc::channel();
        let watching = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|e| !e.kind.is_access()) {
                let _ = tell.send(());
            }
        })
        .and_then(|mut watcher| {
            watcher.watch(&engine.paths.data, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let Ok(_watcher) = watching else {
            return tracing::warn!("the index cannot be watched; changes of other programs are seen late");
        };
        let mut seen = engine.index.data_version().ok();
        while told.recv().is_ok() {
            // One transaction touches the file many times.
            while told.try_recv().is_ok() {}
            let now = engine.index.data_version().ok();
            if now != seen {
                seen = now;
                changed(&app);
            }
        }
    });
    if spawned.is_err() {
        tracing::warn!("no thread to watch the index");
    }
}
