//! What the edges read and write outside the flow.

use std::collections::BTreeSet;

use super::{Engine, WorkspaceId};
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::io::index::Setting;
use crate::io::paths::Paths;

impl Engine {
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    pub fn list_rows(&self, workspace: Option<&WorkspaceId>) -> Result<Vec<Connection>, Failure> {
        Ok(self.index.connections(workspace)?)
    }

    /// The one connection of this name or id.
    ///
    /// Errors: [`Code::ConnectionUnknown`]; [`Code::NameAmbiguous`] with the candidates' ids and workspaces.
    pub fn find(&self, name_or_id: &str, workspace: Option<&WorkspaceId>) -> Result<Connection, Failure> {
        let mut found = self.index.find(name_or_id, workspace)?;
        // An id is exact: it wins over another connection that was given this id as its name.
        if let Some(by_id) = found.iter().position(|c| c.id == name_or_id) {
            return Ok(found.swap_remove(by_id));
        }
        if found.len() > 1 {
            let workspace = |id: &WorkspaceId| {
                self.workspace(id.as_str()).map_or_else(|_| id.to_string(), |w| w.view.name)
            };
            let candidate = |c: &Connection| format!("{} ({}, {})", c.id, c.name, workspace(&c.workspace));
            let candidates = Some(found.iter().map(candidate).collect());
            return Err(Failure { candidates, ..Failure::new(Code::NameAmbiguous).name(name_or_id) });
        }
        found.pop().ok_or_else(|| Failure::new(Code::ConnectionUnknown).name(name_or_id))
    }

    /// Errors: [`Code::ConnectionUnknown`].
    pub fn find_by_id(&self, id: &str) -> Result<Connection, Failure> {
        self.index.connection(id)?.ok_or_else(|| Failure::new(Code::ConnectionUnknown).name(id))
    }

    /// The connection whose Element token has this SHA-256.
    pub fn find_by_token(
        &self,
        workspace: &WorkspaceId,
        sha256: &[u8; 32],
    ) -> Result<Option<Connection>, Failure> {
        Ok(self.index.find_by_token(workspace, sha256)?)
    }

    pub fn find_by_instance(&self, workspace: &WorkspaceId, id: &str) -> Result<Option<Connection>, Failure> {
        Ok(self.index.find_by_instance(workspace, id)?)
    }

    /// Stores the missing hashes of Element tokens, by which calls find their instance.
    pub async fn hash_older_tokens(&self, workspace: &WorkspaceId) -> Result<(), Failure> {
        for id in self.index.ids_without_token_hash(workspace)? {
            // A connection without its item has no token to be called with.
            if let Ok(Some(item)) = self.read_item(&id).await {
                self.index.set_token_hash(&id, &item.token_sha256())?;
            }
        }
        Ok(())
    }

    pub fn read_setting(&self, setting: Setting) -> Result<Option<String>, Failure> {
        Ok(self.index.setting(setting)?)
    }

    pub fn save_setting(&self, setting: Setting, value: &str) -> Result<(), Failure> {
        Ok(self.index.set_setting(setting, value)?)
    }

    /// A number that changes when another process changes the index.
    pub fn read_data_version(&self) -> Result<i64, Failure> {
        Ok(self.index.data_version()?)
    }

    /// Reads the whole index.
    ///
    /// Errors: [`Code::IndexDamaged`].
    pub fn verify_index(&self) -> Result<(), Failure> {
        Ok(self.index.verify()?)
    }

    /// Checks that the index can be written.
    pub fn check_index(&self) -> Result<(), Failure> {
        Ok(self.index.probe()?)
    }

    /// Checks that the keychain takes and returns values. Blocks.
    pub fn check_keychain(&self) -> Result<(), Failure> {
        Ok(self.vault.probe()?)
    }

    /// Checks that each connection has its item. Returns how many there are. Blocks.
    ///
    /// Errors: [`Code::SignInExpired`] with the name of a connection that has no readable item.
    pub fn audit_items(&self) -> Result<usize, Failure> {
        let rows = self.index.connections(None)?;
        if let Some(row) = rows.iter().find(|row| !matches!(self.vault.get(&row.id), Ok(Some(_)))) {
            let failure = Failure::new(Code::SignInExpired).name(&row.name);
            return Err(failure.detail("the keychain holds no whole item for it"));
        }
        Ok(rows.len())
    }

    /// Those keys of the vault that belong neither to a connection nor to an operation that was begun. `kept` was read
    /// before.
    pub(super) fn find_orphans(&self, mut kept: BTreeSet<String>) -> Result<BTreeSet<String>, Failure> {
        // In this order: an attempt becomes a connection, and a connection a removal.
        let attempts = self.index.open_attempts()?.into_iter().map(|attempt| attempt.id);
        let connections = self.index.connections(None)?.into_iter().map(|row| row.facts.id);
        let expected: BTreeSet<_> =
            attempts.chain(connections).chain(self.index.pending_removals()?).collect();
        kept.retain(|key| is_connection_id(key) && !expected.contains(key));
        Ok(kept)
    }
}

/// The names of other secrets are not hexadecimal.
fn is_connection_id(key: &str) -> bool {
    key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}
