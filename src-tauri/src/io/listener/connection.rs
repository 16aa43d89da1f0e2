//! One connection of a server, from its request to the end of its response, and the limits of a server.

use std::future::poll_fn;
use std::io::Result;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::write_timeout::WriteTimeout;

/// Codes of 8 kB exist; our own requests are at most 16 kB.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Sending a head over loopback takes no time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long, and how much, a client may go on sending after its response. Closing a socket with unread data resets the
/// connection, and the response is lost (RFC 9112 §9.6).
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_LINGER_BYTES: u64 = 8 * 1024 * 1024;

/// How much a server takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Further clients wait.
    pub max_connections: usize,
    /// How long started responses may take to be sent once the server is being closed.
    pub flush_timeout: Duration,
    /// Close a connection whose peer reads nothing for this long.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Enough for every tab of a browser.
            max_connections: 64,
            // A page is small: a browser that does not have it by then never will.
            flush_timeout: Duration::from_secs(2),
            // A client that works on each piece takes seconds.
            write_timeout: Duration::from_secs(60),
        }
    }
}

/// Serves one request. When `stopped` closes, the response has `limits.flush_timeout` left.
pub(super) async fn serve_connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    let stream = WriteTimeout::new(stream, limits.write_timeout);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
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
    if let Some(Ok(())) = answered {
        let stream = connection.into_parts().io.into_inner().stream;
        let _ = tokio::time::timeout(LINGER_TIMEOUT, lingering_close(stream)).await;
    }
}

/// Ends the response, then reads what the client is still sending.
async fn lingering_close(mut stream: TcpStream) -> Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(MAX_LINGER_BYTES), &mut tokio::io::sink()).await.map(drop)
}
