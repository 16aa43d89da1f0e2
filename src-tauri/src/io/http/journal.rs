//! The exchanges of one operation, for a report about it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error::HttpError;
use crate::domain::exchange::Exchange;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::oauth::token::error_code;

/// A sign-in needs five or six; of one that polls, the last ones matter most.
const MAX_ENTRIES: usize = 20;
/// A larger response is a list and no refusal, and is not parsed twice.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// Clones write into the same journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<Mutex<VecDeque<Exchange>>>);

impl Journal {
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.lock().iter().cloned().collect()
    }

    /// Begins an entry, which is written when it ends or is dropped.
    pub(super) fn begin(&self, request: &HttpRequest) -> Entry {
        let exchange = Exchange {
            error: Some("not waited for".to_owned()),
            ..Exchange::new(request.method.as_str(), &request.url)
        };
        Entry { journal: self.clone(), began: Instant::now(), exchange }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in progress.
pub(super) struct Entry {
    journal: Journal,
    began: Instant,
    exchange: Exchange,
}

impl Entry {
    pub(super) fn end(mut self, result: &Result<HttpResponse, HttpError>) {
        self.exchange.error = result.as_ref().err().map(|error| error.description().to_owned());
        if let Ok(answer) = result {
            let small = answer.body.expose().len() <= MAX_REFUSAL_BYTES;
            let code = if small { error_code(answer) } else { None };
            self.exchange = self.exchange.clone().with_answer(answer.status, code);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let took_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut all = self.journal.lock();
        if all.len() == MAX_ENTRIES {
            all.pop_front();
        }
        all.push_back(Exchange { took_ms, ..self.exchange.clone() });
    }
}
