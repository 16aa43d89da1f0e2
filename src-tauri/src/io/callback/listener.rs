//! A bound callback address, and a sign-in that receives its callback there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{oneshot, watch};
use url::Url;

use super::binding::Binding;
use super::pending::{Address, PendingCallback, lock};
use crate::domain::oauth::callback::Callback;
use crate::io::page::Page;

/// A bound callback address. The socket lives as long as any clone of it.
#[derive(Clone)]
pub struct CallbackListener {
    pub(super) address: Arc<Address>,
    /// The address as it is sent, with the bound port.
    pub url: String,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl CallbackListener {
    /// Starts accepting callbacks that match `binding`.
    pub fn accept(&self, binding: Binding) -> CallbackReceiver {
        let (sender, receiver) = oneshot::channel();
        let (page_sender, page) = watch::channel(None);
        let path = self.url.parse::<Url>().map(|u| u.path().to_owned()).unwrap_or_default();
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let pending = PendingCallback { id, path, binding, sender: Mutex::new(Some(sender)), page };
        lock(&self.address.callbacks).push(Arc::new(pending));
        CallbackReceiver { listener: self.clone(), id, receiver: Some(receiver), page_sender }
    }

    /// Closes the address after started responses are sent, unless another sign-in uses it.
    pub async fn close(self) {
        let serving =
            if Arc::strong_count(&self.address) == 1 { lock(&self.address.serving).take() } else { None };
        if let Some(serving) = serving {
            serving.close().await;
        }
    }
}

/// Receives the callback of one sign-in. Dropping it without a page cancels: later callbacks get 404.
pub struct CallbackReceiver {
    listener: CallbackListener,
    id: u64,
    receiver: Option<oneshot::Receiver<Callback>>,
    page_sender: watch::Sender<Option<Page>>,
}

impl CallbackReceiver {
    /// The first matching callback. Never returns a second one.
    pub async fn receive(&mut self) -> Callback {
        if let Some(receiver) = self.receiver.as_mut()
            && let Ok(callback) = receiver.await
        {
            self.receiver = None;
            return callback;
        }
        std::future::pending().await
    }

    /// Stops accepting, because the callback came another way; later ones wait for the page.
    pub fn stop_accepting(&mut self) {
        self.receiver = None;
        let callbacks = lock(&self.listener.address.callbacks);
        if let Some(pending) = callbacks.iter().find(|pending| pending.id == self.id) {
            lock(&pending.sender).take();
        }
    }

    /// Shows the page in every waiting browser tab, and in late ones until the address is closed.
    pub fn show(self, page: Page) -> CallbackListener {
        self.page_sender.send_replace(Some(page));
        self.listener.clone()
    }
}

impl Drop for CallbackReceiver {
    fn drop(&mut self) {
        if self.page_sender.borrow().is_none() {
            lock(&self.listener.address.callbacks).retain(|pending| pending.id != self.id);
        }
    }
}
