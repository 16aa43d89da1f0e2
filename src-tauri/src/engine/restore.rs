//! Mends an index that is damaged, missing, or older than the keychain: items and workspaces describe themselves.

use std::path::PathBuf;

use super::Engine;
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::io::clock;
use crate::io::index::{IndexError, replace_damaged};
use crate::io::paths::Paths;
use crate::io::vault::Prompting;

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
    pub fn open_repaired(paths: Paths, prompting: Prompting) -> Result<(Self, Repair), Failure> {
        let verified = Self::open(paths.clone(), prompting).and_then(|engine| {
            engine.index.verify()?;
            Ok(engine)
        });
        match verified {
            Ok(engine) => Ok((engine, Repair::NotNeeded)),
            Err(failure) if failure.code == Code::IndexDamaged => {
                let kept = replace_damaged(&paths.index())?;
                Ok((Self::open(paths, prompting)?, kept.map_or(Repair::Created, Repair::SetAside)))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Lists the connections and hosted workspaces that the keychain holds and the index does not. Returns how many
    /// connections were added. Blocks.
    pub fn restore(&self) -> Result<usize, Failure> {
        self.restore_workspaces()?;
        let mut added = 0;
        for id in self.find_orphans()? {
            let Ok(Some(item)) = self.vault.get(&id) else { continue };
            if self.is_copy(&item)? {
                // A sign-in to an existing connection put it aside, and could not drop it.
                self.vault.remove(&id)?;
                continue;
            }
            added += usize::from(self.restore_item(&item)?);
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

    /// Returns whether the item is listed now.
    fn restore_item(&self, item: &Item) -> Result<bool, Failure> {
        match self.index.finish_attempt(&item.to_connection(), &item.token_sha256()) {
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

    /// Whether a listed connection has the same credential.
    fn is_copy(&self, item: &Item) -> Result<bool, Failure> {
        let listed = self.index.connections(Some(&item.workspace))?;
        Ok(listed.iter().filter(|row| row.element == item.element).any(|row| {
            matches!(self.vault.get(&row.id), Ok(Some(other))
                if other.received_at == item.received_at
                    && other.calling_token().same_as(item.calling_token().expose()))
        }))
    }
}
