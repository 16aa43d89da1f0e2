//! One at a time, by a mark that is handed from thread to thread: a call of the keychain is begun by one thread and ended
//! by another, which a lock of the standard library does not allow.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where turns are waited for. Clones are the same place.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Place>);

#[derive(Default)]
struct Place {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    taken: bool,
    /// How many turns have ended.
    ended: u64,
    /// Who waits, in the order in which they came: under load nobody is passed over.
    queue: VecDeque<u64>,
    last_number: u64,
}

/// The right to be the only one. It ends when it is dropped, by whichever thread.
pub(super) struct Turn(Arc<Place>);

impl Turns {
    /// Waits for a turn; `None` once nobody's has ended for this long.
    pub(super) fn take(&self, patience: Duration) -> Option<Turn> {
        let mut state = self.0.lock();
        state.last_number += 1;
        let number = state.last_number;
        state.queue.push_back(number);
        let is_mine = |state: &State| !state.taken && state.queue.front() == Some(&number);
        while !is_mine(&state) {
            let before = state.ended;
            let nothing_happened = |now: &mut State| !is_mine(now) && now.ended == before;
            let waited = self.0.changed.wait_timeout_while(state, patience, nothing_happened);
            let (now, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if waited.timed_out() {
                state.queue.retain(|other| *other != number);
                drop(state);
                // Whoever is first now may have waited for us.
                self.0.changed.notify_all();
                return None;
            }
        }
        state.queue.pop_front();
        state.taken = true;
        Some(Turn(self.0.clone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.taken = false;
        state.ended += 1;
        drop(state);
        // All of them: the first takes it, and the others count their patience anew.
        self.0.changed.notify_all();
    }
}

impl Place {
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
    fn turns_go_one_at_a_time_however_many_wait() {
        let (turns, inside, most) = (Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    // Altogether much longer than anybody's patience with one of them.
                    let turn = turns.take(Duration::from_secs(1)).expect("a turn");
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(100));
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn whoever_came_first_is_first() {
        let turns = Turns::default();
        let held = turns.take(Duration::ZERO).expect("free");
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for number in 0..8 {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    let turn = turns.take(Duration::from_secs(60)).expect("a turn");
                    order.lock().expect("not poisoned").push(number);
                    drop(turn);
                });
                while turns.0.lock().queue.len() <= number {
                    thread::yield_now();
                }
            }
            drop(held);
        });
        assert_eq!(order.into_inner().expect("not poisoned"), (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn a_turn_that_never_ends_is_not_waited_for() {
        let turns = Turns::default();
        let held = turns.take(Duration::ZERO).expect("free");
        assert!(turns.take(Duration::from_millis(50)).is_none());
        thread::spawn(move || drop(held)).join().expect("dropped elsewhere");
        assert!(turns.take(Duration::ZERO).is_some());
    }
}
