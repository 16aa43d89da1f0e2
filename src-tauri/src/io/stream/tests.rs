use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use url::Url;

use super::body::{BodyError, Piece, StreamedBody};
use super::*;
use crate::io::http::{Delivery, Http, HttpError};
use crate::io::listener::{Bound, Serving};
use crate::io::loopback::Loopback;

const MEGABYTE: usize = 1024 * 1024;
/// An idle timeout that a test can wait for.
const SHORT: Duration = Duration::from_millis(400);

async fn serve(router: Router) -> (Url, Serving) {
    let bound = Bound::bind(Loopback::Ip(Ipv4Addr::LOCALHOST.into()), 0).await.expect("bound");
    let url = format!("http://127.0.0.1:{}/", bound.port).parse().expect("an address");
    (url, bound.serve(&router))
}

/// A server for one connection that sends its response byte for byte.
async fn raw<F: Future<Output = ()> + Send + 'static>(
    answer: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> Url {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.expect("a caller");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a request"));
        }
        answer(stream).await;
    });
    format!("http://127.0.0.1:{port}/").parse().expect("an address")
}

fn outgoing(method: Method, url: Url, body: Option<StreamedBody>) -> Outgoing<StreamedBody> {
    Outgoing { method, url, headers: HeaderMap::new(), body }
}

/// A body that the test sends piece by piece.
fn channel_body() -> (mpsc::Sender<Piece>, StreamedBody) {
    let (sender, pieces) = mpsc::channel(1);
    (sender, StreamedBody::new(pieces))
}

async fn piece(body: &mut StreamedBody) -> Option<Result<Bytes, BodyError>> {
    body.frame().await.map(|frame| frame.map(|frame| frame.into_data().expect("data")))
}

#[tokio::test]
async fn large_bodies_pass_unchanged() {
    let (url, _serving) = serve(Router::new().fallback(any(async |request: Request| {
        let length = request.headers().get(header::CONTENT_LENGTH).cloned();
        let mut answer = Response::new(request.into_body());
        if let Some(length) = length {
            answer.headers_mut().insert("x-length", length);
        }
        answer
    })))
    .await;
    let sent: Vec<u8> = (0..3 * MEGABYTE).map(|n| u8::try_from(n % 251).expect("small")).collect();
    let body = Full::new(Bytes::from(sent.clone()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_LENGTH, sent.len().into());
    let request = Outgoing { method: Method::POST, url, headers, body: Some(body) };
    let answer = Http::default().forward(request).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["x-length"], sent.len().to_string().as_str(), "the length is kept");
    let back = answer.body.collect().await.expect("whole").to_bytes();
    assert!(back == sent, "{} bytes came back", back.len());
}

#[tokio::test]
async fn a_request_without_a_body_says_so() {
    let (url, _serving) = serve(Router::new().fallback(any(async |request: Request| {
        let length = request.headers().get(header::CONTENT_LENGTH).cloned();
        let mut answer = Response::new(request.into_body());
        if let Some(length) = length {
            answer.headers_mut().insert("x-length", length);
        }
        answer
    })))
    .await;
    for (method, length) in [(Method::POST, Some("0")), (Method::PATCH, Some("0")), (Method::GET, None)] {
        let request = outgoing(method.clone(), url.clone(), None);
        let answer = Http::default().forward(request).await.expect("an answer");
        let sent = answer.headers.get("x-length").map(|value| value.to_str().expect("a number"));
        assert_eq!(sent, length, "{method}");
    }
}

#[tokio::test]
async fn pieces_are_forwarded_before_the_body_ends() {
    let (url, _serving) =
        serve(Router::new().fallback(any(async |request: Request| Response::new(request.into_body())))).await;
    let (sender, body) = channel_body();
    let forwarding = tokio::spawn(async move {
        Http::default().forward(outgoing(Method::POST, url, Some(body))).await.expect("an answer")
    });
    sender.send(Ok(Some("first".into()))).await.expect("taken");
    let mut answer = forwarding.await.expect("forwarded");
    assert_eq!(piece(&mut answer.body).await, Some(Ok("first".into())));
    sender.send(Ok(Some("second".into()))).await.expect("taken");
    assert_eq!(piece(&mut answer.body).await, Some(Ok("second".into())));
    sender.send(Ok(None)).await.expect("taken");
    assert_eq!(piece(&mut answer.body).await, None);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let there = [(header::LOCATION, "http://127.0.0.1:1/elsewhere")];
    let (url, _serving) =
        serve(Router::new().fallback(any(async move || (StatusCode::FOUND, there).into_response()))).await;
    let answer = Http::default().forward(outgoing(Method::GET, url, None)).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.headers[header::LOCATION], "http://127.0.0.1:1/elsewhere");
}

#[tokio::test]
async fn a_truncated_response_is_an_error() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let url = raw(async |mut stream| {
        stream.write_all(head.as_bytes()).await.expect("sent");
    })
    .await;
    let mut answer = Http::default().forward(outgoing(Method::GET, url, None)).await.expect("an answer");
    assert_eq!(piece(&mut answer.body).await, Some(Ok("half".into())));
    assert_eq!(piece(&mut answer.body).await, Some(Err(BodyError::Lost)));
    assert_eq!(piece(&mut answer.body).await, None);
}

#[tokio::test]
async fn a_stalled_response_is_an_error_and_a_slow_one_is_not() {
    let (go_on, going_on) = oneshot::channel::<()>();
    let url = raw(async move |mut stream: TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.expect("sent");
        // Longer in total than the idle timeout.
        for _ in 0..8 {
            tokio::time::sleep(SHORT / 4).await;
            stream.write_all(b"4\r\nslow\r\n").await.expect("sent");
        }
        let _ = going_on.await;
    })
    .await;
    let http = Http::default();
    let mut answer = http.forward_within(outgoing(Method::GET, url, None), SHORT).await.expect("an answer");
    for _ in 0..8 {
        assert_eq!(piece(&mut answer.body).await, Some(Ok("slow".into())));
    }
    assert_eq!(piece(&mut answer.body).await, Some(Err(BodyError::Stalled)));
    drop(go_on);
}

#[tokio::test]
async fn an_upload_may_take_longer_than_the_idle_timeout() {
    let (url, _serving) = serve(Router::new().fallback(any(async |request: Request| {
        let body = request.into_body().collect().await.expect("whole").to_bytes();
        body.len().to_string()
    })))
    .await;
    let (sender, body) = channel_body();
    let sending = tokio::spawn(async move {
        for _ in 0..8 {
            tokio::time::sleep(SHORT / 4).await;
            sender.send(Ok(Some("slow".into()))).await.expect("taken");
        }
        sender.send(Ok(None)).await.expect("taken");
    });
    let http = Http::default();
    let answer =
        http.forward_within(outgoing(Method::POST, url, Some(body)), SHORT).await.expect("an answer");
    sending.await.expect("sent");
    assert_eq!(answer.body.collect().await.expect("whole").to_bytes(), "32");
}

#[tokio::test]
async fn a_server_without_a_response_times_out() {
    let url = raw(async |mut stream: TcpStream| {
        // Until the client closes the connection.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let error =
        Http::default().forward_within(outgoing(Method::GET, url, None), SHORT).await.expect_err("silence");
    assert!(matches!(error, HttpError::Unreachable { delivery: Delivery::TimedOut, .. }), "{error:?}");
}

#[tokio::test]
async fn dropping_the_response_closes_the_connection() {
    let (sender, done) = oneshot::channel();
    let url = raw(async move |mut stream: TcpStream| {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhere\r\n";
        stream.write_all(head).await.expect("sent");
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let _ = sender.send(());
    })
    .await;
    let http = Http::default();
    let mut answer = http.forward(outgoing(Method::GET, url, None)).await.expect("an answer");
    assert_eq!(piece(&mut answer.body).await, Some(Ok("here".into())));
    drop(answer);
    done.await.expect("the server sees the end");
}

#[tokio::test]
async fn an_unreachable_server_is_an_error_at_once() {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let url = format!("http://{}/", socket.local_addr().expect("an address")).parse().expect("an address");
    drop(socket);
    let error = Http::default().forward(outgoing(Method::GET, url, None)).await.expect_err("not reachable");
    assert!(matches!(error, HttpError::Unreachable { delivery: Delivery::NotSent, .. }), "{error:?}");
}
