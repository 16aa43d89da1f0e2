//! The socket of our small HTTP servers: bound to loopback only, with limits on size, time and connections.

mod connection;
mod head;
mod places;
#[cfg(test)]
mod tests;
mod write_timeout;

use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::loopback::Loopback;
use connection::serve_connection;
pub use connection::{Answers, Limits};
pub(crate) use head::RawQuery;
pub(crate) use places::Places;

/// Pause before accepting again when the process has no file descriptor left.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(50);
/// Connections that wait to be accepted; beyond, a client tries again after a second. Linux takes at most so many.
const BACKLOG: u32 = 4096;
/// EAFNOSUPPORT on Linux, macOS and Windows, which `ErrorKind` does not name.
const NO_SUCH_FAMILY: [i32; 3] = [97, 47, 10_047];
/// A port that is free in one address family may be taken in the other.
const PORT_TRIES: usize = 16;

/// Bound sockets that are not served yet.
#[derive(Debug)]
pub struct Bound {
    sockets: Vec<TcpListener>,
    /// The same for all sockets.
    pub port: u16,
}

impl Bound {
    /// Binds; port 0 takes a free one. [`ErrorKind::AddrInUse`]: the port is taken in either address family.
    pub async fn bind(loopback: Loopback, port: u16) -> Result<Self> {
        match loopback {
            Loopback::Ip(ip) => {
                let socket = listen(SocketAddr::new(ip, port))?;
                Ok(Self { port: socket.local_addr()?.port(), sockets: vec![socket] })
            }
            Loopback::Name => {
                let mut last = Error::from(ErrorKind::AddrInUse);
                for _ in 0..if port == 0 { PORT_TRIES } else { 1 } {
                    match bind_both_families(port) {
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

    pub fn serve_within(self, router: &Router, limits: Limits) -> Serving {
        let too_long =
            async || (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "The request head is too long\n");
        let too_long = Router::new().fallback(too_long);
        self.serve_answers(Answers { router: router.clone(), too_long, any_query: false }, limits)
    }

    pub fn serve_answers(self, answers: Answers, limits: Limits) -> Serving {
        let (stop, stopped) = watch::channel(());
        let places = Places::new(limits.max_connections);
        let accepting = self
            .sockets
            .into_iter()
            .map(|socket| {
                tokio::spawn(accept(socket, answers.clone(), places.clone(), limits, stopped.clone()))
            })
            .collect();
        Serving { stop, places, limits, accepting, port: self.port }
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As the standard library does: elsewhere it would let another program take the same port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Binds both address families to one port; a family that this computer does not have is skipped.
fn bind_both_families(port: u16) -> Result<Bound> {
    let v4 = listen((Ipv4Addr::LOCALHOST, port).into());
    let port = match &v4 {
        Ok(socket) => socket.local_addr()?.port(),
        Err(_) => port,
    };
    let v6 = listen((Ipv6Addr::LOCALHOST, port).into());
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
    places: Arc<Places>,
    limits: Limits,
    accepting: Vec<JoinHandle<()>>,
    pub port: u16,
}

impl Serving {
    /// Stops accepting and waits until started responses are sent. The port is free then.
    pub async fn close(self) {
        let Self { stop, places, limits, accepting, .. } = self;
        drop(stop);
        for socket in accepting {
            let _ = socket.await;
        }
        let _ = tokio::time::timeout(limits.flush_timeout, places.wait_empty()).await;
    }
}

async fn accept(
    socket: TcpListener,
    answers: Answers,
    places: Arc<Places>,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let stream = tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The peer gave up, or the process has no descriptor left.
                Err(_) => { tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await; continue }
            },
            // An error means that the sender was dropped: stop.
            Err(_) = stopped.changed() => return,
        };
        let place = tokio::select! {
            place = places.clone().take() => place,
            Err(_) = stopped.changed() => return,
        };
        let Some(place) = place else { return };
        tokio::spawn(serve_connection(stream, place, answers.clone(), limits, stopped.clone()));
    }
}
