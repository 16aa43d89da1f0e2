use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::*;
use crate::domain::attempt::Stray;
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
async fn raw(port: u16, request: impl AsRef<[u8]>) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    stream.write_all(request.as_ref()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

fn port_of(listener: &CallbackListener) -> u16 {
    listener.url.parse::<Url>().expect("an address").port().expect("a port")
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
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), Some(wanted), "{name}");
    }
    let policy = answer.header("content-security-policy").expect("a policy");
    let directives: Vec<_> = policy.split("; ").filter(|d| !d.starts_with("style-src 'sha256-")).collect();
    let nothing =
        ["default-src", "base-uri", "form-action", "frame-ancestors"].map(|d| format!("{d} 'none'"));
    assert_eq!(directives, nothing, "{policy}");
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
        (
            "an image",
            request(&format!("GET {good}"), &host, "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"),
        ),
        (
            "a frame",
            request(&format!("GET {good}"), &host, "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"),
        ),
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
async fn an_answer_with_our_state_is_delivered_however_ill_formed_it_is() {
    for query in [
        format!("error=access_denied&error_description=introducci%u00f3n&state={STATE}").into_bytes(),
        [b"error=access_denied&error_description=introducci\xf3n \x01\"<>&state=", STATE.as_bytes()].concat(),
        format!("error=access_denied;state={STATE}").into_bytes(),
        format!("code=c&state={STATE}&state=forged&code=d").into_bytes(),
        format!("code=c#_=_&state={STATE}").into_bytes(),
        format!("{}state={STATE}&code=%zz", "p=1&".repeat(20_000)).into_bytes(),
        format!("unused={}&state={STATE}", "a".repeat(100_000)).into_bytes(),
    ] {
        let (_dir, _listeners, listener) = listen().await;
        let mut receiver = listener.accept(Binding::State(STATE.into()));
        let port = port_of(&listener);
        let head = [b"GET /callback/x?", query.as_slice(), b" HTTP/1.1\r\n"].concat();
        let head = [head, format!("Host: localhost:{port}\r\n\r\n").into_bytes()].concat();
        let browser = tokio::spawn(raw(port, head));
        assert!(receiver.receive().await.binds_oauth2(STATE));
        receiver.show(page()).close().await;
        assert!(browser.await.expect("a page").starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn an_image_of_a_web_page_does_not_end_a_sign_in_without_state() {
    let (_dir, _listeners, listener) = listen().await;
    let mut receiver = listener.accept(Binding::OnlyPending);
    let port = port_of(&listener);
    let request = |code: &str, more: &str| {
        format!("GET /callback/x?code={code} HTTP/1.1\r\nHost: localhost:{port}\r\n{more}\r\n")
    };
    for image in ["Sec-Fetch-Mode: no-cors\r\n", "Sec-Fetch-Dest: image\r\n", "Sec-Fetch-Mode: cors\r\n"] {
        assert!(raw(port, request("forged", image)).await.starts_with("HTTP/1.1 404 "), "{image}");
    }
    let click = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: cross-site\r\n";
    let browser = tokio::spawn(raw(port, request("c", click)));
    assert_eq!(receiver.receive().await.get("code").expect("a code").expose(), "c");
    receiver.show(page()).close().await;
    assert!(browser.await.expect("a page").starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn cookies_are_read_up_to_256_kb_and_more_get_a_page_that_says_so() {
    let (_dir, _listeners, listener) = listen().await;
    let mut receiver = listener.accept(Binding::State(STATE.into()));
    let mut strays = receiver.strays();
    let port = port_of(&listener);
    let request = |cookies: usize| {
        let cookies = format!("c={};", "x".repeat(1021)).repeat(cookies);
        format!(
            "GET /callback/x?code=c&state={STATE} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookies}\r\n\r\n"
        )
    };
    let refused = raw(port, request(1024)).await;
    assert!(refused.starts_with("HTTP/1.1 431 ") && refused.contains("cookies"), "{refused:.200}");
    strays.changed().await.expect("reported");
    assert_eq!(*strays.borrow(), Some(Stray::HeadTooLong));
    let browser = tokio::spawn(raw(port, request(256)));
    receiver.receive().await;
    receiver.show(page()).close().await;
    assert!(browser.await.expect("a page").starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_foreign_answer_is_reported_once_to_the_sign_ins_of_its_path() {
    let (_dir, listeners, listener) = listen().await;
    let receiver = listener.accept(Binding::State(STATE.into()));
    let other = listeners.open(&listener.url.replace("/x", "/y")).await.expect("joined");
    let other = other.accept(Binding::State("other".into()));
    let (mut strays, elsewhere) = (receiver.strays(), other.strays());
    get(listener.url.replace("/callback/x", "/favicon.ico")).await;
    assert!(!strays.has_changed().expect("open"), "no answer");
    assert_eq!(get(format!("{}?code=c", listener.url)).await.status, 404);
    assert_eq!(*strays.borrow_and_update(), Some(Stray::Foreign));
    get(format!("{}?code=c", listener.url)).await;
    assert!(!strays.has_changed().expect("open"), "once");
    assert!(!elsewhere.has_changed().expect("open"), "not the sign-in of another provider");
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
async fn the_address_is_closed_while_the_program_goes_on() {
    let (_dir, listeners, listener) = listen().await;
    let port = port_of(&listener);
    let answers = async || {
        let v6 = tokio::net::TcpStream::connect(("::1", port)).await.is_ok();
        v6 || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
    };
    let joined = listeners.open(&listener.url).await.expect("joined");
    let (first, second) =
        (listener.accept(Binding::State("one".into())), joined.accept(Binding::State("two".into())));
    drop((listener, joined));
    first.show(page()).close().await;
    assert!(answers().await, "the other sign-in still waits");
    second.show(page()).close().await;
    assert!(!answers().await, "after the last sign-in");
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
