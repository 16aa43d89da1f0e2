//! Clients that keep a server's connections busy without ever sending a request.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The time between two bytes of a connection, and after which it looks whether it is still open, or reopens.
const PAUSE: Duration = Duration::from_millis(50);

/// What a client does after its first bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Sends nothing more.
    Waits,
    /// Sends a byte now and then.
    Drips,
    /// Closes and connects again.
    Reopens,
}

/// Connections that are made again when the server closes them, until this is dropped.
pub struct Attackers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Attackers {
    /// A third each that send nothing, that send a head byte by byte, and that begin one and reopen. Returns when all have
    /// connected.
    pub fn without_requests(authority: &str, connections: usize) -> Self {
        let share = connections.div_ceil(3);
        let begun = b"GET / HTTP/1.1\r\nx: ".to_vec();
        let kinds = [(Vec::new(), Then::Waits), (Vec::new(), Then::Drips), (begun, Then::Reopens)];
        Self::start(authority, kinds.map(|(first, then)| (share, first, then)).into())
    }

    /// Connections that send a part of a request and wait. Returns when all have sent it.
    pub fn sending(authority: &str, connections: usize, request: &[u8]) -> Self {
        Self::start(authority, vec![(connections, request.to_vec(), Then::Waits)])
    }

    fn start(authority: &str, kinds: Vec<(usize, Vec<u8>, Then)>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let connected = Arc::new(Barrier::new(kinds.len() + 1));
        let threads = kinds.into_iter().map(|(connections, first, then)| {
            let (authority, stop, connected) = (authority.to_owned(), stop.clone(), connected.clone());
            thread::spawn(move || {
                let mut streams: Vec<_> = (0..connections).map(|_| open(&authority, &first)).collect();
                connected.wait();
                while !stop.load(Ordering::Relaxed) {
                    for stream in &mut streams {
                        if !stream.as_mut().is_some_and(|stream| is_open(stream, then)) {
                            *stream = open(&authority, &first);
                        }
                    }
                    thread::sleep(PAUSE);
                }
            })
        });
        let threads = threads.collect();
        connected.wait();
        Self { stop, threads }
    }
}

/// The median time of five requests, end to end: a busy computer may delay one, a blocked server delays all.
pub fn median_time(mut request: impl FnMut()) -> Duration {
    let mut times = [(); 5].map(|()| {
        let began = Instant::now();
        request();
        began.elapsed()
    });
    times.sort();
    times[2]
}

impl Drop for Attackers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The server may close before it has read everything.
fn open(authority: &str, first: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(authority).ok()?;
    stream.set_write_timeout(Some(Duration::from_secs(1))).ok()?;
    let _ = stream.write_all(first);
    stream.set_nonblocking(true).ok()?;
    Some(stream)
}

fn is_open(stream: &mut TcpStream, then: Then) -> bool {
    match then {
        Then::Waits => {
            matches!(stream.read(&mut [0; 4096]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        }
        Then::Drips => stream.write(b"a").is_ok(),
        Then::Reopens => false,
    }
}
