//! Answers the requests at a callback address.

use std::sync::{Arc, Weak};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::listener::{Address, PendingCallback, lock};
use crate::domain::oauth::callback::Callback;
use crate::io::page;
use crate::io::request_origin::is_navigation;

/// The router holds the address weakly: sign-ins decide how long it lives.
pub(super) fn build(address: &Arc<Address>) -> Router {
    Router::new().fallback(answer).with_state(Arc::downgrade(address))
}

async fn answer(State(address): State<Weak<Address>>, request: Request) -> Response {
    let Some(address) = address.upgrade() else { return not_found() };
    let Some((pending, callback)) = find_pending(&address, &request) else { return not_found() };
    // Not held while waiting: a browser tab must not keep the socket open.
    drop(address);
    if let Some(sender) = lock(&pending.sender).take() {
        let _ = sender.send(callback);
    }
    let mut page = pending.page.clone();
    drop(pending);
    let shown = page.wait_for(Option::is_some).await.ok().and_then(|shown| shown.clone());
    shown.map_or_else(not_found, |shown| page::respond(&shown))
}

fn find_pending(address: &Address, request: &Request) -> Option<(Arc<PendingCallback>, Callback)> {
    if request.method() != Method::GET || !is_navigation(request.headers(), &address.authority) {
        return None;
    }
    let callback = Callback::parse(request.uri().query().unwrap_or_default()).ok()?;
    let callbacks = lock(&address.callbacks);
    let at_path = || callbacks.iter().filter(|pending| pending.path == request.uri().path());
    let count = at_path().filter(|pending| pending.is_pending()).count();
    // One that has its callback shows the page to late tabs and is matched alone.
    let found = at_path().find(|p| p.binding.matches(&callback, if p.is_pending() { count } else { 1 }))?;
    Some((found.clone(), callback))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "Not found\n").into_response()
}
