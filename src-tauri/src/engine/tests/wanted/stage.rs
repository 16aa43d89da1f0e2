//! The server that stands in for all others.

use std::sync::{Arc, Mutex};

use super::table::{self, FORM, JSON, Table};
use crate::scripted::{Reply, Seen};

/// What it answers next, and what it was sent.
#[derive(Clone, Default)]
pub(super) struct Stage(Arc<Mutex<(String, Vec<Seen>)>>);

impl Stage {
    pub(super) fn answer(&self, seen: &Seen) -> Reply {
        let mut stage = self.0.lock().expect("not poisoned");
        stage.1.push(seen.clone());
        let kind = if stage.0.starts_with(['{', '[']) { JSON } else { FORM };
        Reply::Answer(200, format!("content-type: {kind}\r\n"), stage.0.clone())
    }

    pub(super) fn set(&self, answer: impl ToString) {
        *self.0.lock().expect("not poisoned") = (answer.to_string(), Vec::new());
    }

    /// The one request since the answer was set.
    pub(super) fn request(&self) -> Option<Table> {
        match &self.0.lock().expect("not poisoned").1[..] {
            [seen] => Some(table::of_request(seen)),
            _ => None,
        }
    }
}
