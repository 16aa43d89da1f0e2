//! The connections that a server may have open, and which of them gives way when there are too many.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The time in which a client that has connected sends its request, even on a busy computer. Until then its connection
/// does not give way. Short, because new clients wait for it while all places are taken.
const GRACE: Duration = Duration::from_millis(50);

/// The places of a server. When all are taken, the oldest connection without a complete request head, or with its
/// response, is closed: no number of them keeps another client from being served.
#[derive(Debug)]
pub(crate) struct Places {
    total: usize,
    free: Arc<Semaphore>,
    next: AtomicU64,
    /// Those that may be closed, oldest first.
    idle: Mutex<BTreeMap<u64, Idle>>,
}

#[derive(Debug)]
struct Idle {
    since: Instant,
    close: Arc<Notify>,
}

impl Places {
    pub(crate) fn new(total: usize) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(total));
        Arc::new(Self { total, free, next: AtomicU64::new(0), idle: Mutex::default() })
    }

    /// Takes a place for a new connection. `None` once the server is gone.
    pub(crate) async fn take(self: Arc<Self>) -> Option<Place> {
        let mut free = pin!(self.free.clone().acquire_owned());
        let permit = loop {
            let patience = if self.free.available_permits() > 0 { GRACE } else { self.close_oldest() };
            tokio::select! {
                biased;
                permit = &mut free => break permit.ok()?,
                // Its head has arrived after all, or one that is answered may be closed by now.
                () = tokio::time::sleep(patience) => {}
            }
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut place = Place { id, close: Arc::default(), places: self.clone(), _permit: permit };
        place.release();
        Some(place)
    }

    /// Waits until no connection is left.
    pub(super) async fn wait_empty(&self) {
        let _ = self.free.acquire_many(u32::try_from(self.total).unwrap_or(u32::MAX)).await;
    }

    /// Closes the oldest connection that may be closed. Returns when to try again.
    fn close_oldest(&self) -> Duration {
        let mut idle = self.idle();
        let Some(oldest) = idle.first_entry() else { return GRACE };
        let age = oldest.get().since.elapsed();
        if age < GRACE {
            return GRACE - age;
        }
        oldest.remove().close.notify_one();
        GRACE
    }

    fn idle(&self) -> MutexGuard<'_, BTreeMap<u64, Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    id: u64,
    close: Arc<Notify>,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Completes when the connection has to give way.
    pub(crate) async fn give_way(&self) {
        self.close.notified().await;
    }

    /// The request head is complete: the connection stays.
    pub(super) fn keep(&self) {
        self.places.idle().remove(&self.id);
    }

    /// The response is sent: the connection may be closed.
    pub(super) fn release(&mut self) {
        self.close = Arc::new(Notify::new());
        let idle = Idle { since: Instant::now(), close: self.close.clone() };
        self.places.idle().insert(self.id, idle);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.idle().remove(&self.id);
    }
}
