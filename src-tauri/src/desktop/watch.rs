//! Watches for changes by other programs: the command line writes to the same index.

use std::sync::mpsc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tauri::AppHandle;

use super::app::report_change;
use crate::engine::Engine;

/// How long after a change of a file to read the index. The last write that the system reports comes before the commit,
/// which changes shared memory and is not reported.
const DELAYS_MS: [u64; 4] = [10, 50, 250, 1_000];

/// Watches the folder of the index on a thread of its own. Only writes of other programs change `data_version`.
pub(super) fn start(app: AppHandle, engine: Engine) {
    let spawned = std::thread::Builder::new().name("watch".into()).spawn(move || {
        let (sender, events) = mpsc::channel();
        let watching = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|e| !e.kind.is_access()) {
                let _ = sender.send(());
            }
        })
        .and_then(|mut watcher| {
            watcher.watch(&engine.paths().data, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let Ok(_watcher) = watching else {
            return tracing::warn!("the index cannot be watched; changes by other programs appear late");
        };
        let mut seen = engine.read_data_version().ok();
        while events.recv().is_ok() {
            let mut delays = DELAYS_MS.iter();
            while let Some(delay) = delays.next() {
                if events.recv_timeout(Duration::from_millis(*delay)).is_ok() {
                    // One transaction writes the file many times, and another one may have begun.
                    while events.try_recv().is_ok() {}
                    delays = DELAYS_MS.iter();
                }
                let now = engine.read_data_version().ok();
                if now != seen {
                    seen = now;
                    report_change(&app);
                }
            }
        }
    });
    if spawned.is_err() {
        tracing::warn!("no thread to watch the index");
    }
}
