//! Everything that the window shows.

use serde::Serialize;

use super::attempt::AttemptView;
use super::connection::ConnectionView;
use super::keychain::KeychainView;
use super::settings::SettingsView;
use super::workspace::WorkspaceView;

/// Everything that the window shows, in one answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub clock_skew: Option<i64>,
}
