//! Mends an index that is damaged, missing, or older than the keychain: items and workspaces describe themselves.

use std::path::PathBuf;

use super::Engine;
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

    /// Lists the connections and hosted workspaces that the keychain holds and the index does not. Returns how many
    /// connections were added. Blocks.
    ///
    /// Errors: those of a keychain that does not give an item.
    pub fn restore(&self) -> Result<usize, Failure> {
        self.restore_workspaces()?;
        let mut added = 0;
        for id in self.find_orphans()? {
            if let Some(item) = self.vault.get_undamaged(&id)?
                && self.restore_item(&item)?
            {
                added += 1;
            }
        }
        Ok(added)
    }

    fn restore_workspaces(&self) -> Result<(), Failure> {
        for row in self.find_unlisted_workspaces()? {
            match self.index.begin_workspace(&row, clock::now_ms()) {
                Ok(()) => self.index.finish_workspace(&row.id)?,
                // A workspace of this name was added anew.
                Err(IndexError::NameTaken) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Returns whether a connection was added.
    fn restore_item(&self, item: &Item) -> Result<bool, Failure> {
        if item.role == Role::SetAside || self.is_set_aside(item)? {
            return Ok(false);
        }
        match self.index.finish_attempt(&item.to_connection(), &item.token_sha256()) {
            Ok(row) if item.is_removed() => {
                // Its access is still to be ended.
                self.index.begin_removal(&row.id, false, clock::now_ms())?;
                Ok(false)
            }
            Ok(row) => {
                tracing::info!(connection = %row.id, "listed again");
                if row.name != item.name {
                    let mut renamed = item.clone();
                    renamed.name.clone_from(&row.name);
                    self.vault.put(&renamed)?;
                }
                Ok(true)
            }
            // Its workspace is gone, or the same instance was imported anew.
            Err(IndexError::WorkspaceGone | IndexError::InstanceKnown) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the item was set aside for a listed connection, by a version that did not mark it. Both have the name and the
    /// beginning of the connection.
    fn is_set_aside(&self, item: &Item) -> Result<bool, Failure> {
        let listed = self.index.connections(Some(&item.workspace))?;
        Ok(listed.iter().any(|row| {
            (&row.element, &row.name, row.created_at) == (&item.element, &item.name, item.created_at)
        }))
    }
}
