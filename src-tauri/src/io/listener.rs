//! The socket under our small servers: bound to loopback only, with bounds on size, time and number.
//! What they answer is decided elsewhere.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// A request head larger than this is nobody's callback: codes of 8 kB exist, ours is never longer than 16 kB.
const HEAD_MAX: usize = 32 * 1024;
/// Loopback needs no time to send a head; whoever takes longer holds a socket open for nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Enough for every tab of a browser; a port scanner that opens more waits.
const CONNECTIONS_MAX: usize = 64;
/// A page is small: a browser that has not got it by then will not.
const FLUSH: Duration = Duration::from_secs(2);
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
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: CONNECTIONS_MAX, flush: FLUSH }
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
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(HEAD_MAX)
                // One request each: a page is all there is to fetch, and nothing is left open when the port closes.
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
            tokio::pin!(connection);
            tokio::select! {
                _ = &mut connection => {}
                Err(_) = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(limits.flush, connection).await;
                }
            }
            drop(slot);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
}
