//! The request head, read before anything decides about it.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, Result};

use crate::domain::sensitive::Sensitive;

/// The query of a request as it arrived, which may hold bytes that a URI may not.
#[derive(Clone)]
pub(crate) struct RawQuery(Arc<Sensitive<Vec<u8>>>);

impl RawQuery {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose()
    }
}

pub(super) enum Head {
    Complete(Vec<u8>),
    TooLong,
}

/// Reads until the end of the head, at most twice `max` bytes. An error if the client closes before.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin), max: usize) -> Result<Head> {
    let mut head = Vec::with_capacity(4096);
    loop {
        let seen = head.len();
        if stream.read_buf(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if is_complete(&head, seen) {
            return Ok(Head::Complete(head));
        }
        if head.len() > max {
            return Ok(Head::TooLong);
        }
    }
}

/// Whether the head ends after the first `seen` bytes, or cannot be one (as of TLS) and is refused at once.
fn is_complete(head: &[u8], seen: usize) -> bool {
    // RFC 9112 §2.2: empty lines before the request are ignored.
    let Some(start) = head.iter().position(|byte| !b"\r\n".contains(byte)) else { return false };
    let new = &head[start.max(seen.saturating_sub(2))..];
    let begins_method = head[start].is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&head[start]);
    !begins_method || ends_line_twice(new)
}

fn ends_line_twice(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

/// Takes the query out of the request line, in which HTTP parsers refuse spaces, control characters and bytes that are
/// not UTF-8, and more than 64 kB. A `#` begins a query too: a browser would not send it, so the server made it up.
pub(super) fn take_query(head: &[u8]) -> (Vec<u8>, RawQuery) {
    let start = head.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or_default();
    let end = head[start..].iter().position(|byte| *byte == b'\n').map_or(head.len(), |end| start + end);
    let line = &head[start..end];
    let query = line.iter().position(|byte| b"?#".contains(byte));
    let version = line.windows(6).rposition(|part| part == b" HTTP/");
    match (query, version) {
        (Some(query), Some(version)) if query < version => {
            let without = [&line[..query], &line[version..], &head[end..]].concat();
            (without, RawQuery(Arc::new(Sensitive::new(line[query + 1..version].to_vec()))))
        }
        _ => (head[start..].to_vec(), RawQuery(Arc::default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for (head, complete) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\nHost: x\n\n", true),
            ("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", true),
            ("\x16\x03\x01", true),
            ("\r\n\r\n", false),
            ("\n\n\n", false),
            ("GET / HTTP/1.1\r\n", false),
            ("GET / HTTP/1.1\r\nHost: x\r\n", false),
        ] {
            // However it is cut into pieces.
            let found = (0..head.len()).any(|seen| is_complete(&head.as_bytes()[..=seen], seen));
            assert_eq!(found, complete, "{head:?}");
        }
    }

    #[test]
    fn the_query_is_taken_as_it_is() {
        for (head, without, query) in [
            (b"GET /a?b=c HTTP/1.1\r\n\r\n".as_slice(), "GET /a HTTP/1.1\r\n\r\n", b"b=c".as_slice()),
            (b"GET /a?b=c d\xf3\x01 HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n", b"b=c d\xf3\x01"),
            (b"GET /a?b HTTP/1.1 c HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n", b"b HTTP/1.1 c"),
            (b"\r\nGET /a#b=c HTTP/1.0\n\n", "GET /a HTTP/1.0\n\n", b"b=c"),
            (b"GET /a HTTP/1.1\r\nx: ?\r\n\r\n", "GET /a HTTP/1.1\r\nx: ?\r\n\r\n", b""),
            (b"GET /a?b\r\n\r\n", "GET /a?b\r\n\r\n", b""),
            (b"\x16\x03", "\x16\x03", b""),
        ] {
            let (head, taken) = take_query(head);
            assert_eq!((String::from_utf8(head).unwrap().as_str(), taken.bytes()), (without, query));
        }
    }
}
