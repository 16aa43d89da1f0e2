//! Settings: one text per key.

use super::error::IndexError;
use super::file::Index;

/// A key of the table `setting`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::AsRefStr)]
#[strum(serialize_all = "snake_case")]
pub enum Setting {
    /// The workspace selected in the window, by id.
    Workspace,
    /// The workspace selected for the command line, by id.
    CliWorkspace,
    CallbackPort,
    Appearance,
    WindowSize,
}

impl Setting {
    /// Whether the value is the id of a workspace, so that the setting is deleted with that workspace.
    pub(super) fn is_workspace_id(self) -> bool {
        match self {
            Self::Workspace | Self::CliWorkspace => true,
            Self::CallbackPort | Self::Appearance | Self::WindowSize => false,
        }
    }
}

impl Index {
    pub fn setting(&self, setting: Setting) -> Result<Option<String>, IndexError> {
        self.query_one("SELECT value FROM setting WHERE key = ?1", [setting.as_ref()], |row| row.get(0))
    }

    pub fn set_setting(&self, setting: Setting, value: &str) -> Result<(), IndexError> {
        self.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)", [setting.as_ref(), value])
    }
}
