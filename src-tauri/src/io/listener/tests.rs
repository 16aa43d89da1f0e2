use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use hyper::body::{Bytes, Frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

#[tokio::test]
async fn localhost_is_bound_in_both_address_families_or_not_at_all() {
    let v6_taken = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await;
    let Ok(v6_taken) = v6_taken else { return eprintln!("skipped: no IPv6 loopback") };
    let port = v6_taken.local_addr().expect("bound").port();
    let error = Bound::bind(Loopback::Name, port).await.expect_err("half taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    drop(v6_taken);
    assert_eq!(Bound::bind(Loopback::Name, port).await.expect("free").sockets.len(), 2);
}

#[tokio::test]
async fn a_closed_server_frees_its_port() {
    let bound = Bound::bind(Loopback::Name, 0).await.expect("bound");
    let port = bound.port;
    let serving = bound.serve(&Router::new());
    serving.close().await;
    Bound::bind(Loopback::Name, port).await.expect("free again");
}

#[tokio::test]
async fn an_endless_request_head_is_refused() {
    let (_serving, mut stream) = connected(Router::new(), Limits::default()).await;
    stream.write_all(b"GET / HTTP/1.1\r\nx: ").await.expect("sent");
    stream.write_all(&vec![b'a'; 1024 * 1024]).await.expect("accepted although it is too long");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("no reset");
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn connections_without_a_request_give_way_to_new_clients() {
    let hello = Router::new().fallback(async || "hello");
    let limits = Limits { max_connections: 4, ..Limits::default() };
    let (serving, first) = connected(hello, limits).await;
    let port = serving.port;
    let connect = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("connected");
    let mut idle = vec![first];
    for begun in ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nx: "] {
        let mut stream = connect().await;
        stream.write_all(begun.as_bytes()).await.expect("sent");
        idle.push(stream);
    }
    // Answered, but not closed by the client.
    for _ in 0..4 {
        let mut stream = connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        idle.push(stream);
    }
    let mut honest = connect().await;
    honest.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    // Less than the time after which a connection without a head is closed anyway.
    let reading = honest.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(4), reading).await.expect("in time").expect("an answer");
    assert!(answer.ends_with("hello"), "{answer}");
}

/// A server and a connection to it.
async fn connected(answers: Router, limits: Limits) -> (Serving, TcpStream) {
    let bound = Bound::bind(Loopback::Ip(Ipv4Addr::LOCALHOST.into()), 0).await.expect("bound");
    let serving = bound.serve_within(&answers, limits);
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, serving.port)).await.expect("connected");
    (serving, stream)
}

const PIECE_BYTES: usize = 64 * 1024;

/// A body of this many pieces.
struct Pieces(usize);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        self.0 = self.0.saturating_sub(1);
        let piece = || Ok(Frame::data(Bytes::from_static(&[b'a'; PIECE_BYTES])));
        Poll::Ready((self.0 > 0).then(piece))
    }
}

#[tokio::test]
async fn a_connection_whose_peer_stops_reading_is_closed() {
    // More than the buffers of both sockets hold. Windows takes a single write of any size.
    let large = Router::new().fallback(async || Body::new(Pieces(512)));
    let limits =
        Limits { max_connections: 1, write_timeout: Duration::from_millis(200), ..Limits::default() };
    let (serving, mut stuck) = connected(large, limits).await;
    stuck.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    // The only connection is free again, and the next client gets the start of its answer.
    let mut next = TcpStream::connect((Ipv4Addr::LOCALHOST, serving.port)).await.expect("connected");
    next.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut first = [0; 15];
    next.read_exact(&mut first).await.expect("answered");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let mut rest = Vec::new();
    let _ = stuck.read_to_end(&mut rest).await;
    assert!(rest.len() < 512 * PIECE_BYTES, "the answer was cut off");
}

#[tokio::test]
async fn a_client_that_is_still_sending_can_read_the_refusal() {
    let refusing = Router::new().fallback(async || StatusCode::UNAUTHORIZED);
    let (_serving, mut stream) = connected(refusing, Limits::default()).await;
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n").await.expect("sent");
    stream.write_all(&vec![b'a'; 4_000_000]).await.expect("accepted although the server does not read it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("no reset");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}
