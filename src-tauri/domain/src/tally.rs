//! Counts work per thread in debug builds, so that a test can prove that it is done once.

use std::cell::Cell;

thread_local! {
    static CHECKS: Cell<usize> = const { Cell::new(0) };
    static CODINGS: Cell<usize> = const { Cell::new(0) };
}

fn add(counter: &'static std::thread::LocalKey<Cell<usize>>) {
    if cfg!(debug_assertions) {
        counter.with(|count| count.set(count.get() + 1));
    }
}

pub(crate) fn count_check() {
    add(&CHECKS);
}

pub(crate) fn count_coding() {
    add(&CODINGS);
}

/// The checks of whole forms on this thread.
pub fn checks() -> usize {
    CHECKS.get()
}

/// The times that a form was written for the platform's wire, or read from it, on this thread.
pub fn codings() -> usize {
    CODINGS.get()
}
