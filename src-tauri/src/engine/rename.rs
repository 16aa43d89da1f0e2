//! Gives a connection another name, in the vault too: the item there must describe itself.

use super::Engine;
use super::token::connection_lock_name;
use crate::domain::connection::{Connection, Item, NAME_MAX, clean_name};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::io::lock::Lock;
use crate::io::vault::VaultError;

impl Engine {
    /// Renames. The index decides whether the name is free, then the item follows.
    ///
    /// # Errors
    /// [`Code::NameTaken`], an empty or overlong name, or a keychain that cannot be used; then nothing has changed.
    pub async fn rename(&self, connection: &Connection, name: &str) -> Result<Connection, Failure> {
        let name = clean_name(name);
        let problem = |problem| Failure::form(vec![FieldProblem { key: "name".into(), problem }]);
        if name.is_empty() {
            return Err(problem(Problem::Required));
        }
        if name.chars().count() > NAME_MAX {
            return Err(problem(Problem::TooLong));
        }
        let lock =
            Lock::take(&self.paths.run, &connection_lock_name(&connection.id), super::token::PATIENCE).await;
        let Ok(Some(_lock)) = lock else {
            return Err(Failure::new(Code::RenewalBusy).name(&connection.name));
        };
        let taken = |error| match Failure::from(error) {
            failure if failure.code == Code::NameTaken => failure.name(&name),
            failure => failure,
        };
        if !self.index.rename(&connection.id, &name).map_err(taken)? {
            return Err(Failure::new(Code::ConnectionUnknown).name(&connection.name));
        }
        let described = self.describe(&connection.id, &name).await;
        if let Err(error) = described {
            self.index.rename(&connection.id, &connection.name)?;
            return Err(error.into());
        }
        Ok(Connection { name, ..connection.clone() })
    }

    /// Lets the item say the name of its row, where the index had to number it. A name is no reason to fail: without
    /// this the item is whole, and a later renaming puts it right.
    pub(super) async fn describe_as_listed(&self, id: &str) {
        let lock = Lock::take(&self.paths.run, &connection_lock_name(id), super::token::PATIENCE).await;
        if let (Ok(Some(_lock)), Ok(Some(row))) = (lock, self.index.connection(id)) {
            let _ = self.describe(id, &row.name).await;
        }
    }

    /// Writes the name into the item. The caller holds the connection's lock: a renewal may be rotating its tokens.
    async fn describe(&self, id: &str, name: &str) -> Result<(), VaultError> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.vault(move |vault| match vault.get(&id)? {
            Some(item) if item.name != name => vault.put(&Item { name, ..item }),
            _ => Ok(()),
        })
        .await
    }
}
