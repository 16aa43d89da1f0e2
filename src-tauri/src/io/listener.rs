//! The socket under our small servers: bound to loopback only, with bounds on size, time and number.
//! What they answer is decided elsewhere.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

/// A request head larger than this is nobody's callback: codes of 8 kB exist, ours is never longer than 16 kB.
const HEAD_MAX: usize = 32 * 1024;
/// Loopback needs no time to send a head; whoever takes longer holds a socket open for nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Enough for every tab of a browser; a port scanner that opens more waits.
const CONNECTIONS_MAX: usize = 64;
/// A page is small: a browser that has not got it by then will not.
const FLUSH: Duration = Duration::from_secs(2);
/// How long nobody may take anything of an answer that waits: a caller that works on each piece takes seconds, one
/// that has stopped would hold its connection for ever.
const STALL: Duration = Duration::from_secs(60);
/// How long, and how much, a caller may go on sending after its answer. A socket that is closed before what was sent is
/// read resets the connection, and the answer with it (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_MAX: u64 = 8 * 1024 * 1024;
/// How long to wait for a descriptor.
const NO_DESCRIPTOR: Duration = Duration::from_millis(50);
/// EAFNOSUPPORT on Linux, macOS and Windows, which `ErrorKind` does not name.
const NO_SUCH_FAMILY: [i32; 3] = [97, 47, 10_047];
/// How often another port is tried when a free one is free in only one of the two families.
const PORT_TRIES: usize = 16;

/// The loopback name in an address, which says which sockets are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// `localhost`: a browser may try either family, so both are bound, or neither.
    Name,
    /// An IP literal: exactly that one (RFC 8252 §7.3).
    Ip(IpAddr),
}

impl Loopback {
    /// `None` if the host is not on loopback.
    pub fn of(url: &url::Url) -> Option<Self> {
        match url.host()? {
            url::Host::Domain(name) if name.eq_ignore_ascii_case("localhost") => Some(Self::Name),
            url::Host::Ipv4(ip) if ip.is_loopback() => Some(Self::Ip(ip.into())),
            url::Host::Ipv6(ip) if ip.is_loopback() => Some(Self::Ip(ip.into())),
            _ => None,
        }
    }
}

/// How much a server takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time. Whoever comes then waits.
    pub connections: usize,
    /// How long answers that are on their way may take to arrive once the server is being closed.
    pub flush: Duration,
    /// How long nothing of an answer may be taken before the connection is closed.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: CONNECTIONS_MAX, flush: FLUSH, stall: STALL }
    }
}

/// Bound sockets that nobody serves yet.
#[derive(Debug)]
pub struct Bound {
    sockets: Vec<TcpListener>,
    /// The port of all of them.
    pub port: u16,
}

impl Bound {
    /// Binds; port 0 takes a free one.
    ///
    /// # Errors
    /// [`ErrorKind::AddrInUse`] when the port is taken in either family.
    pub async fn bind(loopback: Loopback, port: u16) -> Result<Self> {
        match loopback {
            Loopback::Ip(ip) => {
                let socket = TcpListener::bind(SocketAddr::new(ip, port)).await?;
                Ok(Self { port: socket.local_addr()?.port(), sockets: vec![socket] })
            }
            Loopback::Name => {
                let mut last = Error::from(ErrorKind::AddrInUse);
                for _ in 0..if port == 0 { PORT_TRIES } else { 1 } {
                    match both(port).await {
                        Err(error) if error.kind() == ErrorKind::AddrInUse => last = error,
                        done => return done,
                    }
                }
                Err(last)
            }
        }
    }

    /// Serves `router` until the returned value is dropped or closed.
    pub fn serve(self, router: &Router) -> Serving {
        self.serve_within(router, Limits::default())
    }

    /// The same within other limits.
    pub fn serve_within(self, router: &Router, limits: Limits) -> Serving {
        let (stop, stopped) = watch::channel(());
        let slots = Arc::new(Semaphore::new(limits.connections));
        let accepting = self
            .sockets
            .into_iter()
            .map(|socket| {
                tokio::spawn(accept(socket, router.clone(), slots.clone(), limits, stopped.clone()))
            })
            .collect();
        Serving { stop, slots, limits, accepting, port: self.port }
    }
}

/// Both families on one port; a family that this computer does not have is left out.
async fn both(port: u16) -> Result<Bound> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let port = match &v4 {
        Ok(socket) => socket.local_addr()?.port(),
        Err(_) => port,
    };
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await;
    let absent = |e: &Error| {
        matches!(e.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
            || e.raw_os_error().is_some_and(|code| NO_SUCH_FAMILY.contains(&code))
    };
    let sockets = match (v4, v6) {
        (Ok(v4), Ok(v6)) => vec![v4, v6],
        (Ok(v4), Err(e)) if absent(&e) => vec![v4],
        (Err(e), Ok(v6)) if absent(&e) => vec![v6],
        (Err(e), _) | (_, Err(e)) => return Err(e),
    };
    let port = sockets[0].local_addr()?.port();
    Ok(Bound { sockets, port })
}

/// A running server.
#[derive(Debug)]
pub struct Serving {
    stop: watch::Sender<()>,
    slots: Arc<Semaphore>,
    limits: Limits,
    accepting: Vec<JoinHandle<()>>,
    /// Where it listens.
    pub port: u16,
}

impl Serving {
    /// Stops accepting and waits until the answers that were begun have reached the browser. The port is free then.
    pub async fn close(self) {
        let Self { stop, slots, limits, accepting, .. } = self;
        drop(stop);
        for socket in accepting {
            let _ = socket.await;
        }
        let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(limits.flush, slots.acquire_many(all)).await;
    }
}

async fn accept(
    socket: TcpListener,
    router: Router,
    slots: Arc<Semaphore>,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot,
            Err(_) = stopped.changed() => return,
        };
        let Ok(slot) = slot else { return };
        let stream = tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The peer gave up, or the process has no descriptor left: one that is closed meanwhile helps.
                Err(_) => { tokio::time::sleep(NO_DESCRIPTOR).await; continue }
            },
            // An error means that the sender was dropped: stop.
            Err(_) = stopped.changed() => return,
        };
        let (router, mut stopped) = (router.clone(), stopped.clone());
        tokio::spawn(async move {
            let stream = Impatient { stream, stall: limits.stall, waiting: None };
            let mut connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(HEAD_MAX)
                // One request each: a page is all there is to fetch, and nothing is left open when the port closes.
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
            let mut answered = tokio::select! {
                answered = poll_fn(|context| connection.poll_without_shutdown(context)) => Some(answered),
                Err(_) = stopped.changed() => None,
            };
            if answered.is_none() {
                Pin::new(&mut connection).graceful_shutdown();
                let rest = poll_fn(|context| connection.poll_without_shutdown(context));
                answered = tokio::time::timeout(limits.flush, rest).await.ok();
            }
            if let Some(Ok(())) = answered {
                let stream = connection.into_parts().io.into_inner().stream;
                let _ = tokio::time::timeout(LINGER, hear_out(stream)).await;
            }
            drop(slot);
        });
    }
}

/// Ends an answer, then lets the other side finish what it was sending.
async fn hear_out(mut stream: TcpStream) -> Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(LINGER_MAX), &mut tokio::io::sink()).await.map(drop)
}

/// A connection that breaks when the other side takes nothing for too long.
struct Impatient {
    stream: TcpStream,
    stall: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    /// Lets `write` try, and counts the time in which it cannot.
    fn writing<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<Result<T>>,
    ) -> Poll<Result<T>> {
        if let Poll::Ready(written) = write(Pin::new(&mut self.stream), context) {
            self.waiting = None;
            return Poll::Ready(written);
        }
        let stall = self.stall;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<Result<usize>> {
        self.writing(context, |stream, context| stream.poll_write(context, from))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.writing(context, |stream, context| stream.poll_write_vectored(context, from))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.writing(context, TcpStream::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.writing(context, TcpStream::poll_shutdown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    fn url(text: &str) -> url::Url {
        text.parse().expect("an address")
    }

    #[test]
    fn only_loopback_is_loopback() {
        assert_eq!(Loopback::of(&url("http://localhost:1/")), Some(Loopback::Name));
        assert_eq!(Loopback::of(&url("http://127.0.0.1:1/")), Some(Loopback::Ip(Ipv4Addr::LOCALHOST.into())));
        assert_eq!(Loopback::of(&url("http://[::1]:1/")), Some(Loopback::Ip(Ipv6Addr::LOCALHOST.into())));
        for foreign in ["http://localhost.example/", "http://10.0.0.1/", "https://www.mycoolapp.com/auth"] {
            assert_eq!(Loopback::of(&url(foreign)), None, "{foreign}");
        }
    }

    #[tokio::test]
    async fn localhost_is_bound_in_both_families_or_not_at_all() {
        let v6_taken = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await;
        let Ok(v6_taken) = v6_taken else { return eprintln!("no IPv6 loopback here: nothing to prove") };
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
    async fn a_request_head_without_end_is_cut_off() {
        let bound = Bound::bind(Loopback::Name, 0).await.expect("bound");
        let serving = bound.serve(&Router::new());
        let mut stream =
            tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, serving.port)).await.expect("connected");
        let flood = b"GET / HTTP/1.1\r\nx: ".to_vec();
        stream.write_all(&flood).await.expect("sent");
        let chunk = vec![b'a'; 8 * 1024];
        for _ in 0..16 {
            if stream.write_all(&chunk).await.is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains("200"), "a head of 128 kB is refused");
    }
    /// A server of these answers, and a connection to it.
    async fn connected(answers: Router, limits: Limits) -> (Serving, TcpStream) {
        let bound = Bound::bind(Loopback::Ip(Ipv4Addr::LOCALHOST.into()), 0).await.expect("bound");
        let serving = bound.serve_within(&answers, limits);
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, serving.port)).await.expect("connected");
        (serving, stream)
    }

    #[tokio::test]
    async fn whoever_stops_reading_loses_the_connection_and_its_place() {
        // More than the buffers of both sockets hold.
        let large = Router::new().fallback(async || vec![b'a'; 32 * 1024 * 1024]);
        let limits = Limits { connections: 1, stall: Duration::from_millis(200), ..Limits::default() };
        let (serving, mut stuck) = connected(large, limits).await;
        stuck.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        // The only place is free again, and the first of the answer is there for the next one.
        let mut next = TcpStream::connect((Ipv4Addr::LOCALHOST, serving.port)).await.expect("connected");
        next.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        let mut first = [0; 15];
        next.read_exact(&mut first).await.expect("answered");
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        let mut rest = Vec::new();
        let _ = stuck.read_to_end(&mut rest).await;
        assert!(rest.len() < 32 * 1024 * 1024, "the answer was cut off");
    }

    #[tokio::test]
    async fn whoever_is_still_sending_when_refused_reads_why() {
        let refusing = Router::new().fallback(async || StatusCode::UNAUTHORIZED);
        let (_serving, mut stream) = connected(refusing, Limits::default()).await;
        stream
            .write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n")
            .await
            .expect("sent");
        stream.write_all(&vec![b'a'; 4_000_000]).await.expect("taken, although nobody reads it");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("no reset");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}
