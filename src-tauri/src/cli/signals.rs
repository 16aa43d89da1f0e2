//! The signals that end a command: Ctrl-C; on Unix those of a closed terminal, of Ctrl-\ and of `kill` too, on Windows
//! Ctrl-Break and a closed console.

#[cfg(windows)]
use tokio::signal::windows::{self, CtrlBreak, CtrlC, CtrlClose};

use crate::domain::error::Failure;

#[cfg(unix)]
pub(super) struct Signals {
    ending: Vec<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        use tokio::signal::unix::{SignalKind, signal};

        let listen = |kind| signal(SignalKind::from_raw(kind as i32)).map_err(|e| to_failure(&e));
        // `nohup` and shells have reasons to ignore these two.
        let ignored = ignored_signals();
        let optional = [SIGHUP, SIGQUIT].into_iter().filter(|kind| ignored & (1 << (*kind as u32 - 1)) == 0);
        Ok(Self {
            ending: [SIGINT, SIGTERM].into_iter().chain(optional).map(listen).collect::<Result<_, _>>()?,
        })
    }

    pub(super) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let arrived = self.ending.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if arrived { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

#[cfg(windows)]
pub(super) struct Signals {
    interrupt: CtrlC,
    terminate: CtrlBreak,
    /// Windows ends the program some seconds after this one.
    close: CtrlClose,
}

#[cfg(windows)]
impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: windows::ctrl_c().map_err(|e| to_failure(&e))?,
            terminate: windows::ctrl_break().map_err(|e| to_failure(&e))?,
            close: windows::ctrl_close().map_err(|e| to_failure(&e))?,
        })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}

fn to_failure(error: &std::io::Error) -> Failure {
    Failure::internal(format!("signals: {}", error.kind()))
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
