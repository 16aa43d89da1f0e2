//! A scripted server for tests, over real sockets: it may cut, trickle, flood and redirect. It records each request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Path and query, below the base.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// What the script answers.
pub enum Reply {
    /// Status, further header lines and body.
    Answer(u16, String, String),
    /// The connection ends without a byte, after the request was read.
    Cut,
    /// A success whose body never ends, a blank at a time.
    Trickle,
    /// A success with this many bytes.
    Flood(usize),
}

pub fn json(body: &str) -> Reply {
    status(200, body)
}

pub fn status(status: u16, body: &str) -> Reply {
    Reply::Answer(status, "content-type: application/json\r\n".into(), body.into())
}

pub fn with(status: u16, header: &str, body: &str) -> Reply {
    Reply::Answer(status, format!("{header}\r\n"), body.into())
}

type Script = Arc<Mutex<dyn FnMut(&Seen) -> Reply + Send>>;

/// The path below which a platform's calls lie.
const BASE: &str = "/elements/api-v2";

pub struct Server {
    pub base: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub async fn start(script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}{BASE}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let script: Script = Arc::new(Mutex::new(script));
        let record = seen.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, record.clone(), script.clone()));
            }
        });
        Self { base: base.parse().expect("an address"), seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }

    pub fn count(&self, start: &str) -> usize {
        self.lines().iter().filter(|line| line.starts_with(start)).count()
    }
}

async fn answer(mut socket: TcpStream, record: Arc<Mutex<Vec<Seen>>>, script: Script) {
    let Some(request) = read(&mut socket).await else { return };
    record.lock().expect("not poisoned").push(request.clone());
    let reply = (script.lock().expect("not poisoned"))(&request);
    // The client may be gone before the end; that is what some scripts want.
    let _ = write(&mut socket, reply).await;
    let _ = socket.shutdown().await;
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match socket.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()))
        .collect();
    let length = headers.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse().ok());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length.unwrap_or(0) {
        match socket.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => body.extend_from_slice(&chunk[..n]),
        }
    }
    let target = target.strip_prefix(BASE).unwrap_or(&target).to_owned();
    Some(Seen { method, target, headers, body: String::from_utf8(body).ok()? })
}

async fn write(socket: &mut TcpStream, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Answer(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n");
            socket.write_all(format!("{head}{headers}\r\n{body}").as_bytes()).await
        }
        Reply::Cut => Ok(()),
        Reply::Trickle => {
            socket.write_all(b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n").await?;
            loop {
                socket.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Reply::Flood(mut bytes) => {
            socket.write_all(b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n[").await?;
            let chunk = vec![b' '; 64 * 1024];
            while bytes > 0 {
                let n = bytes.min(chunk.len());
                socket.write_all(&chunk[..n]).await?;
                bytes -= n;
            }
            socket.write_all(b"]").await
        }
    }
}
