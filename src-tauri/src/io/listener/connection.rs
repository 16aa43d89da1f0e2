//! One connection of a server, from its request to the end of its response, and the limits of a server.

use std::future::poll_fn;
use std::io::{Cursor, Result};
use std::pin::Pin;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;

use super::head::{Head, read_head, take_query};
use super::places::Place;
use super::write_timeout::WriteTimeout;

/// Sending a head over loopback takes no time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The least that `hyper` takes.
const MIN_BUFFER_BYTES: usize = 8192;
/// Browsers send a dozen; other programs of `localhost` add cookies, which HTTP/1.1 joins in one.
const MAX_HEADERS: usize = 256;
/// How long, and how much, a client may go on sending after its response. Closing a socket with unread data resets the
/// connection, and the response is lost (RFC 9112 §9.6).
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_LINGER_BYTES: u64 = 8 * 1024 * 1024;

/// How much a server takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest request head, in bytes.
    pub max_head: usize,
    /// With more, those give way that have sent no complete request head.
    pub max_connections: usize,
    /// How long started responses may take to be sent once the server is being closed.
    pub flush_timeout: Duration,
    /// Close a connection whose peer reads nothing for this long.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Browsers send the cookies of every program of `localhost`, up to 180 of 4 kB, to each port; 256 kB of them
            // are read, with 16 kB for the rest.
            max_head: (256 + 16) * 1024,
            // More than a browser has open at once, so that a connection which it opens ahead of need seldom gives way.
            max_connections: 256,
            // A page is small: a browser that does not have it by then never will.
            flush_timeout: Duration::from_secs(2),
            // A client that works on each piece takes seconds.
            write_timeout: Duration::from_secs(60),
        }
    }
}

/// What a server answers.
#[derive(Clone)]
pub struct Answers {
    pub router: Router,
    /// Answers whatever is asked with a head that is too long.
    pub too_long: Router,
    /// Whether the query is left to `router` as [`RawQuery`](super::RawQuery), so that no ill-formed one is refused.
    pub any_query: bool,
}

/// Serves one request. When `stopped` closes, the response has `limits.flush_timeout` left.
pub(super) async fn serve_connection(
    stream: TcpStream,
    mut place: Place,
    answers: Answers,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    let (mut reader, writer) = stream.into_split();
    let head = tokio::select! {
        // A head that has arrived is answered, even if the connection was about to give way.
        biased;
        head = read_head(&mut reader, limits.max_head) => head,
        () = place.give_way() => return,
        Err(_) = stopped.changed() => return,
        () = tokio::time::sleep(HEAD_TIMEOUT) => return,
    };
    place.keep();
    let (head, router) = match head {
        Ok(Head::Complete(head)) if answers.any_query => {
            let (head, query) = take_query(&head);
            (head, answers.router.layer(Extension(query)))
        }
        Ok(Head::Complete(head)) => (head, answers.router),
        Ok(Head::TooLong) => (b"GET / HTTP/1.1\r\n\r\n".to_vec(), answers.too_long),
        Err(_) => return,
    };
    let writer = WriteTimeout::new(writer, limits.write_timeout);
    let stream = tokio::io::join(Cursor::new(head).chain(reader), writer);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size((2 * limits.max_head).max(MIN_BUFFER_BYTES))
        .max_headers(MAX_HEADERS)
        // One request each: there is only a page to fetch, and no connection is open when the port closes.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut answered = tokio::select! {
        answered = poll_fn(|context| connection.poll_without_shutdown(context)) => Some(answered),
        Err(_) = stopped.changed() => None,
    };
    if answered.is_none() {
        Pin::new(&mut connection).graceful_shutdown();
        let rest = poll_fn(|context| connection.poll_without_shutdown(context));
        answered = tokio::time::timeout(limits.flush_timeout, rest).await.ok();
    }
    // A head that is refused ends in an error too, after its response.
    if answered.is_some() {
        place.release();
        let (reader, writer) = connection.into_parts().io.into_inner().into_inner();
        tokio::select! {
            _ = lingering_close(reader.into_inner().1, writer.stream) => {}
            () = place.give_way() => {}
            () = tokio::time::sleep(LINGER_TIMEOUT) => {}
        }
    }
}

/// Ends the response, then reads what the client is still sending.
async fn lingering_close(reader: OwnedReadHalf, mut writer: OwnedWriteHalf) -> Result<()> {
    writer.shutdown().await?;
    tokio::io::copy(&mut reader.take(MAX_LINGER_BYTES), &mut tokio::io::sink()).await.map(drop)
}
