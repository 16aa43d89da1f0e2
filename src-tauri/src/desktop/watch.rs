//! Sees what another program changes: the command line writes to the same index.

use std::sync::mpsc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tauri::AppHandle;

use super::changed;
use crate::engine::Engine;

/// When the index is looked at after a file has changed. The last write that can be seen from outside comes before the
/// commit can: that one is a change in shared memory, of which nobody is told.
const LOOKS_MS: [u64; 4] = [10, 50, 250, 1_000];

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
            let mut looks = LOOKS_MS.iter();
            while let Some(pause) = looks.next() {
                if told.recv_timeout(Duration::from_millis(*pause)).is_ok() {
                    // One transaction touches the file many times, and another one may have begun.
                    while told.try_recv().is_ok() {}
                    looks = LOOKS_MS.iter();
                }
                let now = engine.index.data_version().ok();
                if now != seen {
                    seen = now;
                    changed(&app);
                }
            }
        }
    });
    if spawned.is_err() {
        tracing::warn!("no thread to watch the index");
    }
}
