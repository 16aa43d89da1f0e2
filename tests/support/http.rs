//! Plain HTTP/1.1 over a socket: requests are known byte for byte, and redirects are not followed.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

use url::Url;

use super::TIMEOUT;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let is_named = |line: &'_ str| {
            line.split_once(':').filter(|(known, _)| known.eq_ignore_ascii_case(name)).is_some()
        };
        let line = self.head.lines().find(|line| is_named(line))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

pub fn get(url: &Url) -> Result<Answer> {
    send(url, &format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", target(url), authority(url)))
}

pub fn post(url: &Url, form: &[(&str, &str)]) -> Result<Answer> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        target(url),
        authority(url),
        body.len()
    );
    send(url, &format!("{head}{body}"))
}

/// Sends `text` unchanged to the host of an address.
pub fn send(url: &Url, text: &str) -> Result<Answer> {
    let mut stream = connect(url)?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// Connects to the host of an address.
pub fn connect(url: &Url) -> Result<TcpStream> {
    let stream = TcpStream::connect(authority(url))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// Host and port, as in the header `Host`.
pub fn authority(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// Path and query, as in the request line.
pub fn target(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}
