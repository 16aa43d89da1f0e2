//! Everything that the window shows, in one answer.

use serde::{Deserialize, Serialize};

use super::attempt::AttemptView;
use super::connection::ConnectionView;
use super::workspace::WorkspaceView;

#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct State {
    pub workspace: WorkspaceView,
    pub workspaces: Vec<WorkspaceView>,
    /// Of the workspace in use.
    pub connections: Vec<ConnectionView>,
    /// Of this window.
    pub attempts: Vec<AttemptView>,
    pub keychain: KeychainView,
    pub settings: SettingsView,
    /// Seconds that servers' clocks are ahead of this computer's, if that is enough to break a sign-in.
    pub clock_skew: Option<i64>,
}

/// Whether the keychain can be used right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeychainState {
    Ready,
    /// Locked, or silent.
    Locked,
    Missing,
}

/// The keychain in the words of this operating system.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeychainView {
    /// "Keychain", "Credential Manager" or "keyring".
    pub name: String,
    pub state: KeychainState,
}

/// How the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// As the operating system says.
    #[default]
    System,
    Light,
    Dark,
}

/// A certificate authority that the user added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CertificateView {
    pub subject: String,
    pub issuer: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// The SHA-256 of the certificate in hexadecimal digits.
    pub sha256: String,
}

/// The Settings screen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsView {
    pub appearance: Appearance,
    /// The port in the callback address of new connections.
    pub callback_port: u16,
    /// The folder of the index.
    pub data_folder: String,
    pub elements_folder: String,
    pub log_folder: String,
    pub version: String,
    /// Certificate authorities that are trusted in addition to those of the system.
    pub certificates: Vec<CertificateView>,
    /// The proxy in use, as host and port; empty if none.
    pub proxy: String,
}
