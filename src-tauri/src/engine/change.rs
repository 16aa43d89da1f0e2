//! Changes of a connection that are not a sign-in: its name, its tags, and whether it is switched on. At a hosted platform
//! they are made there first: what the platform refuses is not changed here either.

use super::Engine;
use super::token::{PATIENCE, connection_lock_name};
use crate::domain::connection::{Connection, Item, clean_tags, given_name, is_ours};
use crate::domain::error::{Code, Failure};
use crate::domain::form::FieldProblem;
use crate::domain::text::looks_same;
use crate::io::index::IndexError;
use crate::io::lock::Lock;
use crate::io::vault::VaultError;
use crate::platform::{Hosted, InstanceChange};

impl Engine {
    /// Renames. The index decides whether the name is free, then the item follows.
    ///
    /// # Errors
    /// [`Code::NameTaken`], an empty or overlong name, a platform that refuses, or a keychain that cannot be used; then
    /// nothing has changed.
    pub async fn rename(&self, connection: &Connection, name: &str) -> Result<Connection, Failure> {
        let field = |problem| Failure::form(vec![FieldProblem { key: "name".into(), problem }]);
        let (engine, connection, name) = (self.clone(), connection.clone(), given_name(name).map_err(field)?);
        self.unbroken(async move { engine.rename_wholly(&connection, name).await }).await
    }

    async fn rename_wholly(&self, connection: &Connection, name: String) -> Result<Connection, Failure> {
        let _lock = self.connection_lock(connection).await?;
        let others = self.index.connections(Some(&connection.workspace))?;
        if others.iter().any(|other| other.id != connection.id && looks_same(&other.name, &name)) {
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
        let there = self.change_there(connection, &change(&name)).await;
        let told = there.is_ok();
        let done = match there {
            Ok(()) => self.describe(&connection.id, Some(&name), None).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = done {
            self.index.rename(&connection.id, &connection.name)?;
            if told {
                // The keychain did not take it: the platform goes back to the old name as well, if it can be told.
                let _ = self.change_there(connection, &change(&connection.name)).await;
            }
            return Err(failure);
        }
        Ok(Connection { name, ..connection.clone() })
    }

    /// Sets all tags anew.
    ///
    /// # Errors
    /// A platform that refuses, or an index or keychain that cannot be used.
    pub async fn set_tags(&self, connection: &Connection, tags: &[String]) -> Result<Connection, Failure> {
        let (engine, connection, tags) = (self.clone(), connection.clone(), clean_tags(tags));
        self.unbroken(async move { engine.set_tags_wholly(&connection, tags).await }).await
    }

    async fn set_tags_wholly(
        &self,
        connection: &Connection,
        tags: Vec<String>,
    ) -> Result<Connection, Failure> {
        let _lock = self.connection_lock(connection).await?;
        let change = InstanceChange { tags: Some(tags.clone()), ..InstanceChange::default() };
        self.change_there(connection, &change).await?;
        self.index.set_tags(&connection.id, &tags)?;
        // Tags are no reason to fail: without this the item is whole.
        let _ = self.describe(&connection.id, None, Some(&tags)).await;
        Ok(Connection { tags, ..connection.clone() })
    }

    /// Switches a connection on or off. One that is off is kept, and hands out no token.
    ///
    /// # Errors
    /// A platform that refuses, or an index that cannot be written.
    pub async fn set_enabled(&self, connection: &Connection, enabled: bool) -> Result<Connection, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.unbroken(async move { engine.set_enabled_wholly(&connection, enabled).await }).await
    }

    async fn set_enabled_wholly(
        &self,
        connection: &Connection,
        enabled: bool,
    ) -> Result<Connection, Failure> {
        let _lock = self.connection_lock(connection).await?;
        if let Some((hosted, instance)) = self.instance_there(connection).await? {
            hosted.set_enabled(&instance, enabled).await.map_err(|f| f.name(&connection.name))?;
        }
        self.index.set_disabled(&connection.id, !enabled)?;
        Ok(Connection { disabled: !enabled, ..connection.clone() })
    }

    /// Lets the item say the name of its row, where the index had to number it. A name is no reason to fail: without
    /// this the item is whole, and a later renaming puts it right.
    pub(super) async fn describe_as_listed(&self, id: &str) {
        let lock = Lock::take(&self.paths.run, &connection_lock_name(id), PATIENCE).await;
        if let (Ok(Some(_lock)), Ok(Some(row))) = (lock, self.index.connection(id)) {
            let _ = self.describe(id, Some(&row.name), None).await;
        }
    }

    /// The lock under which a connection's item is changed: a renewal may be rotating its tokens.
    pub(super) async fn connection_lock(&self, connection: &Connection) -> Result<Lock, Failure> {
        let lock = Lock::take(&self.paths.run, &connection_lock_name(&connection.id), PATIENCE).await;
        let busy = || Failure::new(Code::RenewalBusy).name(&connection.name);
        lock.ok().flatten().ok_or_else(busy)
    }

    /// The client and the id under which a hosted platform knows the connection; `None` where this computer is the
    /// platform.
    pub(super) async fn instance_there(
        &self,
        connection: &Connection,
    ) -> Result<Option<(Hosted, String)>, Failure> {
        if is_ours(&connection.workspace) {
            return Ok(None);
        }
        let gone = || Failure::new(Code::InstanceGone).name(&connection.name);
        let instance = connection.instance.clone().ok_or_else(gone)?;
        Ok(Some((self.hosted(&connection.workspace).await?, instance)))
    }

    async fn change_there(&self, connection: &Connection, change: &InstanceChange) -> Result<(), Failure> {
        if let Some((hosted, instance)) = self.instance_there(connection).await? {
            hosted.patch(&instance, change).await.map_err(|failure| failure.name(&connection.name))?;
        }
        Ok(())
    }

    /// Writes name and tags into the item. The caller holds the connection's lock.
    async fn describe(
        &self,
        id: &str,
        name: Option<&str>,
        tags: Option<&[String]>,
    ) -> Result<(), VaultError> {
        let (id, name, tags) = (id.to_owned(), name.map(str::to_owned), tags.map(<[String]>::to_vec));
        self.vault(move |vault| match vault.get(&id)? {
            Some(item) => {
                let name = name.unwrap_or_else(|| item.name.clone());
                let tags = tags.unwrap_or_else(|| item.tags.clone());
                if name == item.name && tags == item.tags {
                    return Ok(());
                }
                vault.put(&Item { name, tags, ..item })
            }
            None => Ok(()),
        })
        .await
    }
}
