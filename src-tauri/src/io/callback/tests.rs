use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::*;
use crate::domain::error::Code;
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::io::http::Http;
use crate::io::listener::Bound;
use crate::io::loopback::Loopback;
use crate::io::page::Page;

const STATE: &str = "our-own-state";

async fn listen() -> (tempfile::TempDir, CallbackListeners, CallbackListener) {
    let dir = tempfile::tempdir().expect("a folder");
    let listeners = CallbackListeners::new(dir.path());
    let listener = listeners.open("http://localhost:0/callback/x").await.expect("bound");
    (dir, listeners, listener)
}

async fn get(url: String) -> HttpResponse {
    Http::default()
        .send(HttpRequest::new(Method::Get, url.parse().expect("an address")))
        .await
        .expect("an answer")
}

/// Sends a request byte for byte, as no client library would.
async fn raw(port: u16, text: String) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

fn page() -> Page {
    Page::new(true, "Zendesk is connected", "This page can be closed.")
}

#[tokio::test]
async fn the_page_in_the_browser_waits_for_the_result() {
    let (_dir, _listeners, listener) = listen().await;
    let mut receiver = listener.accept(Binding::State(STATE.into()));
    let browser = tokio::spawn(get(format!("{}?code=c&state={STATE}", listener.url)));
    let callback = receiver.receive().await;
    assert_eq!(callback.get("code").expect("a code").expose(), "c");
    assert!(!browser.is_finished(), "no page before the result is known");
    let listener = receiver.show(page());
    let answer = browser.await.expect("a page");
    assert_eq!(answer.status, 200);
    let html = String::from_utf8_lossy(answer.body.expose()).into_owned();
    assert!(html.contains("Zendesk is connected"));
    assert!(!html.contains(STATE) && !html.contains("<script"), "no secret and no script");
    for (name, wanted) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'; style-src 'sha256-"),
    ] {
        assert!(
            answer.header(name).is_some_and(|v| v.starts_with(wanted)),
            "{name}: {:?}",
            answer.header(name)
        );
    }
    listener.close().await;
}

#[tokio::test]
async fn a_callback_that_arrives_twice_gets_the_same_page_and_is_delivered_once() {
    let (_dir, _listeners, listener) = listen().await;
    let mut receiver = listener.accept(Binding::State(STATE.into()));
    let url = format!("{}?code=c&state={STATE}", listener.url);
    let first = tokio::spawn(get(url.clone()));
    receiver.receive().await;
    let second = tokio::spawn(get(url.clone()));
    tokio::select! {
        _ = receiver.receive() => panic!("a second answer was handed out"),
        listener = async { tokio::task::yield_now().await } => listener,
    }
    let listener = receiver.show(page());
    let late = get(url).await;
    let (first, second) = (first.await.expect("a page"), second.await.expect("a page"));
    assert_eq!(first.body.expose(), second.body.expose());
    assert_eq!(first.body.expose(), late.body.expose());
    listener.close().await;
}

#[tokio::test]
async fn a_request_that_is_not_the_callback_gets_404_and_changes_nothing() {
    let (_dir, _listeners, listener) = listen().await;
    let mut receiver = listener.accept(Binding::State(STATE.into()));
    let port = listener.url.parse::<Url>().expect("an address").port().expect("a port");
    let good = format!("/callback/x?code=c&state={STATE}");
    let request =
        |line: &str, host: &str, more: &str| format!("{line} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n");
    let host = format!("localhost:{port}");
    let table = [
        ("wrong state", request("GET /callback/x?code=c&state=forged", &host, "")),
        ("no state", request("GET /callback/x?code=c", &host, "")),
        ("second state", request(&format!("GET {good}&state={STATE}"), &host, "")),
        ("second code", request(&format!("GET {good}&code=d"), &host, "")),
        ("another provider's path", request(&format!("GET /callback/y?code=c&state={STATE}"), &host, "")),
        ("a path below", request(&format!("GET /callback/x/?code=c&state={STATE}"), &host, "")),
        ("favicon", request("GET /favicon.ico", &host, "")),
        ("HEAD", request(&format!("HEAD {good}"), &host, "")),
        ("POST", request(&format!("POST {good}"), &host, "Content-Length: 0\r\n")),
        ("OPTIONS", request(&format!("OPTIONS {good}"), &host, "")),
        ("prefetch", request(&format!("GET {good}"), &host, "Sec-Purpose: prefetch;prerender\r\n")),
        ("a script of a page", request(&format!("GET {good}"), &host, "Origin: https://evil.example\r\n")),
        ("DNS rebinding", request(&format!("GET {good}"), &format!("evil.example:{port}"), "")),
        ("another family's name", request(&format!("GET {good}"), &format!("127.0.0.1:{port}"), "")),
        ("two hosts", request(&format!("GET {good}"), &host, &format!("Host: {host}\r\n"))),
        ("broken escape", request("GET /callback/x?code=%zz&state=our-own-state", &host, "")),
    ];
    for (what, text) in table {
        let answer = raw(port, text).await;
        let status = answer.lines().next().unwrap_or_default().to_owned();
        assert!(status.contains(" 404 ") || status.contains(" 400 "), "{what}: {status}");
        assert!(!answer.to_ascii_lowercase().contains("access-control-"), "{what}: no CORS");
    }
    let browser = tokio::spawn(get(format!("http://localhost:{port}{good}")));
    assert!(receiver.receive().await.get("code").is_some(), "the attempt went on");
    receiver.show(page()).close().await;
    assert_eq!(browser.await.expect("a page").status, 200);
}

#[tokio::test]
async fn a_cancelled_sign_in_ignores_the_callback() {
    let (_dir, _listeners, listener) = listen().await;
    let receiver = listener.accept(Binding::State(STATE.into()));
    drop(receiver);
    assert_eq!(get(format!("{}?code=c&state={STATE}", listener.url)).await.status, 404);
    listener.close().await;
}

#[tokio::test]
async fn two_sign_ins_at_one_address_each_get_their_own_callback() {
    let (_dir, listeners, listener) = listen().await;
    let again = listeners.open(&listener.url).await.expect("joined");
    let mut first = listener.accept(Binding::State("one".into()));
    let mut second = again.accept(Binding::State("two".into()));
    let tab = tokio::spawn(get(format!("{}?code=b&state=two", listener.url)));
    assert_eq!(second.receive().await.get("code").expect("a code").expose(), "b");
    drop(second.show(page()));
    assert_eq!(tab.await.expect("a page").status, 200);
    let tab = tokio::spawn(get(format!("{}?code=a&state=one", listener.url)));
    assert_eq!(first.receive().await.get("code").expect("a code").expose(), "a");
    drop(first.show(page()));
    assert_eq!(tab.await.expect("a page").status, 200);
}

#[tokio::test]
async fn a_callback_without_state_is_accepted_only_while_one_sign_in_is_pending() {
    let (_dir, _listeners, listener) = listen().await;
    let mut one = listener.accept(Binding::OnlyPending);
    let two = listener.accept(Binding::OnlyPending);
    assert_eq!(get(format!("{}?code=c", listener.url)).await.status, 404);
    drop(two);
    let tab = tokio::spawn(get(format!("{}?code=c", listener.url)));
    assert!(one.receive().await.get("code").is_some());
    drop(one.show(page()));
    assert_eq!(tab.await.expect("a page").status, 200);
}

#[tokio::test]
async fn a_port_held_by_another_keyrack_and_one_held_by_another_program_differ() {
    let (dir, _listeners, listener) = listen().await;
    let fixed = Bound::bind(Loopback::Name, 0).await.expect("a port").port;
    let url = format!("http://localhost:{fixed}/callback/x");
    let mine = CallbackListeners::new(dir.path()).open(&url).await.expect("free");
    // Another program of the same home.
    let other = CallbackListeners::new(dir.path());
    let busy = other.open(&url).await.err().expect("busy");
    assert_eq!((busy.code, busy.port), (Code::CallbackBusy, Some(fixed)));
    mine.close().await;
    let stranger = Bound::bind(Loopback::Name, fixed).await.expect("free again");
    let taken = other.open(&url).await.err().expect("taken");
    assert_eq!((taken.code, taken.port), (Code::PortInUse, Some(fixed)));
    assert!(taken.free_port.is_some_and(|free| free != fixed), "a free port is offered");
    drop(stranger);
    listener.close().await;
}
