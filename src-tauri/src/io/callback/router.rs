//! Answers the requests at a callback address.

use std::sync::{Arc, Weak};

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};

use super::listener::{Address, PendingCallback, lock};
use crate::domain::attempt::Stray;
use crate::domain::oauth::callback::Callback;
use crate::io::listener::{Answers, RawQuery};
use crate::io::page::{self, Page};
use crate::io::request_origin::is_navigation;

/// The routers hold the address weakly: sign-ins decide how long it lives.
pub(super) fn answers(address: &Arc<Address>) -> Answers {
    let address = Arc::downgrade(address);
    let router = Router::new().fallback(answer).with_state(address.clone());
    Answers { router, too_long: Router::new().fallback(refuse_head).with_state(address), any_query: true }
}

async fn answer(
    State(address): State<Weak<Address>>,
    query: Extension<RawQuery>,
    request: Request,
) -> Response {
    let Some(address) = address.upgrade() else { return not_found() };
    let Some((pending, callback)) = find_pending(&address, query.bytes(), &request) else {
        address.report(Stray::Foreign, |pending| pending.path == request.uri().path());
        return not_found();
    };
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

async fn refuse_head(State(address): State<Weak<Address>>) -> Response {
    if let Some(address) = address.upgrade() {
        address.report(Stray::HeadTooLong, |_| true);
    }
    let text = "It sent more cookies for localhost than Keyrack reads (256 kB). Delete the cookies of localhost in this \
                browser, then load this page again.";
    let page = Page::new(false, "The browser sent too much", text);
    let mut response = page::respond(&page);
    *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    response
}

fn find_pending(
    address: &Address,
    query: &[u8],
    request: &Request,
) -> Option<(Arc<PendingCallback>, Callback)> {
    if request.method() != Method::GET || !is_navigation(request.headers(), &address.authority) {
        return None;
    }
    let callback = Callback::parse(query);
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
