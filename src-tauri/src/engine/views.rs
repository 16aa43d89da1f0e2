//! Connections as they are shown.

use super::{Engine, WorkspaceId};
use crate::domain::connection::Connection;
use crate::domain::element::{Auth, Element};
use crate::domain::error::Failure;
use crate::domain::form::Values;
use crate::domain::key_end::KeyEnd;
use crate::domain::view::{ConnectionView, Revocation};
use crate::io::clock;
use crate::io::index::HostedRow;
use crate::platform::provider::revocation::revocation;

impl Engine {
    pub fn connections(&self, workspace: Option<&WorkspaceId>) -> Result<Vec<ConnectionView>, Failure> {
        let hosted = self.index.hosted_workspaces()?;
        let rows = self.index.connections(workspace)?;
        Ok(rows.into_iter().map(|row| self.view_with(row, &hosted)).collect())
    }

    pub fn view(&self, row: Connection) -> ConnectionView {
        let hosted = self.index.hosted_workspaces().unwrap_or_default();
        self.view_with(row, &hosted)
    }

    fn view_with(&self, mut row: Connection, hosted: &[HostedRow]) -> ConnectionView {
        let catalog = self.catalog();
        let element = catalog.describe(&row.element);
        let way = |element| Some((element, Element::auth_of(element, row.way.as_deref())?));
        let known = element.as_deref().and_then(way);
        let words = known.map(|(e, _)| (e.name.as_str(), e.initials.as_str(), e.access.as_slice()));
        let revocation = match (known, &row.workspace) {
            (_, WorkspaceId::Hosted(_)) => Revocation::Ends,
            (Some((element, auth)), workspace) => {
                revocation(element, auth, &Values::default(), *workspace == WorkspaceId::Practice)
            }
            (None, _) => Revocation::Stays,
        };
        let is_key = known.is_some_and(|(_, auth)| matches!(auth, Auth::ApiKey(_) | Auth::Basic(_)));
        let key_end = row.expires_at.filter(|_| is_key).and_then(|at| KeyEnd::at(at, clock::now_ms()));
        // The index names a hosted workspace by its id, which the user does not know.
        if let Some(known) = hosted.iter().find(|known| known.id == row.workspace.as_str()) {
            row.workspace = known.name.clone().into();
        }
        ConnectionView::new(row, words, revocation, key_end)
    }
}
