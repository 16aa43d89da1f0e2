//! Deadlines for calls that cannot be interrupted.

use std::sync::mpsc;
use std::time::Duration;

use super::error::VaultError;

/// Runs `work` on a thread of its own, which is left behind when `deadline` passes: calls of the operating system's
/// keychain cannot be interrupted.
///
/// # Errors
/// [`VaultError::Locked`] when `deadline` passes.
pub(super) fn run_within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("keychain".into())
        .spawn(move || {
            let _ = sender.send(work());
        })
        .map_err(|_| VaultError::Denied)?;
    receiver.recv_timeout(deadline).unwrap_or(Err(VaultError::Locked))
}
