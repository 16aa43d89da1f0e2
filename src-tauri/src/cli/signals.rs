//! The signals that end a command: Ctrl-C, and on Unix those of a closed terminal, of Ctrl-\ and of `kill` too.

use crate::domain::error::Failure;

pub(super) struct Signals {
    #[cfg(unix)]
    ending: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self, Failure> {
        use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        use tokio::signal::unix::{SignalKind, signal};

        let listen = |kind| {
            let kind = SignalKind::from_raw(kind as i32);
            signal(kind).map_err(|e| Failure::internal(format!("signals: {}", e.kind())))
        };
        // `nohup` and shells have reasons to ignore these two.
        let ignored = ignored_signals();
        let optional = [SIGHUP, SIGQUIT].into_iter().filter(|kind| ignored & (1 << (*kind as u32 - 1)) == 0);
        Ok(Self {
            ending: [SIGINT, SIGTERM].into_iter().chain(optional).map(listen).collect::<Result<_, _>>()?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let arrived = self.ending.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if arrived { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// The signals that this program ignored when it started, as bits; none where the system does not say.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

/// Waits for the first signal from now on.
pub(super) async fn interrupted() {
    match Signals::listen() {
        Ok(mut signals) => signals.next().await,
        // Without a handler the system ends the program itself.
        Err(_) => std::future::pending().await,
    }
}
