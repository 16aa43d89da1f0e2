//! The bytes that the callback listener gets. `{host}` stands for its own host and port.

use std::cell::OnceCell;

use keyrack::domain::oauth::callback::Callback;
use keyrack::io::Page;
use keyrack::io::callback::{Binding, CallbackListeners};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::socket::{self, Answer, header_values};

const STATE: &str = "our-state";

thread_local! {
    static PARTS: OnceCell<(Runtime, CallbackListeners, TempDir)> = const { OnceCell::new() };
}

pub fn check(data: &[u8]) {
    PARTS.with(|parts| {
        let (runtime, listeners, _) = parts.get_or_init(|| {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            let folder = tempfile::tempdir().expect("a folder");
            (runtime, CallbackListeners::new(folder.path()), folder)
        });
        runtime.block_on(check_with(listeners, data));
    });
}

async fn check_with(listeners: &CallbackListeners, data: &[u8]) {
    let listener = listeners.open("http://127.0.0.1:0/callback/x").await;
    let listener = listener.unwrap_or_else(|failure| panic!("{failure:?}"));
    let url: Url = listener.url.parse().expect("an address");
    let authority = url.authority().to_owned();
    let request = socket::replace(data, &[("{host}", &authority)]);

    let mut receiver = listener.accept(Binding::State(STATE.to_owned()));
    let mut exchange = std::pin::pin!(socket::exchange(&authority, &request));
    let (callback, answer) = tokio::select! {
        callback = receiver.receive() => {
            receiver.show(Page::new(true, "Acme is connected", "This page can be closed."));
            (Some(callback), exchange.await)
        }
        answer = &mut exchange => (None, answer),
    };
    listener.close().await;
    check_answer(&request, &authority, callback.as_ref(), &answer);
}

/// A page for a callback with our state, which was navigated to; otherwise a refusal that says nothing.
fn check_answer(request: &[u8], authority: &str, callback: Option<&Callback>, answer: &Answer) {
    assert_eq!(callback.is_some(), answer.status == Some(200), "{:?}", answer.status);
    let Some(callback) = callback else {
        assert!(answer.status.is_none_or(|status| (400..500).contains(&status)));
        assert!(matches!(answer.body.as_str(), "" | "Not found\n"), "{}", answer.body);
        return;
    };
    assert!(callback.binds_oauth2(STATE));
    assert!(request.starts_with(b"GET ") || request.starts_with(b"\r") || request.starts_with(b"\n"));
    let hosts = header_values(request, "host");
    assert!(hosts.len() == 1 && hosts[0].eq_ignore_ascii_case(authority), "{hosts:?}");
    assert!(header_values(request, "origin").is_empty(), "from a web page");
    assert!(answer.has("cache-control: no-store") && answer.has("referrer-policy: no-referrer"));
    assert!(answer.head.iter().any(|line| line.starts_with("content-security-policy: default-src 'none'")));
    assert!(answer.body.contains("Acme is connected") && answer.body.len() < 16 * 1024);
}
