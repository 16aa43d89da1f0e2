//! Addresses that the user pastes when the browser cannot call back.

use std::io::IsTerminal;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::print;
use super::sentence::sentence;
#[cfg(unix)]
use super::terminal::{Input, Reader, Terminal, Typing};
use crate::domain::oauth::callback::split_addresses;
use crate::engine::Paste;

/// Elsewhere the line mode of the terminal stays as it is.
#[cfg(not(unix))]
type Terminal = ();

const PASTE: &str = "paste the address that the browser ended on, then press Enter.";

/// Most sign-ins have called back by then.
const OFFERED_AFTER: Duration = Duration::from_secs(20);

/// Callbacks have at most 16 kB.
const ADDRESS_MAX: u64 = 16 * 1024;

/// The lines of one address follow each other without a pause.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads pasted addresses from standard input, until it is dropped.
pub(super) struct Pasting {
    pub(super) addresses: mpsc::Receiver<Paste>,
    /// Gives the terminal its line mode back when it is dropped.
    _terminal: Option<Terminal>,
}

/// Reads at once if `wanted`, later at a terminal, else never.
pub(super) fn start_reading(wanted: bool) -> Pasting {
    let (sender, addresses) = mpsc::channel(1);
    let at_terminal = std::io::stdin().is_terminal();
    if !wanted && !at_terminal {
        // The standard input of a script is its own. The channel stays open, since a closed one would count as an event.
        tokio::spawn(async move { sender.closed().await });
        return Pasting { addresses, _terminal: None };
    }
    #[cfg(unix)]
    let (terminal, reader) = at_terminal.then(|| Terminal::open(Typing::Shown)).unzip();
    #[cfg(not(unix))]
    let terminal = None;
    if wanted {
        print::note(PASTE);
    }
    tokio::spawn(async move {
        if !wanted {
            tokio::time::sleep(OFFERED_AFTER).await;
            print::note(&format!("If the browser ended on an error page: {PASTE}"));
        }
        let (texts, pasted) = mpsc::channel(1);
        #[cfg(unix)]
        match reader {
            Some(reader) => drop(std::thread::spawn(move || read_terminal(reader, &texts))),
            None => drop(tokio::spawn(read_pipe(texts))),
        }
        #[cfg(not(unix))]
        tokio::spawn(read_pipe(texts));
        offer_addresses(pasted, sender).await;
    });
    Pasting { addresses, _terminal: terminal }
}

#[cfg(unix)]
fn read_terminal(mut reader: Reader, texts: &mpsc::Sender<String>) {
    while let Input::Text(text) = reader.read() {
        if texts.blocking_send(text).is_err() {
            return;
        }
    }
}

/// Reads lines, and those that follow at once with them.
async fn read_pipe(texts: mpsc::Sender<String>) {
    let mut input = BufReader::new(tokio::io::stdin());
    let mut text = Vec::new();
    loop {
        let is_complete = text.last() == Some(&b'\n');
        let mut bounded = (&mut input).take(ADDRESS_MAX);
        let next = bounded.read_until(b'\n', &mut text);
        let read = if is_complete { timeout(PAUSE, next).await } else { Ok(next.await) };
        let ended = read.as_ref().is_ok_and(|read| !matches!(read, Ok(1..)));
        let paused = read.is_err() && text.last() == Some(&b'\n');
        if ended || paused || text.len() as u64 > ADDRESS_MAX {
            let whole = String::from_utf8_lossy(&std::mem::take(&mut text)).into_owned();
            if texts.send(whole).await.is_err() || ended {
                return;
            }
        }
    }
}

/// Offers each address to the sign-in until it accepts one.
async fn offer_addresses(mut pasted: mpsc::Receiver<String>, sender: mpsc::Sender<Paste>) {
    while let Some(text) = pasted.recv().await {
        for address in split_addresses(&text) {
            let (reply, answered) = oneshot::channel();
            if sender.send((address, reply)).await.is_err() {
                return;
            }
            match answered.await {
                Ok(Err(failure)) => print::note(&sentence(&failure, None)),
                _ => return sender.closed().await,
            }
        }
    }
    // The end of the input is not an answer: the browser may still call back.
    sender.closed().await;
}
