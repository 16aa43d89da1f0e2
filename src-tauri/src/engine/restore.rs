//! Mends an index that is damaged, missing, or older than the keychain: items and workspaces describe themselves.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Engine;
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::domain::item::{Item, Role};
use crate::io::clock;
use crate::io::index::{IndexError, replace_damaged};
use crate::io::paths::Paths;
use crate::io::vault::{Prompting, Vault};

/// What became of an index that could not be used.
pub enum Repair {
    NotNeeded,
    /// There was none.
    Created,
    /// A new one is in its place; the damaged file is kept here.
    SetAside(PathBuf),
}

/// What [`Engine::restore`] did with the items without a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// They are connections again.
    pub added: usize,
    /// They could not be listed.
    pub left: usize,
}

impl Engine {
    /// Opens the index, or an empty one in place of one that is damaged or missing. [`Engine::restore`] fills it.
    ///
    /// Errors: those of a keychain that cannot be listed, which leave the index as it is.
    pub fn open_repaired(paths: Paths, prompting: Prompting) -> Result<(Self, Repair), Failure> {
        let verified = Self::open(paths.clone(), prompting).and_then(|engine| {
            engine.verify_index()?;
            Ok(engine)
        });
        match verified {
            Ok(engine) => Ok((engine, Repair::NotNeeded)),
            Err(failure) if failure.code == Code::IndexDamaged => {
                // An empty list in place of a damaged one would hide that something is missing.
                Vault::new(&paths.home_id, prompting).keys()?;
                let kept = replace_damaged(&paths.index())?;
                Ok((Self::open(paths, prompting)?, kept.map_or(Repair::Created, Repair::SetAside)))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Lists the connections and hosted workspaces that the keychain holds and the index does not. Blocks.
    ///
    /// Errors: those of a keychain that does not give an item.
    pub fn restore(&self) -> Result<Restored, Failure> {
        let kept = self.vault.keys()?;
        self.restore_workspaces(&kept)?;
        let orphans = self.find_orphans(kept)?;
        let mut listed = self.index.connections(None)?;
        let mut restored = Restored::default();
        for id in orphans {
            let item = self.vault.get_undamaged(&id)?.filter(|item| !is_set_aside(item, &listed));
            let row = item.as_ref().map(|item| self.relist(item)).transpose()?.flatten();
            match row {
                None => restored.left += 1,
                Some(_) if item.is_some_and(|item| item.is_removed()) => {}
                Some(row) => {
                    restored.added += 1;
                    listed.push(row);
                }
            }
        }
        Ok(restored)
    }

    fn restore_workspaces(&self, kept: &BTreeSet<String>) -> Result<(), Failure> {
        for row in self.find_unlisted_workspaces(kept)? {
            match self.index.begin_workspace(&row, clock::now_ms()) {
                Ok(()) => self.index.finish_workspace(&row.id)?,
                // Another workspace has this name.
                Err(IndexError::NameTaken) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Inserts the row of an item, for a removed connection as a removal to finish. `None` if its workspace is gone, or
    /// another connection has its instance.
    fn relist(&self, item: &Item) -> Result<Option<Connection>, Failure> {
        let row = match self.index.finish_attempt(&item.to_connection(), &item.token_sha256()) {
            Ok(row) => row,
            Err(IndexError::WorkspaceGone | IndexError::InstanceKnown) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if item.is_removed() {
            // Its access is still to be ended.
            self.index.begin_removal(&row.id, false, clock::now_ms())?;
        } else if row.name != item.name {
            let mut renamed = item.clone();
            renamed.name.clone_from(&row.name);
            self.vault.put(&renamed)?;
        }
        tracing::info!(connection = %row.id, removed = item.is_removed(), "listed again");
        Ok(Some(row))
    }
}

/// Whether an item is no connection of its own. A version that did not mark those it set aside gave them the name and the
/// beginning of their connection.
fn is_set_aside(item: &Item, listed: &[Connection]) -> bool {
    let is_its = |row: &Connection| {
        (row.created_at, &row.name, &row.element, &row.workspace)
            == (item.created_at, &item.name, &item.element, &item.workspace)
    };
    item.role == Role::SetAside || listed.iter().any(is_its)
}
