//! What one operation asked of whom, for a report about it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::HttpError;
use crate::domain::exchange::Exchange;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::oauth::token::error_code;

/// A sign-in needs five or six; one that polls needs more, and its last ones tell most.
const MOST: usize = 20;
/// No refusal is longer. Beyond it an answer is a list, which is not read twice.
const REFUSAL_MAX: usize = 64 * 1024;

/// Clones write into the same journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<Mutex<VecDeque<Exchange>>>);

impl Journal {
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Begins an entry. It is written when it ends, or when whoever asked no longer waits.
    pub(super) fn begin(&self, request: &HttpRequest) -> Entry {
        let exchange = Exchange::of(request.method.as_str(), &request.url);
        Entry { journal: self.clone(), began: Instant::now(), exchange: Some(exchange) }
    }

    fn write(&self, exchange: Exchange) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back(exchange);
    }
}

/// A request that is under way.
pub(super) struct Entry {
    journal: Journal,
    began: Instant,
    exchange: Option<Exchange>,
}

impl Entry {
    pub(super) fn end(mut self, result: &Result<HttpResponse, HttpError>) {
        self.write(|exchange| match result {
            Ok(answer) => {
                let small = answer.body.expose().len() <= REFUSAL_MAX;
                exchange.answered(answer.status, if small { error_code(answer) } else { None })
            }
            Err(error) => Exchange { error: Some(error.in_words().to_owned()), ..exchange },
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
