//! A client that sends bytes as they are.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long to wait for the answer to a whole head. Then the client stops sending, which ends a body that is announced
/// and never comes.
const PATIENCE: Duration = Duration::from_millis(200);

/// By then a server has answered or closed.
const LONGEST_ANSWER_TIME: Duration = Duration::from_secs(4);

/// More than any answer.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// An answer as it came; empty if the server closed without one.
pub struct Answer {
    pub status: Option<u16>,
    /// The lines of the head, in lower case.
    pub head: Vec<String>,
    pub body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self { status: None, head: Vec::new(), body: String::new() };
        }
        let text = std::str::from_utf8(bytes).expect("an answer is UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a whole head");
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status = status_line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let head: Vec<_> = lines.map(str::to_ascii_lowercase).collect();
        assert!(head.iter().all(|line| !line.contains(char::is_control)), "{head:?}");
        Self { status: Some(status.expect("a status")), head, body: body.to_owned() }
    }

    pub fn has(&self, line: &str) -> bool {
        self.head.iter().any(|known| known == line)
    }

    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Sends a request and reads the answer to its end.
pub async fn exchange(authority: &str, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(authority).await.expect("a listening server");
    // A server may refuse before everything is sent.
    let _ = stream.write_all(request).await;
    let (mut incoming, mut outgoing) = stream.split();
    let mut answer = Vec::new();
    let mut bounded = (&mut incoming).take(LONGEST_ANSWER);
    let whole_head = request.windows(3).any(|bytes| bytes == b"\n\r\n" || bytes.ends_with(b"\n\n"));
    if !whole_head || tokio::time::timeout(PATIENCE, bounded.read_to_end(&mut answer)).await.is_err() {
        let _ = outgoing.shutdown().await;
        let read = tokio::time::timeout(LONGEST_ANSWER_TIME, bounded.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the server neither answers nor closes");
    }
    Answer::read(&answer)
}

/// Puts values in the place of names in braces, in bytes that need not be text.
pub fn replace(data: &[u8], values: &[(&str, &str)]) -> Vec<u8> {
    let mut result = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some((first, after)) = rest.split_first() {
        match values.iter().find(|(name, _)| rest.starts_with(name.as_bytes())) {
            Some((name, value)) => {
                result.extend_from_slice(value.as_bytes());
                rest = &rest[name.len()..];
            }
            None => {
                result.push(*first);
                rest = after;
            }
        }
    }
    result
}

/// The header lines of a request with this name: what follows the colon.
pub fn header_values(request: &[u8], name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(request);
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let head = lines.skip(1).take_while(|line| !line.is_empty());
    head.filter_map(|line| line.split_once(':'))
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .collect()
}
