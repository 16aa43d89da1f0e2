//! Counts work that must not be cut off.

use tokio::sync::watch;

/// How much such work is running.
#[derive(Clone)]
pub(super) struct Running(watch::Sender<usize>);

impl Default for Running {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Running {
    /// Counts one piece of work until the guard is dropped.
    pub(super) fn begin(&self) -> Guard {
        self.0.send_modify(|running| *running += 1);
        Guard(self.0.clone())
    }

    /// Waits until nothing is running.
    pub(super) async fn wait_idle(&self) {
        let mut running = self.0.subscribe();
        // Fails only when the sender is gone, which `self` holds.
        let _ = running.wait_for(|running| *running == 0).await;
    }
}

pub(super) struct Guard(watch::Sender<usize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}
