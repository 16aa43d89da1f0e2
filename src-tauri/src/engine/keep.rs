//! Steps 10 and 12: a token that was issued goes into the vault, then into the list; or it is given back.
//!
//! Nothing stands between it and the vault. Everything that may fail after that leaves an item that describes itself, and
//! `reconcile` finds it.

use std::time::Duration;

use super::Engine;
use super::finish::Ending;
use super::start::REGISTERED;
use crate::domain::connection::{Account, Connection, Item, is_ours};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::Values;
use crate::domain::view::Revoked;
use crate::fault;
use crate::io::callback::CallbackListener;
use crate::io::index::IndexError;
use crate::io::lock::Lock;
use crate::io::vault::VaultError;
use crate::platform::Platform;

/// A token that was issued and could not be saved yet. It lives in memory until it is saved or given back.
pub struct Unsaved {
    /// Why the vault did not take it.
    pub failure: Failure,
    pub(super) attempt: String,
    /// Whether the connection existed before.
    pub(super) again: bool,
    /// Whose account it was then, if that is to be the same now.
    pub(super) expected: Option<Account>,
    pub(super) item: Item,
    /// How it signed in.
    pub element: Element,
    pub(super) values: Values,
    pub(super) platform: Platform,
    pub(super) lock: Lock,
    /// The callback address.
    pub opened: Option<CallbackListener>,
}

impl Engine {
    /// Steps 10 and 12 for a token that is in memory: vault first, then the index, then who it is.
    pub async fn save(&self, unsaved: Unsaved) -> Ending {
        let row = match self.keep(&unsaved).await {
            Ok((row, _)) => row,
            Err(NotKept::WrongAccount(failure)) => {
                tracing::info!(attempt = %unsaved.attempt, "somebody else signed in");
                return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
            }
            Err(NotKept::Vault(failure)) => {
                tracing::warn!(attempt = %unsaved.attempt, code = %failure, "the token could not be saved yet");
                return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
            }
            Err(NotKept::Gone(failure)) => {
                // It was removed meanwhile: nobody waits for this token.
                let opened = self.return_it(unsaved).await;
                return Ending::Failed(Box::new(failure), opened);
            }
            Err(NotKept::Index(failure)) => {
                tracing::error!(attempt = %unsaved.attempt, code = %failure, "saved in the keychain, not in the index");
                let failure = failure.name(unsaved.item.name).product(&unsaved.element.name);
                return Ending::Failed(Box::new(failure), unsaved.opened);
            }
        };
        let Unsaved { attempt, item, element, values, platform, lock, opened, .. } = unsaved;
        lock.discard();
        tracing::info!(attempt = %attempt, connection = %row.id, "connected");
        let row = self.after_saving(row, &item, &element, &values, &platform, &attempt).await;
        Ending::Connected(Box::new(row), opened)
    }

    /// Returns the row as it was written, and the item as it is kept.
    pub(super) async fn keep(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        if !unsaved.again {
            return self.keep_new(unsaved).await;
        }
        self.guard(unsaved).await?;
        self.keep_again(unsaved).await
    }

    async fn keep_new(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        let item = unsaved.item.clone();
        self.vault(move |vault| vault.put(&item)).await.map_err(NotKept::vault)?;
        fault::point("vault_written");
        let written = self.index.finish_attempt(&unsaved.item.to_connection(), &unsaved.item.token_sha256());
        fault::point("index_written");
        let row = written.map_err(|error| match error {
            // It was removed meanwhile, and with it everything of it.
            IndexError::WorkspaceGone => NotKept::Gone(error.into()),
            other => NotKept::Index(other.into()),
        })?;
        if row.name != unsaved.item.name {
            self.describe_as_listed(&row.id).await;
        }
        Ok((row, unsaved.item.clone()))
    }

    /// Replaces what a connection was signed in with. Its name and tags may have changed while the person signed in.
    async fn keep_again(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        let id = unsaved.item.id.clone();
        let gone = || NotKept::Gone(Failure::new(Code::ConnectionUnknown).name(&unsaved.item.name));
        let row =
            self.index.connection(&id).map_err(|error| NotKept::Index(error.into()))?.ok_or_else(gone)?;
        let _lock = self.connection_lock(&row).await.map_err(NotKept::Vault)?;
        let removing =
            self.index.pending_removals().map_err(|error| NotKept::Index(error.into()))?.contains(&id);
        if removing {
            return Err(gone());
        }
        let item = self.replace(&row, unsaved.item.clone()).await.map_err(NotKept::vault)?;
        fault::point("vault_written");
        // Whose account it is now is known only if it was compared.
        let compared = unsaved.expected.is_some() || !is_ours(&row.workspace);
        let account = row.account().filter(|_| compared);
        let row = Connection { instance: row.instance, disabled: row.disabled, ..item.to_connection() };
        let row = row.of(account);
        // Before its attempt is closed: nobody would look for it afterwards.
        self.drop_aside(&unsaved.attempt).await;
        let written = self.index.finish_sign_in_again(&unsaved.attempt, &row, &item.token_sha256());
        fault::point("index_written");
        written.map_err(|error| NotKept::Index(error.into()))?;
        Ok((row, item))
    }

    /// Puts an item in the place of the one that a connection had. Returns it as it is kept.
    pub(super) async fn replace(&self, row: &Connection, item: Item) -> Result<Item, VaultError> {
        let mut item = Item { id: row.id.clone(), name: row.name.clone(), tags: row.tags.clone(), ..item };
        let ours = is_ours(&row.workspace);
        self.vault(move |vault| {
            if let Some(before) = vault.get_undamaged(&item.id)? {
                if ours {
                    // Scripts hold the Element token: it stands for the connection, not for the sign-in.
                    item.element_token = before.element_token.clone();
                }
                // What only a platform understands was not asked for again.
                let asked = std::mem::take(&mut item.configuration);
                item.configuration = before.configuration;
                item.configuration.remove(REGISTERED);
                item.configuration.extend(asked);
            }
            vault.put(&item)?;
            Ok(item)
        })
        .await
    }

    /// What is good to know or to tidy once nothing can be lost any more.
    pub(super) async fn after_saving(
        &self,
        mut row: Connection,
        item: &Item,
        element: &Element,
        values: &Values,
        platform: &Platform,
        attempt: &str,
    ) -> Connection {
        match (platform, &item.tokens) {
            (Platform::Local(local), Some(tokens)) => {
                if let Some(account) = soon(local.identity(element, values, tokens)).await {
                    // A row without it is whole.
                    let _ = self.index.set_identity(&row.id, &account);
                    row = row.of(Some(account));
                }
            }
            (Platform::Hosted(hosted), _) => {
                if let Some(instance) = &item.instance {
                    let untagged = hosted.take_tag_off(instance, attempt);
                    let done = tokio::time::timeout(TIDYING, untagged).await;
                    tracing::info!(attempt, done = matches!(done, Ok(Ok(()))), "its mark taken off");
                }
            }
            (Platform::Local(_), None) => {}
        }
        row
    }

    /// Gives a token back to the provider that could not be saved and will not be. Returns whether it was taken back.
    pub async fn give_back(&self, unsaved: Unsaved) -> bool {
        let mut later = false;
        let returned = match (&unsaved.platform, &unsaved.item.tokens, &unsaved.item.instance) {
            (Platform::Local(local), Some(tokens), _) => {
                let revoked = local.revoke(&unsaved.element, &unsaved.values, tokens).await;
                later = revoked == Revoked::Later;
                revoked == Revoked::Yes
            }
            // An instance that existed before goes on: only what this attempt made is deleted.
            (Platform::Hosted(hosted), _, Some(instance)) if !unsaved.again => {
                hosted.delete(instance).await.is_ok()
            }
            _ => false,
        };
        tracing::warn!(attempt = %unsaved.attempt, returned, "the unsaved token was given back");
        if later && unsaved.again && unsaved.expected.is_some() {
            // It lies aside, and its attempt stays open: `reconcile` tells the provider later.
            return false;
        }
        // A write that came too late for its deadline may still have landed. While that cannot be undone the attempt
        // stays open: what is in the keychain is seen then, rather than forgotten there.
        // Of a connection that existed before, only what was set aside goes.
        let id = unsaved.attempt.clone();
        let undone = self.vault(move |vault| vault.remove(&id)).await.is_ok();
        if undone && self.index.close_attempt(&unsaved.attempt).is_ok() {
            unsaved.lock.discard();
        }
        returned
    }

    async fn return_it(&self, mut unsaved: Unsaved) -> Option<CallbackListener> {
        let opened = unsaved.opened.take();
        self.give_back(unsaved).await;
        opened
    }
}

/// Why a token is not in the list yet.
pub(super) enum NotKept {
    /// Somebody else signed in than the connection belongs to. The token is set aside.
    WrongAccount(Failure),
    /// The vault does not take it just now.
    Vault(Failure),
    /// The vault has it, the index does not.
    Index(Failure),
    /// The connection was removed meanwhile.
    Gone(Failure),
}

impl NotKept {
    pub(super) fn vault(error: VaultError) -> Self {
        Self::Vault(match error {
            VaultError::Damaged => VaultError::Denied.into(),
            other => other.into(),
        })
    }
}

/// How long a person waits for a mark to be taken off an instance that is saved already.
pub(super) const TIDYING: Duration = Duration::from_secs(10);

/// How long a person waits to see whose account it is. The connection is usable without.
pub(super) const IDENTITY: Duration = Duration::from_secs(5);

/// The identity, if the provider tells it soon.
pub(super) async fn soon(identity: impl Future<Output = Option<Account>>) -> Option<Account> {
    tokio::time::timeout(IDENTITY, identity).await.ok().flatten()
}
