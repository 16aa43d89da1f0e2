//! The state that a bound address shares with the sign-ins at it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};

use super::binding::Binding;
use crate::domain::oauth::callback::Callback;
use crate::io::listener::Serving;
use crate::io::lock::Lock;
use crate::io::page::Page;

/// A sign-in that waits for its callback, or has it and shows its page to late requests.
pub(super) struct PendingCallback {
    pub(super) id: u64,
    pub(super) path: String,
    pub(super) binding: Binding,
    /// Taken by the first callback.
    pub(super) sender: Mutex<Option<oneshot::Sender<Callback>>>,
    pub(super) page: watch::Receiver<Option<Page>>,
}

impl PendingCallback {
    pub(super) fn is_pending(&self) -> bool {
        lock(&self.sender).is_some()
    }
}

/// A bound address. Several sign-ins of one process share it.
pub(super) struct Address {
    /// Host and port, as in `Host`.
    pub(super) authority: String,
    pub(super) callbacks: Mutex<Vec<Arc<PendingCallback>>>,
    pub(super) serving: Mutex<Option<Serving>>,
    pub(super) _owner: Option<Lock>,
}

impl Address {
    pub(super) fn is_open(&self) -> bool {
        lock(&self.serving).is_some()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
