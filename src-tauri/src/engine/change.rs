//! Changes of a connection that are not a sign-in. A hosted platform is asked first: what it refuses is not changed here.

use super::Engine;
use super::locks::{LOCK_TIMEOUT, connection_lock_name};
use crate::domain::connection::{Connection, Facts, normalize_tags, parse_name, parse_note};
use crate::domain::error::{Code, Failure};
use crate::domain::form::FieldProblem;
use crate::domain::text::is_taken;
use crate::io::index::IndexError;
use crate::io::lock::Lock;
use crate::io::vault::VaultError;
use crate::platform::InstanceChange;

impl Engine {
    /// Renames. The index decides whether the name is free, then the item follows. After a failure nothing has changed.
    ///
    /// Errors: [`Code::NameTaken`]; [`Code::FormInvalid`] for an empty or overlong name.
    pub async fn rename(&self, connection: &Connection, name: &str) -> Result<Connection, Failure> {
        let field = |problem| Failure::form(vec![FieldProblem { key: "name".into(), problem }]);
        let name = parse_name(name).map_err(field)?;
        let rename = |engine: Self, connection| async move { engine.rename_locked(connection, name).await };
        self.run_locked(connection, rename).await
    }

    async fn rename_locked(&self, mut connection: Connection, name: String) -> Result<Connection, Failure> {
        let platform = self.platform(&connection.workspace).await?;
        if is_taken(&self.index.names(&connection.workspace, &connection.id)?, &name) {
            return Err(Failure::new(Code::NameTaken).name(name));
        }
        let taken = |error| match error {
            IndexError::NameTaken => Failure::new(Code::NameTaken).name(&name),
            other => other.into(),
        };
        if !self.index.rename(&connection.id, &name).map_err(taken)? {
            return Err(Failure::new(Code::ConnectionUnknown).name(&connection.name));
        }
        let change = |name: &str| InstanceChange { name: Some(name.to_owned()), ..InstanceChange::default() };
        if let Err(failure) = platform.change(&connection, &change(&name)).await {
            self.index.rename(&connection.id, &connection.name)?;
            return Err(failure);
        }
        let new_name = name.clone();
        if let Err(error) = self.edit_item(&connection.id, |facts| facts.name = new_name).await {
            self.index.rename(&connection.id, &connection.name)?;
            // The platform goes back to the old name as well, if it answers.
            let _ = platform.change(&connection, &change(&connection.name)).await;
            return Err(error.into());
        }
        connection.name = name;
        Ok(connection)
    }

    pub async fn set_tags(&self, connection: &Connection, tags: &[String]) -> Result<Connection, Failure> {
        let tags = normalize_tags(tags);
        self.run_locked(connection, |engine, mut connection| async move {
            let change = InstanceChange { tags: Some(tags.clone()), ..InstanceChange::default() };
            engine.platform(&connection.workspace).await?.change(&connection, &change).await?;
            engine.index.set_tags(&connection.id, &tags)?;
            connection.tags.clone_from(&tags);
            // Tags are no reason to fail: without this the item is whole.
            let _ = engine.edit_item(&connection.id, |facts| facts.tags = tags).await;
            Ok(connection)
        })
        .await
    }

    /// Sets the note of a connection, which stays on this computer. An empty text removes it.
    ///
    /// Errors: [`Code::FormInvalid`] for more than 500 characters.
    pub async fn set_note(&self, connection: &Connection, text: &str) -> Result<Connection, Failure> {
        let field = |problem| Failure::form(vec![FieldProblem { key: "note".into(), problem }]);
        let note = parse_note(text).map_err(field)?;
        self.run_locked(connection, |engine, mut connection| async move {
            engine.index.set_note(&connection.id, note.as_deref())?;
            connection.note.clone_from(&note);
            // A note is no reason to fail: without this the item is whole.
            let _ = engine.edit_item(&connection.id, |facts| facts.note = note).await;
            Ok(connection)
        })
        .await
    }

    /// Switches a connection on or off. One that is off is kept, and hands out no token.
    pub async fn set_enabled(&self, connection: &Connection, enabled: bool) -> Result<Connection, Failure> {
        self.run_locked(connection, move |engine, mut connection| async move {
            engine.platform(&connection.workspace).await?.set_enabled(&connection, enabled).await?;
            engine.index.set_disabled(&connection.id, !enabled)?;
            connection.disabled = !enabled;
            Ok(connection)
        })
        .await
    }

    /// Copies the name of the row into the item, where the index had to number it. A later renaming corrects a failure.
    pub(super) async fn copy_listed_name(&self, id: &str) {
        let lock = Lock::take(&self.paths.run, &connection_lock_name(id), LOCK_TIMEOUT).await;
        if let (Ok(Some(_lock)), Ok(Some(row))) = (lock, self.index.connection(id)) {
            let _ = self.edit_item(id, |facts| facts.name = row.facts.name).await;
        }
    }

    /// Changes the facts of an item, if that makes a difference. The caller holds the connection's lock.
    async fn edit_item(
        &self,
        id: &str,
        edit: impl FnOnce(&mut Facts) + Send + 'static,
    ) -> Result<(), VaultError> {
        let id = id.to_owned();
        self.vault(move |vault| {
            let Some(mut item) = vault.get(&id)? else { return Ok(()) };
            let before = item.facts.clone();
            edit(&mut item.facts);
            if item.facts == before { Ok(()) } else { vault.put(&item) }
        })
        .await
    }
}
