use super::*;
use crate::domain::http::{HttpRequest, HttpResponse, Method as Ask};
use crate::io::http::Http;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const STATE: &str = "our-own-state";

async fn opened() -> (tempfile::TempDir, Callbacks, Opened) {
    let dir = tempfile::tempdir().expect("a folder");
    let callbacks = Callbacks::new(dir.path());
    let opened = callbacks.open("http://localhost:0/callback/x").await.expect("bound");
    (dir, callbacks, opened)
}

async fn get(url: String) -> HttpResponse {
    Http::default()
        .send(HttpRequest::new(Ask::Get, url.parse().expect("an address")))
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
async fn the_page_in_the_browser_waits_for_the_true_result() {
    let (_dir, _callbacks, opened) = opened().await;
    let mut waiting = opened.wait_for(Binding::State(STATE.into()));
    let browser = tokio::spawn(get(format!("{}?code=c&state={STATE}", opened.url)));
    let callback = waiting.answer().await;
    assert_eq!(callback.get("code").expect("a code").expose(), "c");
    assert!(!browser.is_finished(), "no page before the result is known");
    let opened = waiting.show(page());
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
    opened.close().await;
}

#[tokio::test]
async fn a_callback_that_arrives_twice_gets_the_same_page_and_is_heard_once() {
    let (_dir, _callbacks, opened) = opened().await;
    let mut waiting = opened.wait_for(Binding::State(STATE.into()));
    let url = format!("{}?code=c&state={STATE}", opened.url);
    let first = tokio::spawn(get(url.clone()));
    waiting.answer().await;
    let second = tokio::spawn(get(url.clone()));
    tokio::select! {
        _ = waiting.answer() => panic!("a second answer was handed out"),
        opened = async { tokio::task::yield_now().await } => opened,
    }
    let opened = waiting.show(page());
    let late = get(url).await;
    let (first, second) = (first.await.expect("a page"), second.await.expect("a page"));
    assert_eq!(first.body.expose(), second.body.expose());
    assert_eq!(first.body.expose(), late.body.expose());
    opened.close().await;
}

#[tokio::test]
async fn what_is_not_this_attempts_callback_gets_404_and_changes_nothing() {
    let (_dir, _callbacks, opened) = opened().await;
    let mut waiting = opened.wait_for(Binding::State(STATE.into()));
    let port = opened.url.parse::<Url>().expect("an address").port().expect("a port");
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
    assert!(waiting.answer().await.get("code").is_some(), "the attempt went on");
    waiting.show(page()).close().await;
    assert_eq!(browser.await.expect("a page").status, 200);
}

#[tokio::test]
async fn a_cancelled_attempt_ignores_the_callback() {
    let (_dir, _callbacks, opened) = opened().await;
    let waiting = opened.wait_for(Binding::State(STATE.into()));
    drop(waiting);
    assert_eq!(get(format!("{}?code=c&state={STATE}", opened.url)).await.status, 404);
    opened.close().await;
}

#[tokio::test]
async fn two_attempts_at_one_address_each_get_their_own_answer() {
    let (_dir, callbacks, opened) = opened().await;
    let again = callbacks.open(&opened.url).await.expect("joined");
    let mut first = opened.wait_for(Binding::State("one".into()));
    let mut second = again.wait_for(Binding::State("two".into()));
    let tab = tokio::spawn(get(format!("{}?code=b&state=two", opened.url)));
    assert_eq!(second.answer().await.get("code").expect("a code").expose(), "b");
    drop(second.show(page()));
    assert_eq!(tab.await.expect("a page").status, 200);
    let tab = tokio::spawn(get(format!("{}?code=a&state=one", opened.url)));
    assert_eq!(first.answer().await.get("code").expect("a code").expose(), "a");
    drop(first.show(page()));
    assert_eq!(tab.await.expect("a page").status, 200);
}

#[tokio::test]
async fn a_provider_that_echoes_no_state_is_believed_only_while_one_attempt_waits() {
    let (_dir, _callbacks, opened) = opened().await;
    let mut one = opened.wait_for(Binding::OnlyOne);
    let two = opened.wait_for(Binding::OnlyOne);
    assert_eq!(get(format!("{}?code=c", opened.url)).await.status, 404);
    drop(two);
    let tab = tokio::spawn(get(format!("{}?code=c", opened.url)));
    assert!(one.answer().await.get("code").is_some());
    drop(one.show(page()));
    assert_eq!(tab.await.expect("a page").status, 200);
}

#[tokio::test]
async fn an_address_held_by_another_keyrack_is_told_from_one_held_by_a_stranger() {
    let (dir, _callbacks, opened) = opened().await;
    let fixed = Bound::bind(Loopback::Name, 0).await.expect("a port").port;
    let url = format!("http://localhost:{fixed}/callback/x");
    let mine = Callbacks::new(dir.path()).open(&url).await.expect("free");
    // Another program of the same home.
    let other = Callbacks::new(dir.path());
    let busy = other.open(&url).await.err().expect("busy");
    assert_eq!((busy.code, busy.port), (Code::CallbackBusy, Some(fixed)));
    mine.close().await;
    let stranger = Bound::bind(Loopback::Name, fixed).await.expect("free again");
    let taken = other.open(&url).await.err().expect("taken");
    assert_eq!((taken.code, taken.port), (Code::PortInUse, Some(fixed)));
    assert!(taken.free_port.is_some_and(|free| free != fixed), "a free port is offered");
    drop(stranger);
    opened.close().await;
}
