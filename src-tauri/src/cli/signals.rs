//! The signals that end a command: Ctrl-C; on Unix the terminate signal too, on Windows Ctrl-Break and a closed console.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{self, CtrlBreak, CtrlC, CtrlClose};

use crate::domain::error::Failure;

#[cfg(unix)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|e| to_failure(&e));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
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

/// Waits for the first signal from now on.
pub(super) async fn interrupted() {
    match Signals::listen() {
        Ok(mut signals) => signals.next().await,
        // Without a handler the system ends the program itself.
        Err(_) => std::future::pending().await,
    }
}
