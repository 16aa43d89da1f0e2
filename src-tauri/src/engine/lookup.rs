//! Finds a connection by its name or id.

use super::{Engine, WorkspaceId};
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};

impl Engine {
    /// The one connection of this name or id.
    ///
    /// Errors: [`Code::ConnectionUnknown`]; [`Code::NameAmbiguous`] with the candidates' ids and workspaces.
    pub fn find(&self, name_or_id: &str, workspace: Option<&WorkspaceId>) -> Result<Connection, Failure> {
        let mut found = self.index.find(name_or_id, workspace)?;
        // An id is exact: it wins over another connection that was given this id as its name.
        if let Some(by_id) = found.iter().position(|c| c.id == name_or_id) {
            return Ok(found.swap_remove(by_id));
        }
        match found.len() {
            0 => Err(Failure::new(Code::ConnectionUnknown).name(name_or_id)),
            1 => Ok(found.remove(0)),
            _ => {
                let named = |id: &WorkspaceId| {
                    self.workspace(id.as_str()).map_or_else(|_| id.to_string(), |w| w.view.name)
                };
                let candidates =
                    found.iter().map(|c| format!("{} ({}, {})", c.id, c.name, named(&c.workspace))).collect();
                let failure = Failure::new(Code::NameAmbiguous).name(name_or_id);
                Err(Failure { candidates: Some(candidates), ..failure })
            }
        }
    }
}
