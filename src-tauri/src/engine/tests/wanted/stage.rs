//! The scripted server that answers for every product.

use std::sync::{Arc, Mutex};

use super::table::{self, FORM, JSON, Table};
use crate::scripted::{Reply, Seen};

#[derive(Clone, Default)]
pub(super) struct Stage(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answer: String,
    /// The requests since the answer was set.
    seen: Vec<Seen>,
}

impl Stage {
    pub(super) fn answer(&self, seen: &Seen) -> Reply {
        let mut state = self.0.lock().expect("not poisoned");
        state.seen.push(seen.clone());
        let kind = if state.answer.starts_with(['{', '[']) { JSON } else { FORM };
        Reply::Answer(200, format!("content-type: {kind}\r\n"), state.answer.clone())
    }

    pub(super) fn set(&self, answer: impl ToString) {
        *self.0.lock().expect("not poisoned") = State { answer: answer.to_string(), seen: Vec::new() };
    }

    /// The one request since the answer was set.
    pub(super) fn request(&self) -> Option<Table> {
        match &self.0.lock().expect("not poisoned").seen[..] {
            [seen] => Some(table::of_request(seen)),
            _ => None,
        }
    }
}
