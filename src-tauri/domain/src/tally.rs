//! Counts work per thread in debug builds, so that a test can prove that it is done once.

use std::cell::Cell;
use std::thread::LocalKey;

thread_local! {
    /// The checks of whole forms.
    pub static CHECKS: Cell<usize> = const { Cell::new(0) };
    /// The times that a form was written for the platform's wire, or read from it.
    pub static CODINGS: Cell<usize> = const { Cell::new(0) };
}

pub(crate) fn count(counter: &'static LocalKey<Cell<usize>>) {
    if cfg!(debug_assertions) {
        counter.set(counter.get() + 1);
    }
}
