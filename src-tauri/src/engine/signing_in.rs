//! A sign-in between its address and its answer.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use url::Url;

use super::WorkspaceId;
use crate::domain::attempt::Stray;
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browser {
    Default,
    Command(String),
    /// The address is shown instead.
    None,
}

/// An attempt whose address is ready to be opened. Dropping it ends the attempt.
pub struct SigningIn {
    /// Becomes the connection's id and the vault key, unless `again` has one.
    pub id: String,
    pub again: Option<Connection>,
    pub workspace: WorkspaceId,
    pub name: String,
    pub tags: Vec<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// Whether the user agreed that another account takes the connection over.
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

    /// What comes to the callback address that is not the answer.
    pub fn strays(&self) -> Option<watch::Receiver<Option<Stray>>> {
        match &self.way {
            Way::Browser(browser) => browser.waiting.as_ref().map(CallbackReceiver::strays),
            Way::Device(_) | Way::Direct => None,
        }
    }

    pub fn paste_only(&self) -> bool {
        matches!(&self.way, Way::Browser(browser) if browser.waiting.is_none())
    }

    fn device(&self) -> Option<&DeviceWay> {
        if let Way::Device(device) = &self.way { Some(device) } else { None }
    }

    /// The code that the user enters in the browser, or compares there.
    pub fn user_code(&self) -> Option<&str> {
        self.device().map(|device| device.authorization.user_code.as_str())
    }

    /// How long that code is still valid.
    pub fn code_ends_in(&self) -> Option<Duration> {
        self.device().map(|device| device.ends.saturating_duration_since(Instant::now()))
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
