//! A provider that sends scripted responses byte for byte over raw sockets, including those that no server library would
//! send. It checks nothing.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use url::Url;

/// The response to a call of the token endpoint.
#[derive(Clone, Debug)]
pub enum Response {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing, until the client gives up.
    Silence,
    /// The start of a response, then nothing.
    Stalled,
    /// A response without end.
    Endless,
}

impl Response {
    /// JSON with this status line, such as `200 OK`.
    pub fn json(status: &str, body: &str) -> Self {
        Self::with_head(status, "Content-Type: application/json\r\n", body.as_bytes())
    }

    /// A response with these header lines.
    pub fn with_head(status: &str, head: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }

    /// Numbered tokens that live this many seconds.
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
struct State {
    script: VecDeque<Response>,
    /// The forms that the token endpoint received, and when.
    token_requests: Vec<(Instant, String)>,
    life: i64,
    revocation: Option<Response>,
    /// Method, `Authorization` and form of each revocation.
    revoked: Vec<String>,
    misdirected: usize,
    invalid_tokens: Vec<String>,
    identity: Option<String>,
    pages: BTreeMap<String, Response>,
}

pub struct Scripted {
    /// Scheme, host and port.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Scripted {
    /// Without a script, the token endpoint issues tokens that have expired.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let (own, here) = (state.clone(), url.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, here) = (own.clone(), here.clone());
                thread::spawn(move || serve(stream, &state, &here));
            }
        });
        Self { url, state }
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds the response to the next unscripted call of the token endpoint.
    pub fn enqueue(&self, response: Response) {
        self.state(|state| state.script.push_back(response));
    }

    /// Drops the responses that were not sent.
    pub fn clear_script(&self) {
        self.state(|state| state.script.clear());
    }

    /// Seconds that unscripted tokens live.
    pub fn set_life(&self, seconds: i64) {
        self.state(|state| state.life = seconds);
    }

    /// Sets the response to revocations; `None` grants them.
    pub fn set_revocation_response(&self, response: Option<Response>) {
        self.state(|state| state.revocation = response);
    }

    /// Sets the account that userinfo names.
    pub fn set_identity(&self, email: &str) {
        self.state(|state| state.identity = Some(email.to_owned()));
    }

    /// Refuses this access token from now on.
    pub fn invalidate(&self, token: &str) {
        self.state(|state| state.invalid_tokens.push(format!("Bearer {token}")));
    }

    /// Sets the response at this path.
    pub fn publish(&self, path: &str, response: Response) {
        self.state(|state| state.pages.insert(path.to_owned(), response));
    }

    /// The forms that the token endpoint received.
    pub fn token_requests(&self) -> Vec<String> {
        self.state(|state| state.token_requests.iter().map(|(_, form)| form.clone()).collect())
    }

    pub fn token_request_times(&self) -> Vec<Instant> {
        self.state(|state| state.token_requests.iter().map(|(at, _)| *at).collect())
    }

    pub fn revocation_count(&self) -> usize {
        self.state(|state| state.revoked.len())
    }

    /// Method, `Authorization` and form of the last revocation.
    #[track_caller]
    pub fn last_revocation(&self) -> String {
        self.state(|state| state.revoked.last().cloned()).expect("a revocation")
    }

    /// The number of calls to addresses that only a redirect names.
    pub fn misdirected_calls(&self) -> usize {
        self.state(|state| state.misdirected)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>, here: &str) {
    let Some(Request { method, target, authorization, body }) = read(&stream) else { return };
    let url: Url = format!("{here}{target}").parse().expect("a target");
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let response = match url.path() {
        path if state.pages.contains_key(path) => state.pages[path].clone(),
        path if path.contains("/.well-known/") => Response::json("404 Not Found", "{}"),
        "/authorize" => redirect(&url),
        "/token" => {
            state.token_requests.push((Instant::now(), body));
            let number = state.token_requests.len();
            let life = state.life;
            state.script.pop_front().unwrap_or_else(|| Response::tokens(number, life))
        }
        // RFC 6750 §3.1.
        "/userinfo" if state.invalid_tokens.contains(&authorization) => {
            Response::json("401 Unauthorized", r#"{"error":"invalid_token"}"#)
        }
        "/userinfo" => {
            let email = state.identity.as_deref().unwrap_or("maria@scripted.example");
            Response::json("200 OK", &format!(r#"{{"email":"{email}"}}"#))
        }
        "/revoke" => {
            state.revoked.push(format!("{method} {authorization} {body}"));
            state.revocation.clone().unwrap_or_else(|| Response::json("200 OK", "{}"))
        }
        _ => {
            state.misdirected += 1;
            Response::tokens(usize::MAX, 3600)
        }
    };
    drop(state);
    // The client may have given up.
    let _ = send(stream, response);
}

struct Request {
    method: String,
    target: String,
    authorization: String,
    body: String,
}

fn read(stream: &TcpStream) -> Option<Request> {
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
    Some(Request { method, target, authorization, body: String::from_utf8(body).ok()? })
}

fn redirect(url: &Url) -> Response {
    let parameter =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    let mut back: Url = parameter("redirect_uri").unwrap_or_default().parse().expect("an address");
    back.query_pairs_mut()
        .append_pair("code", "a-code")
        .append_pair("state", &parameter("state").unwrap_or_default());
    Response::with_head("303 See Other", &format!("Location: {back}\r\n"), b"")
}

fn send(mut stream: TcpStream, response: Response) -> std::io::Result<()> {
    match response {
        Response::Bytes(bytes) => {
            stream.write_all(&bytes)?;
            stream.shutdown(Shutdown::Write)
        }
        Response::Silence => wait_for_close(&mut stream),
        Response::Stalled => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"access_token\":")?;
            wait_for_close(&mut stream)
        }
        Response::Endless => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"",
            )?;
            loop {
                stream.write_all(&[b'x'; 64 * 1024])?;
            }
        }
    }
}

fn wait_for_close(stream: &mut TcpStream) -> std::io::Result<()> {
    // A client that never gives up fails its own test.
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.read(&mut [0]).map(|_| ())
}
