//! A bound callback address, and the sign-ins that receive their callbacks there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};
use url::Url;

use crate::domain::attempt::Stray;
use crate::domain::oauth::callback::Callback;
use crate::domain::sensitive::Sensitive;
use crate::io::listener::Serving;
use crate::io::lock::Lock;
use crate::io::page::Page;

/// What a callback must carry to belong to a sign-in.
#[derive(Clone, Debug)]
pub enum Binding {
    /// OAuth 2: our own `state` (RFC 6749 §10.12).
    State(String),
    /// OAuth 1.0a: the temporary credentials' token (RFC 5849 §2.2). The RFC describes no refusal, so a refusal may
    /// carry the `state` that was appended to the callback address instead.
    RequestToken { token: Sensitive<String>, state: String },
    /// The provider echoes no `state`: accepted only while exactly one sign-in is pending at the address.
    OnlyPending,
}

impl Binding {
    /// `pending` is the number of pending sign-ins at the address.
    pub fn matches(&self, callback: &Callback, pending: usize) -> bool {
        match self {
            Self::State(state) => callback.binds_oauth2(state),
            Self::RequestToken { token, state } => {
                callback.binds_oauth1(token.expose())
                    || (callback.is_refusal() && callback.binds_oauth2(state))
            }
            Self::OnlyPending => pending == 1 && (callback.get("code").is_some() || callback.is_refusal()),
        }
    }
}

/// A sign-in that waits for its callback, or has it and shows its page to late requests.
pub(super) struct PendingCallback {
    pub(super) path: String,
    pub(super) binding: Binding,
    /// Taken by the first callback.
    pub(super) sender: Mutex<Option<oneshot::Sender<Callback>>>,
    pub(super) page: watch::Receiver<Option<Page>>,
    strays: watch::Sender<Option<Stray>>,
}

impl PendingCallback {
    pub(super) fn is_pending(&self) -> bool {
        lock(&self.sender).is_some()
    }
}

/// A bound address. Several sign-ins of one process share it.
#[derive(Default)]
pub(super) struct Address {
    /// Host and port, as in `Host`.
    pub(super) authority: String,
    pub(super) callbacks: Mutex<Vec<Arc<PendingCallback>>>,
    /// `None` once it is being closed.
    pub(super) serving: Mutex<Option<Serving>>,
    pub(super) _owner: Option<Lock>,
}

impl Address {
    /// Tells the pending sign-ins that something came that is none of their callbacks.
    pub(super) fn report(&self, stray: Stray, concerns: impl Fn(&PendingCallback) -> bool) {
        for pending in lock(&self.callbacks).iter().filter(|p| p.is_pending() && concerns(p)) {
            // Each kind once: a page that loads again and again is no news.
            pending.strays.send_if_modified(|known| {
                let is_new = *known < Some(stray);
                *known = (*known).max(Some(stray));
                is_new
            });
        }
    }
}

/// A bound callback address. The socket lives as long as any clone of it.
#[derive(Clone)]
pub struct CallbackListener {
    pub(super) address: Arc<Address>,
    /// The address as it is sent, with the bound port.
    pub url: String,
}

impl CallbackListener {
    /// Starts accepting callbacks that match `binding`.
    pub fn accept(&self, binding: Binding) -> CallbackReceiver {
        let (sender, receiver) = oneshot::channel();
        let (page_sender, page) = watch::channel(None);
        let path = self.url.parse::<Url>().map(|u| u.path().to_owned()).unwrap_or_default();
        let (sender, strays) = (Mutex::new(Some(sender)), watch::Sender::new(None));
        let pending = Arc::new(PendingCallback { path, binding, sender, page, strays });
        lock(&self.address.callbacks).push(pending.clone());
        CallbackReceiver { listener: self.clone(), pending, receiver: Some(receiver), page_sender }
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
    pending: Arc<PendingCallback>,
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

    /// What came to the address that is no callback of a sign-in.
    pub fn strays(&self) -> watch::Receiver<Option<Stray>> {
        let mut strays = self.pending.strays.subscribe();
        if strays.borrow().is_some() {
            strays.mark_changed();
        }
        strays
    }

    /// Stops accepting, because the callback came another way; later ones wait for the page.
    pub fn stop_accepting(&mut self) {
        self.receiver = None;
        lock(&self.pending.sender).take();
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
            lock(&self.listener.address.callbacks).retain(|pending| !Arc::ptr_eq(pending, &self.pending));
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
