//! The platform API on this computer: the real program, called by real `curl` as in the guides.

mod attacks;
mod calls;
mod guides;
mod instances;
mod keys;
mod many;
mod program;
mod raw;
mod sign_ins;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use url::Url;

use crate::support::home::Home;
use crate::support::platform::Platform;
use crate::support::user;

/// A response, as `curl` printed it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?} {}", self.text()))
    }

    /// Asserts success and returns the body.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}\n{}", self.head, self.text());
        self.json()
    }

    /// Asserts a refusal with this status in the platform's format, and returns its message.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text());
        let body = self.json();
        let id = body["requestId"].as_str().expect("an id");
        assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        assert_eq!(self.header("elements-request-id").as_deref(), Some(id));
        body["message"].as_str().expect("a message").to_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let line = self
            .head
            .lines()
            .find(|line| line.split_once(':').is_some_and(|(known, _)| known.eq_ignore_ascii_case(name)))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    }
}

/// Runs `curl` with these arguments in this folder.
#[track_caller]
pub fn curl_in(folder: &Path, arguments: &[&str]) -> Answer {
    let done = Command::new("curl")
        // No settings of the user who runs the tests; the head before the body; a timeout.
        .args(["-q", "-sS", "--noproxy", "*", "--max-time", "60", "-i"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("curl is installed");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    let mut rest = done.stdout.as_slice();
    loop {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 4..];
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status != 100 {
            return Answer { status, head, body: rest.to_vec() };
        }
    }
}

/// A server of the practice workspace of a home, and calls of it.
pub struct Served {
    pub platform: Platform,
}

impl Served {
    pub fn start(home: &Home) -> Self {
        Self { platform: Platform::start(home) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.platform.base_url)
    }

    /// Calls a path with only these arguments of `curl`.
    #[track_caller]
    pub fn bare(&self, path: &str, arguments: &[&str]) -> Answer {
        let url = self.url(path);
        curl_in(Path::new("/"), &[arguments, &[&url]].concat())
    }

    /// Calls a path with the secrets of the user and the organization.
    #[track_caller]
    pub fn call(&self, verb: &str, path: &str) -> Answer {
        self.bare(path, &["-X", verb, "-H", &self.secrets()])
    }

    /// [`Served::call`] with a body.
    #[track_caller]
    pub fn send(&self, verb: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let json = "Content-Type: application/json";
        self.bare(path, &["-X", verb, "-H", &self.secrets(), "-H", json, "-d", &body])
    }

    /// Calls a path with the Element token of an instance.
    #[track_caller]
    pub fn call_as(&self, token: &str, verb: &str, path: &str) -> Answer {
        self.bare(path, &["-X", verb, "-H", &self.element(token)])
    }

    /// The header with the secrets of the user and the organization.
    pub fn secrets(&self) -> String {
        format!("Authorization: {}", self.platform.authorization)
    }

    /// The header with an Element token.
    pub fn element(&self, token: &str) -> String {
        let user = self.platform.authorization.split(',').next().expect("the User secret").to_owned();
        format!("Authorization: {user}, Element {token}")
    }

    /// Starts a Zendesk sign-in and returns the address for the browser.
    #[track_caller]
    pub fn start_sign_in(&self, state: &str) -> String {
        let path = format!(
            "/elements/zendesk/oauth/url?apiKey=app&apiSecret=s3cret&callbackUrl={CALLBACK}&siteAddress=acme&state={state}"
        );
        self.bare(&path, &[]).ok()["oauthUrl"].as_str().expect("an address").to_owned()
    }

    /// Signs in to Zendesk.
    #[track_caller]
    pub fn create(&self, name: &str) -> Value {
        let callback = user::allow(&self.start_sign_in(&format!("state-of-{}", name.replace(' ', "-"))));
        self.send("POST", "/instances", &zendesk(name, &parameters(&callback))).ok()
    }
}

/// A callback address of the caller, which is never opened.
pub const CALLBACK: &str = "https://www.mycoolapp.com/auth";

/// The body that creates a Zendesk instance.
pub fn zendesk(name: &str, provider_data: &Value) -> Value {
    json!({
        "name": name,
        "element": { "key": "zendesk" },
        "providerData": provider_data,
        "configuration": {
            "oauth.api.key": "app",
            "oauth.api.secret": "s3cret",
            "oauth.callback.url": CALLBACK,
            "zendesk.subdomain": "acme",
        },
        "tags": ["test"],
    })
}

/// The parameters of an address.
pub fn parameters(url: &Url) -> Value {
    Value::Object(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into())).collect())
}
