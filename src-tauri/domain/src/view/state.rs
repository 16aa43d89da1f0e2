//! Everything that the window shows.

use serde::Serialize;

use super::attempt::AttemptView;
use super::connection::ConnectionView;
use super::keychain::KeychainView;
use super::settings::SettingsView;
use super::workspace::WorkspaceView;

/// Everything that the window shows, in one answer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
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
