//! The independent authorization servers of `tests/servers`, each a program of its own on loopback that shares no code
//! with Keyrack.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};
use url::Url;

use super::home::Home;
use super::keyrack::{Outcome, Running};
use super::user;
use super::visitor::{self, Visitor};

/// The client that tests register when registration is not their subject. Its secret has every character that
/// RFC 6749 §2.3.1 requires to be encoded in a header.
pub const CLIENT_ID: &str = "keyrack";
pub const CLIENT_SECRET: &str = "a-secret-with+/:%&=in-it";
/// This client's secret at `oauth1.py`.
pub const OAUTH1_SECRET: &str = "a-secret+/:%&=of-the-application";

/// The elements whose callback addresses are registered for [`CLIENT_ID`].
pub const KEYS: [&str; 3] = ["acme", "first", "second"];

/// A running server, killed on drop. If a test fails, its standard error is printed.
pub struct Server {
    child: Child,
    errors: Option<JoinHandle<String>>,
    /// Scheme, host and port.
    pub url: String,
}

impl Server {
    /// `oidc-provider` with mandatory PKCE, rotation with replay detection, `iss` in each response, the device flow,
    /// registration and revocation. `options` are listed at the top of `oidc.mjs`.
    pub fn oidc(options: Value) -> Self {
        let mut command = Command::new("node");
        command.arg(folder().join("oidc.mjs")).arg(options.to_string());
        Self::start(command)
    }

    /// [`Server::oidc`] with [`CLIENT_ID`] registered for every grant and for the elements [`KEYS`].
    pub fn oidc_with_client(options: Value) -> Self {
        let server = Self::oidc(options);
        server.register(json!({}));
        server
    }

    /// An OAuth 1.0a provider on `oauthlib`.
    pub fn oauth1() -> Self {
        let mut command = Command::new(folder().join(".venv/bin/python"));
        command.arg(folder().join("oauth1.py"));
        Self::start(command)
    }

    /// `oauth2-mock-server`, which misbehaves on request.
    pub fn mock() -> Self {
        let mut command = Command::new("node");
        command.arg(folder().join("mock.mjs"));
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command
            // No proxy or Node options of the environment: these servers are reached on loopback only.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the servers of the tests are installed: run scripts/setup test");
        let mut stderr = child.stderr.take().expect("a pipe");
        let errors = thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut line = String::new();
        let _ = BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line);
        let Some(url) = line.trim_end().strip_prefix("listening: ").map(str::to_owned) else {
            let _ = child.kill();
            panic!("the server does not print its address: {line}{}", errors.join().unwrap_or_default());
        };
        Self { child, errors: Some(errors), url }
    }

    pub fn at(&self, path: &str) -> Url {
        format!("{}{path}", self.url).parse().expect("an address")
    }

    /// Calls the server's control interface.
    #[track_caller]
    pub fn control(&self, what: &str, body: Value) -> Value {
        let answer = visitor::post_json(&self.at(&format!("/__control/{what}")), &body);
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// The server's counters.
    pub fn counts(&self) -> Value {
        self.control("counts", json!({}))
    }

    /// The number of calls of the token endpoint with this grant, successful or not.
    pub fn token_calls(&self, grant: &str) -> u64 {
        self.counts()["token"][grant].as_u64().unwrap_or_default()
    }

    /// Whether the server accepts a token.
    pub fn accepts(&self, token: &str) -> bool {
        self.control("alive", json!({ "token": token }))["alive"] == true
    }

    /// Sets the lifetime of tokens issued from now on.
    pub fn set_life(&self, seconds: u32) {
        self.control("options", json!({ "life": seconds }));
    }

    /// Registers [`CLIENT_ID`], with these changes.
    pub fn register(&self, changes: Value) {
        let mut client = json!({
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            // RFC 8252 §7.3: with any port.
            "application_type": "native",
            "redirect_uris": KEYS.map(|key| format!("http://127.0.0.1/callback/{key}")),
            "response_types": ["code"],
            "grant_types": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
        });
        let changes = changes.as_object().expect("an object").clone();
        client.as_object_mut().expect("an object").extend(changes);
        self.control("client", client);
    }

    fn stop(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let errors = self.stop();
        if thread::panicking() {
            eprintln!("standard error of {}:\n{errors}", self.url);
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers")
}

/// Writes an element file into the user's folder.
pub fn write_element(home: &Home, key: &str, text: &str) {
    let folder = home.path().join("config/elements").join(key);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("element.toml"), text).expect("written");
}

/// The arguments of a sign-in with [`CLIENT_ID`]; the secret is in the variable `APP_SECRET`.
pub const AS_CLIENT: [&str; 5] =
    ["--set", "oauth.api.key=keyrack", "--secret", "oauth.api.secret=env:APP_SECRET", "--no-browser"];

/// A `--set` for a callback address on a free port instead of the form's fixed one, so that tests can run in parallel. Its
/// path is registered for [`CLIENT_ID`].
pub fn callback_on_free_port() -> String {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    format!("oauth.callback.url=http://127.0.0.1:{port}/callback/{}", KEYS[0])
}

/// Runs a command that signs in with [`CLIENT_ID`]; the user without a browser has the account `login`.
#[track_caller]
pub fn sign_in(home: &Home, arguments: &[&str], login: &str, variables: &[(&str, &str)]) -> Outcome {
    let mut running = start_sign_in(home, arguments, variables);
    let callback = Visitor::new().allow(&running.line("open: "), login);
    let tab = user::open_tab(&callback);
    let outcome = running.wait();
    let page = tab.join().expect("a tab").expect("a page");
    assert_eq!(page.body.contains("is connected"), outcome.code() == Some(0), "the page shows the result");
    outcome
}

/// Starts a command that signs in with [`CLIENT_ID`].
pub fn start_sign_in(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
    let oauth1 = arguments.get(1).is_some_and(|element| element.starts_with("oauth1"));
    let secret = ("APP_SECRET", if oauth1 { OAUTH1_SECRET } else { CLIENT_SECRET });
    home.start_with(&[arguments, &AS_CLIENT[..]].concat(), &[&[secret], variables].concat())
}

/// Connects the account `login` at an element of this home.
#[track_caller]
pub fn connect(home: &Home, key: &str, login: &str, arguments: &[&str]) -> Outcome {
    sign_in(home, &[&["connect", key], arguments].concat(), login, &[])
}
