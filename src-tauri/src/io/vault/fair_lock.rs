//! A fair lock with a timeout whose guard can be dropped on another thread: a keychain call is started by one thread and
//! ended by another, which the locks of the standard library do not allow.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Clones are the same lock.
#[derive(Clone, Default)]
pub(super) struct FairLock(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    locked: bool,
    /// Counts unlocks.
    unlocked: u64,
    /// Tickets of the waiting threads, in order of arrival.
    queue: VecDeque<u64>,
    last_ticket: u64,
}

/// Unlocks when dropped, on any thread.
pub(super) struct FairLockGuard(Arc<Shared>);

impl FairLock {
    /// Waits for the lock; `None` if no other holder releases it for `timeout`.
    pub(super) fn lock(&self, timeout: Duration) -> Option<FairLockGuard> {
        let mut state = self.0.lock();
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.queue.push_back(ticket);
        let is_next = |state: &State| !state.locked && state.queue.front() == Some(&ticket);
        while !is_next(&state) {
            let before = state.unlocked;
            let unchanged = |state: &mut State| !is_next(state) && state.unlocked == before;
            let waited = self.0.changed.wait_timeout_while(state, timeout, unchanged);
            let (now, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if waited.timed_out() {
                state.queue.retain(|other| *other != ticket);
                drop(state);
                // The thread that is first now may have waited for this one.
                self.0.changed.notify_all();
                return None;
            }
        }
        state.queue.pop_front();
        state.locked = true;
        Some(FairLockGuard(self.0.clone()))
    }
}

impl Drop for FairLockGuard {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.locked = false;
        state.unlocked += 1;
        drop(state);
        // The first takes the lock, and the others restart their timeouts.
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    #[test]
    fn threads_hold_the_lock_one_at_a_time() {
        let (fair, inside, most) = (FairLock::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    // Longer in total than the timeout, which restarts at every unlock.
                    let guard = fair.lock(Duration::from_secs(1)).expect("the lock");
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(100));
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(guard);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_lock_is_handed_out_in_order_of_arrival() {
        let fair = FairLock::default();
        let held = fair.lock(Duration::ZERO).expect("free");
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for number in 0..8 {
                let (fair, order) = (&fair, &order);
                scope.spawn(move || {
                    let guard = fair.lock(Duration::from_secs(60)).expect("the lock");
                    order.lock().expect("not poisoned").push(number);
                    drop(guard);
                });
                while fair.0.lock().queue.len() <= number {
                    thread::yield_now();
                }
            }
            drop(held);
        });
        assert_eq!(order.into_inner().expect("not poisoned"), (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn waiting_for_a_lock_that_is_never_released_times_out() {
        let fair = FairLock::default();
        let held = fair.lock(Duration::ZERO).expect("free");
        assert!(fair.lock(Duration::from_millis(50)).is_none());
        thread::spawn(move || drop(held)).join().expect("dropped elsewhere");
        assert!(fair.lock(Duration::ZERO).is_some());
    }
}
