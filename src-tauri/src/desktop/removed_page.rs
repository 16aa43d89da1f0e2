use std::sync::{Mutex, PoisonError};

/// The last connection that was removed, with the product's page on which its access is ended.
#[derive(Default)]
pub(super) struct RemovedPage(Mutex<Option<(String, String)>>);

impl RemovedPage {
    pub(super) fn remember(&self, connection: &str, page: Option<String>) {
        let removed = page.map(|page| (connection.to_owned(), page));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = removed;
    }

    pub(super) fn find(&self, connection: &str) -> Option<String> {
        let removed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        removed.as_ref().filter(|(id, _)| id == connection).map(|(_, page)| page.clone())
    }
}
