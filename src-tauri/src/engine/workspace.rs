//! Which workspaces exist, and which is selected.

use super::{Engine, WorkspaceId};
use crate::domain::connection::folded;
use crate::domain::error::{Code, Failure};
use crate::domain::view::{WorkspaceKind, WorkspaceView};
use crate::io::index::Setting;

#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub view: WorkspaceView,
}

impl Engine {
    /// All workspaces. The first two always exist.
    pub fn workspaces(&self) -> Result<Vec<Workspace>, Failure> {
        let counts = self.index.connection_counts()?;
        let make = |id: WorkspaceId, name: &str, label: &str, kind, base_url| {
            let connections = counts.iter().find(|(of, _)| of == id.as_str()).map_or(0, |(_, count)| *count);
            let view = WorkspaceView { name: name.into(), label: label.into(), kind, base_url, connections };
            Workspace { id, view }
        };
        let mut all = vec![
            make(WorkspaceId::Local, "local", "This computer", WorkspaceKind::Local, None),
            make(WorkspaceId::Practice, "practice", "Practice", WorkspaceKind::Practice, None),
        ];
        all.extend(self.index.hosted_workspaces()?.into_iter().map(|row| {
            let id = WorkspaceId::Hosted(row.id);
            make(id, &row.name, &row.name, WorkspaceKind::Hosted, Some(row.base_url))
        }));
        Ok(all)
    }

    /// The workspace of this name, ignoring case, or id.
    ///
    /// Errors: [`Code::WorkspaceUnknown`].
    pub fn workspace(&self, name_or_id: &str) -> Result<Workspace, Failure> {
        let unknown = || Failure::new(Code::WorkspaceUnknown).name(name_or_id);
        let named = |w: &Workspace| w.id.as_str() == name_or_id || folded(&w.view.name) == folded(name_or_id);
        self.workspaces()?.into_iter().find(named).ok_or_else(unknown)
    }

    /// The workspace that was selected last in the window, or this computer if that is gone.
    pub fn current_workspace(&self) -> Result<Workspace, Failure> {
        let selected = self.index.setting(Setting::Workspace)?.unwrap_or_default();
        self.workspace(&selected).or_else(|failure| match failure.code {
            Code::WorkspaceUnknown => self.workspace(WorkspaceId::Local.as_str()),
            _ => Err(failure),
        })
    }

    /// Selects the workspace that the window shows.
    pub fn use_workspace(&self, workspace: &Workspace) -> Result<(), Failure> {
        Ok(self.index.set_setting(Setting::Workspace, workspace.id.as_str())?)
    }
}
