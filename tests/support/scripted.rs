//! A provider that says what it is told to, byte for byte, over raw sockets: for answers that no server library would
//! let out. It asks nobody, keeps nothing and judges nothing.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use url::Url;

/// What a call of the token endpoint gets.
#[derive(Clone, Debug)]
pub enum Say {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// Not a word, until the other side gives up.
    Nothing,
    /// A good beginning, then silence.
    Stuck,
    /// More than anybody should read.
    Flood,
}

impl Say {
    /// A JSON answer with this status line, such as `200 OK`.
    pub fn json(status: &str, body: &str) -> Self {
        Self::of(status, "Content-Type: application/json\r\n", body.as_bytes())
    }

    /// An answer with these header lines.
    pub fn of(status: &str, head: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }

    /// Tokens that live this many seconds, numbered so that no two are alike.
    pub fn tokens(number: usize, life: i64) -> Self {
        Self::json(
            "200 OK",
            &format!(
                r#"{{"access_token":"access-{number}","refresh_token":"refresh-{number}","token_type":"Bearer","expires_in":{life}}}"#
            ),
        )
    }
}

#[derive(Default)]
struct Stage {
    script: VecDeque<Say>,
    /// The forms that came to the token endpoint, and when.
    heard: Vec<(Instant, String)>,
    life: i64,
    revocation: Option<Say>,
    /// What came to the revocation endpoint: the method, the `Authorization` and the form.
    revoked: Vec<String>,
    elsewhere: usize,
    ended: Vec<String>,
    identity: Option<String>,
    pages: BTreeMap<String, Say>,
}

/// A scripted provider. Dropping it closes its socket.
pub struct Scripted {
    /// Where it is: scheme, host and port.
    pub url: String,
    stage: Arc<Mutex<Stage>>,
    closing: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Scripted {
    /// One that follows its script where there is one, and else issues tokens that end at once.
    pub fn start() -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").expect("a port"))
    }

    /// The same on a socket that is bound already.
    pub fn start_on(listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let stage = Arc::new(Mutex::new(Stage::default()));
        let closing = Arc::<AtomicBool>::default();
        let (own, here, closes) = (stage.clone(), url.clone(), closing.clone());
        let listening = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if closes.load(Ordering::Relaxed) {
                    break;
                }
                let (stage, here) = (own.clone(), here.clone());
                thread::spawn(move || serve(stream, &stage, &here));
            }
        });
        Self { url, stage, closing, listening: Some(listening) }
    }

    fn stage<T>(&self, look: impl FnOnce(&mut Stage) -> T) -> T {
        look(&mut self.stage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the next call of the token endpoint gets.
    pub fn say(&self, say: Say) {
        self.stage(|stage| stage.script.push_back(say));
    }

    /// What was told and not asked for is said no more.
    pub fn forget_the_script(&self) {
        self.stage(|stage| stage.script.clear());
    }

    /// Seconds that tokens outside the script live.
    pub fn set_life(&self, seconds: i64) {
        self.stage(|stage| stage.life = seconds);
    }

    /// What revocations get from now on; else they are granted.
    pub fn answer_revocations(&self, say: Option<Say>) {
        self.stage(|stage| stage.revocation = say);
    }

    /// Whose account it is from now on.
    pub fn set_identity(&self, email: &str) {
        self.stage(|stage| stage.identity = Some(email.to_owned()));
    }

    /// This access token is not accepted any more, before its time.
    pub fn end(&self, token: &str) {
        self.stage(|stage| stage.ended.push(format!("Bearer {token}")));
    }

    /// What stands at this path from now on.
    pub fn publish(&self, path: &str, say: Say) {
        self.stage(|stage| stage.pages.insert(path.to_owned(), say));
    }

    /// The forms that came to the token endpoint so far.
    pub fn heard(&self) -> Vec<String> {
        self.stage(|stage| stage.heard.iter().map(|(_, form)| form.clone()).collect())
    }

    /// When they came.
    pub fn heard_at(&self) -> Vec<Instant> {
        self.stage(|stage| stage.heard.iter().map(|(at, _)| *at).collect())
    }

    /// How many revocations came.
    pub fn revocations(&self) -> usize {
        self.stage(|stage| stage.revoked.len())
    }

    /// What all revocations brought, each as [`Scripted::last_revocation`] says.
    pub fn revoked(&self) -> Vec<String> {
        self.stage(|stage| stage.revoked.clone())
    }

    /// What the last revocation brought: its method, its `Authorization` and its form.
    #[track_caller]
    pub fn last_revocation(&self) -> String {
        self.stage(|stage| stage.revoked.last().cloned()).expect("a revocation came")
    }

    /// How many calls came to an address that only a redirect names.
    pub fn strayed(&self) -> usize {
        self.stage(|stage| stage.elsewhere)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        // A last call wakes the thread that waits for one.
        let woken = TcpStream::connect(self.url.trim_start_matches("http://"));
        if let (Ok(_), Some(listening)) = (woken, self.listening.take()) {
            let _ = listening.join();
        }
    }
}

fn serve(stream: TcpStream, stage: &Mutex<Stage>, here: &str) {
    let Some(Call { method, target, authorization, body }) = read(&stream) else { return };
    let url: Url = format!("{here}{target}").parse().expect("a target");
    let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
    let say = match url.path() {
        path if stage.pages.contains_key(path) => stage.pages[path].clone(),
        path if path.contains("/.well-known/") => Say::json("404 Not Found", "{}"),
        "/authorize" => redirect(&url),
        "/token" => {
            stage.heard.push((Instant::now(), body));
            let number = stage.heard.len();
            let life = stage.life;
            stage.script.pop_front().unwrap_or_else(|| Say::tokens(number, life))
        }
        // RFC 6750 §3.1.
        "/userinfo" if stage.ended.contains(&authorization) => {
            Say::json("401 Unauthorized", r#"{"error":"invalid_token"}"#)
        }
        "/userinfo" => {
            let email = stage.identity.as_deref().unwrap_or("maria@scripted.example");
            Say::json("200 OK", &format!(r#"{{"email":"{email}"}}"#))
        }
        "/revoke" => {
            stage.revoked.push(format!("{method} {authorization} {body}"));
            stage.revocation.clone().unwrap_or_else(|| Say::json("200 OK", "{}"))
        }
        _ => {
            stage.elsewhere += 1;
            Say::tokens(usize::MAX, 3600)
        }
    };
    drop(stage);
    // Whoever gave up early is no concern of this server.
    let _ = answer(stream, say);
}

/// What is looked at of a request.
struct Call {
    method: String,
    target: String,
    authorization: String,
    body: String,
}

fn read(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim_end().is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        } else if name.eq_ignore_ascii_case("authorization") {
            value.trim().clone_into(&mut authorization);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Call { method, target, authorization, body: String::from_utf8(body).ok()? })
}

fn redirect(url: &Url) -> Say {
    let parameter =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    let mut back: Url = parameter("redirect_uri").unwrap_or_default().parse().expect("an address");
    back.query_pairs_mut()
        .append_pair("code", "a-code")
        .append_pair("state", &parameter("state").unwrap_or_default());
    Say::of("303 See Other", &format!("Location: {back}\r\n"), b"")
}

fn answer(mut stream: TcpStream, say: Say) -> std::io::Result<()> {
    match say {
        Say::Bytes(bytes) => {
            stream.write_all(&bytes)?;
            stream.shutdown(Shutdown::Write)
        }
        Say::Nothing => wait_for_the_end(&mut stream),
        Say::Stuck => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"access_token\":")?;
            wait_for_the_end(&mut stream)
        }
        Say::Flood => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"",
            )?;
            // Until the other side has had enough.
            loop {
                stream.write_all(&[b'x'; 64 * 1024])?;
            }
        }
    }
}

fn wait_for_the_end(stream: &mut TcpStream) -> std::io::Result<()> {
    // A program that never gives up fails its test by itself; this thread need not outlive it for long.
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.read(&mut [0]).map(|_| ())
}
