//! Addresses that the user pastes when the browser cannot call back.

use std::io::IsTerminal;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::{mpsc, oneshot};

use super::print;
use super::sentence::sentence;
use crate::engine::Paste;

const PASTE: &str = "paste the address that the browser ended on, then press Enter.";

/// Most sign-ins have called back by then.
const OFFERED_AFTER: Duration = Duration::from_secs(20);

/// Callbacks have at most 16 kB.
const ADDRESS_MAX: u64 = 16 * 1024;

/// Reads pasted addresses from standard input: at once if `wanted`, later at a terminal, else never.
pub(super) fn start_reading(wanted: bool) -> mpsc::Receiver<Paste> {
    let (sender, receiver) = mpsc::channel(1);
    if wanted {
        print::note(PASTE);
        tokio::spawn(read_addresses(sender));
    } else if std::io::stdin().is_terminal() {
        tokio::spawn(async move {
            tokio::time::sleep(OFFERED_AFTER).await;
            print::note(&format!("If the browser ended on an error page: {PASTE}"));
            read_addresses(sender).await;
        });
    } else {
        // The standard input of a script is its own. The channel stays open, since a closed one would count as an event.
        tokio::spawn(async move { sender.closed().await });
    }
    receiver
}

/// Reads one address per line until the sign-in accepts one.
async fn read_addresses(sender: mpsc::Sender<Paste>) {
    let mut input = BufReader::new(tokio::io::stdin());
    loop {
        let mut line = Vec::new();
        match (&mut input).take(ADDRESS_MAX).read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 => {}
            _ => break,
        }
        // PowerShell begins what it pipes with a byte order mark.
        let line = String::from_utf8_lossy(&line).trim_start_matches('\u{feff}').trim().to_owned();
        if line.is_empty() {
            continue;
        }
        let (reply, answered) = oneshot::channel();
        if sender.send((line, reply)).await.is_err() {
            return;
        }
        match answered.await {
            Ok(Err(failure)) => print::note(&sentence(&failure, None)),
            _ => break,
        }
    }
    // The end of the input is not an answer: the browser may still call back.
    sender.closed().await;
}
