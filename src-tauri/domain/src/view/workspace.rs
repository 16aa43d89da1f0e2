//! Workspaces as they are shown and added.

use serde::{Deserialize, Serialize};

/// What answers the calls of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    Local,
    Practice,
    Hosted,
}

/// A workspace as the switcher shows it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct WorkspaceView {
    /// The name on the command line.
    pub name: String,
    /// The name in the window.
    pub label: String,
    pub kind: WorkspaceKind,
    pub base_url: Option<String>,
    pub connections: u32,
}

/// A hosted workspace to add. It holds secrets, so there is no `Debug`.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkspaceRequest {
    pub name: String,
    /// Where its API begins, or the name of a preset.
    pub base_url: String,
    pub user_secret: String,
    pub organization_secret: String,
}
