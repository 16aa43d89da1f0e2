//! The exchanges of one operation, for a report about it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Begins an entry, which is written when it ends or is dropped.
    pub(super) fn begin(&self, request: &HttpRequest) -> Entry {
        let exchange = Exchange::new(request.method.as_str(), &request.url);
        Entry { journal: self.clone(), began: Instant::now(), exchange: Some(exchange) }
    }

    fn write(&self, exchange: Exchange) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MAX_ENTRIES {
            all.pop_front();
        }
        all.push_back(exchange);
    }
}

/// A request in progress.
pub(super) struct Entry {
    journal: Journal,
    began: Instant,
    exchange: Option<Exchange>,
}

impl Entry {
    pub(super) fn end(mut self, result: &Result<HttpResponse, HttpError>) {
        self.write(|exchange| match result {
            Ok(answer) => {
                let small = answer.body.expose().len() <= MAX_REFUSAL_BYTES;
                exchange.with_answer(answer.status, if small { error_code(answer) } else { None })
            }
            Err(error) => Exchange { error: Some(error.description().to_owned()), ..exchange },
        });
    }

    fn write(&mut self, with: impl FnOnce(Exchange) -> Exchange) {
        if let Some(exchange) = self.exchange.take() {
            let took_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.journal.write(Exchange { took_ms, ..with(exchange) });
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.write(|exchange| Exchange { error: Some("not waited for".to_owned()), ..exchange });
    }
}
