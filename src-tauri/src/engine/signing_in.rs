//! A sign-in between its address and its answer.

use std::time::{Duration, Instant};

use url::Url;

use super::WorkspaceId;
use crate::domain::connection::Connection;
use crate::domain::element::Element;
use crate::domain::oauth::device::DeviceAuthorization;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::fault;
use crate::io::browser::{self, NotOpened};
use crate::io::callback::{Binding, CallbackListener, CallbackReceiver};
use crate::io::lock::Lock;
use crate::platform::SignIn;

/// The user's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browser {
    /// The system's own.
    Default,
    /// A command line.
    Command(String),
    /// None: the address is shown instead.
    None,
}

/// An attempt whose address is ready to be opened. Dropping it ends the attempt.
pub struct SigningIn {
    /// Becomes the connection's id and the vault key, unless `again` has one.
    pub id: String,
    /// The connection that is signed in to again.
    pub again: Option<Connection>,
    pub workspace: WorkspaceId,
    /// The name of the connection.
    pub name: String,
    pub tags: Vec<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// Whether another account may take the connection over: the user agreed beforehand.
    pub any_account: bool,
    pub(super) sign_in: SignIn,
    /// Whether this application registered its own client.
    pub(super) registered: bool,
    pub(super) lock: Lock,
    pub(super) way: Way,
}

/// How the result arrives.
pub(super) enum Way {
    /// The browser comes back to the callback address.
    Browser(Box<BrowserWay>),
    /// The user enters a code on any device (RFC 8628); the provider is polled.
    Device(Box<DeviceWay>),
    /// The form alone signs in.
    Direct,
}

pub(super) struct BrowserWay {
    pub(super) url: Url,
    /// The redirect address, byte for byte as the provider knows it.
    pub(super) callback_url: String,
    pub(super) binding: Binding,
    /// `None` where the callback has to be pasted.
    pub(super) listener: Option<CallbackListener>,
    pub(super) waiting: Option<CallbackReceiver>,
    pub(super) verifier: Option<Verifier>,
    /// OAuth 1.0a: the request token and its secret.
    pub(super) request_token: Option<(String, Sensitive<String>)>,
}

pub(super) struct DeviceWay {
    pub(super) url: Url,
    pub(super) authorization: DeviceAuthorization,
    /// When the code ends.
    pub(super) ends: Instant,
}

impl SigningIn {
    pub fn element(&self) -> &Element {
        &self.sign_in.form().element
    }

    /// The address for the browser, checked. `None` where no browser is needed.
    pub fn url(&self) -> Option<&Url> {
        match &self.way {
            Way::Browser(browser) => Some(&browser.url),
            Way::Device(device) => Some(&device.url),
            Way::Direct => None,
        }
    }

    /// The host that the user will see.
    pub fn host(&self) -> &str {
        match (&self.workspace, self.url()) {
            (_, None) => "",
            (WorkspaceId::Practice, _) => "the practice page",
            (_, Some(url)) => url.host_str().unwrap_or_default(),
        }
    }

    /// The redirect address; empty where nothing comes back.
    pub fn callback_url(&self) -> &str {
        match &self.way {
            Way::Browser(browser) => &browser.callback_url,
            Way::Device(_) | Way::Direct => "",
        }
    }

    /// Whether the callback has to be pasted.
    pub fn paste_only(&self) -> bool {
        matches!(&self.way, Way::Browser(browser) if browser.waiting.is_none())
    }

    /// The code that the user enters in the browser, or compares there.
    pub fn user_code(&self) -> Option<&str> {
        match &self.way {
            Way::Device(device) => Some(&device.authorization.user_code),
            Way::Browser(_) | Way::Direct => None,
        }
    }

    /// How long that code is still valid.
    pub fn code_ends_in(&self) -> Option<Duration> {
        match &self.way {
            Way::Device(device) => Some(device.ends.saturating_duration_since(Instant::now())),
            Way::Browser(_) | Way::Direct => None,
        }
    }

    /// Step 7.
    pub async fn open_browser(&self, choice: &Browser) -> Result<(), NotOpened> {
        match self.url() {
            Some(url) => open_browser(url.clone(), choice.clone()).await,
            None => Err(NotOpened::NoBrowser),
        }
    }
}

/// Opens an address of an attempt, also a second time.
pub async fn open_browser(url: Url, choice: Browser) -> Result<(), NotOpened> {
    let opened = tokio::task::spawn_blocking(move || match choice {
        Browser::None => Err(NotOpened::NoBrowser),
        Browser::Default => browser::open(&url, None),
        Browser::Command(command) => browser::open(&url, Some(&command)),
    });
    let opened = opened.await.unwrap_or(Err(NotOpened::NoBrowser));
    fault::point("browser_opened");
    opened
}
