//! Steps 10 and 12: an issued token is saved in the vault, then in the index, or revoked at the provider. A failure in
//! between leaves an item that describes itself, which `reconcile` finds.

use std::time::Duration;

use super::Engine;
use super::start::REGISTERED;
use crate::domain::connection::{Account, Connection, Facts};
use crate::domain::element::KEY_ENDS;
use crate::domain::error::{Code, Failure};
use crate::domain::item::{Item, Role};
use crate::domain::view::Revoked;
use crate::fault;
use crate::io::callback::CallbackListener;
use crate::io::index::IndexError;
use crate::io::lock::Lock;
use crate::io::vault::VaultError;
use crate::platform::SignIn;

/// How long the user waits until the tag of the attempt is removed from a saved instance.
pub(super) const UNTAG_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the user waits for the identity of the account, which is optional.
pub(super) const IDENTITY_TIMEOUT: Duration = Duration::from_secs(5);

/// How an attempt ended.
pub enum Ending {
    /// The callback address is still open for late tabs.
    Connected(Box<Connection>, Option<CallbackListener>),
    /// A token was issued that the vault does not take just now.
    Unsaved(Box<Unsaved>),
    Failed(Box<Failure>, Option<CallbackListener>),
}

/// A token that was issued, in memory until it is saved or given back.
pub struct Unsaved {
    /// Why the vault did not take it.
    pub failure: Failure,
    pub(super) attempt: String,
    /// Whether the connection existed before.
    pub(super) again: bool,
    /// The account of before, if it must be the same now.
    pub(super) expected: Option<Account>,
    pub(super) item: Item,
    pub(super) sign_in: SignIn,
    pub(super) lock: Lock,
    pub opened: Option<CallbackListener>,
}

/// Why a token is not in the list yet.
pub(super) enum NotKept {
    /// Another account signed in than the connection belongs to. The token is set aside.
    WrongAccount(Failure),
    /// The vault does not take it just now.
    Vault(Failure),
    /// The vault has it, the index does not.
    Index(Failure),
    /// The connection was removed meanwhile.
    Gone(Failure),
}

impl From<VaultError> for NotKept {
    fn from(error: VaultError) -> Self {
        Self::Vault(match error {
            VaultError::Damaged => VaultError::Denied.into(),
            other => other.into(),
        })
    }
}

impl From<IndexError> for NotKept {
    fn from(error: IndexError) -> Self {
        match error {
            // The workspace was removed meanwhile, with everything in it.
            IndexError::WorkspaceGone => Self::Gone(error.into()),
            other => Self::Index(other.into()),
        }
    }
}

impl Unsaved {
    pub fn product(&self) -> &str {
        &self.sign_in.form().element.name
    }
}

impl Engine {
    /// Steps 10 and 12 for a token that is in memory: vault first, then the index, then who it is.
    pub async fn save(&self, unsaved: Unsaved) -> Ending {
        let row = match self.keep(&unsaved).await {
            Ok((row, _)) => row,
            Err(NotKept::WrongAccount(failure)) => {
                tracing::info!(attempt = %unsaved.attempt, "another account signed in");
                return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
            }
            Err(NotKept::Vault(failure)) => {
                tracing::warn!(attempt = %unsaved.attempt, code = %failure, "the token could not be saved yet");
                return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
            }
            Err(NotKept::Gone(failure)) => {
                let mut unsaved = unsaved;
                let opened = unsaved.opened.take();
                self.give_back(unsaved).await;
                return Ending::Failed(Box::new(failure), opened);
            }
            Err(NotKept::Index(failure)) => {
                tracing::error!(attempt = %unsaved.attempt, code = %failure, "saved in the keychain, not in the index");
                let failure = failure.name(&unsaved.item.name).product(unsaved.product());
                return Ending::Failed(Box::new(failure), unsaved.opened);
            }
        };
        let Unsaved { attempt, item, sign_in, lock, opened, .. } = unsaved;
        lock.discard();
        tracing::info!(attempt = %attempt, connection = %row.id, "connected");
        let row = self.complete(row, &item, &sign_in, &attempt).await;
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
        self.put_item(unsaved.item.clone()).await?;
        fault::point("vault_written");
        let written = self.index.finish_attempt(&unsaved.item.to_connection(), &unsaved.item.token_sha256());
        fault::point("index_written");
        let row = written?;
        if row.name != unsaved.item.name {
            self.copy_listed_name(&row.id).await;
        }
        Ok((row, unsaved.item.clone()))
    }

    /// Replaces the sign-in of a connection. Its name and tags may have changed meanwhile.
    async fn keep_again(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        let gone = || NotKept::Gone(Failure::new(Code::ConnectionUnknown).name(&unsaved.item.name));
        let row = self.index.connection(&unsaved.item.id)?.ok_or_else(gone)?;
        let _lock = self.lock_connection(&row).await.map_err(NotKept::Vault)?;
        if self.index.pending_removals()?.contains(&row.id) {
            return Err(gone());
        }
        let item = self.replace(&row, unsaved.item.clone()).await?;
        fault::point("vault_written");
        // The account is known only if it was compared.
        let compared = unsaved.expected.is_some() || row.workspace.is_hosted();
        let account = row.account().filter(|_| compared);
        let mut signed_in = Connection { disabled: row.disabled, ..item.to_connection() }.of(account);
        signed_in.instance = row.facts.instance;
        // Before its attempt is closed, which is what finds it.
        self.drop_aside(&unsaved.attempt).await;
        let written = self.index.finish_sign_in_again(&unsaved.attempt, &signed_in, &item.token_sha256());
        fault::point("index_written");
        written?;
        Ok((signed_in, item))
    }

    /// Replaces the item of a connection. Returns the new one as it is kept.
    pub(super) async fn replace(&self, row: &Connection, item: Item) -> Result<Item, VaultError> {
        // What the user set stays, what the sign-in brought is new.
        let Facts { product, host, missing, callback, instance, way, .. } = item.facts;
        let facts =
            Facts { product, host, missing, callback, instance, way, identity: None, ..row.facts.clone() };
        let mut item = Item { facts, role: Role::Connection, ..item };
        let is_hosted = row.workspace.is_hosted();
        self.vault(move |vault| {
            if let Some(before) = vault.get_undamaged(&item.id)? {
                if !is_hosted {
                    // Scripts hold the Element token: it stays with the connection.
                    item.element_token = before.element_token;
                }
                // Values that only a platform uses were not asked for again.
                let asked = std::mem::take(&mut item.configuration);
                item.configuration = before.configuration;
                for replaced in [REGISTERED, KEY_ENDS] {
                    item.configuration.remove(replaced);
                }
                item.configuration.extend(asked);
            }
            vault.put(&item)?;
            Ok(item)
        })
        .await
    }

    /// Does what may fail once the token is saved: asks for the identity, removes the tag at the platform.
    pub(super) async fn complete(
        &self,
        mut row: Connection,
        item: &Item,
        sign_in: &SignIn,
        attempt: &str,
    ) -> Connection {
        match (sign_in, &item.instance) {
            (SignIn::Provider(provider), _) => {
                let provider = provider.clone().with_callback(&item.callback);
                let asked = tokio::time::timeout(IDENTITY_TIMEOUT, provider.identify(&item.credential)).await;
                if let Ok(Ok(Some(account))) = asked {
                    // A row without it is whole.
                    let _ = self.index.set_identity(&row.id, &account);
                    row = row.of(Some(account));
                }
            }
            (SignIn::Hosted(hosted, _), Some(instance)) => {
                let untagged = hosted.take_tag_off(instance, attempt);
                let done = tokio::time::timeout(UNTAG_TIMEOUT, untagged).await;
                tracing::info!(attempt, done = matches!(done, Ok(Ok(()))), "its mark taken off");
            }
            _ => {}
        }
        row
    }

    /// Gives a token back that will not be saved. Returns whether the provider or the platform took it back.
    pub async fn give_back(&self, unsaved: Unsaved) -> bool {
        let mut later = false;
        let returned = match (&unsaved.sign_in, unsaved.item.tokens(), &unsaved.item.instance) {
            (SignIn::Provider(provider), Some(tokens), _) => {
                let revoked = provider.revoke(tokens).await;
                later = revoked == Revoked::Later;
                revoked == Revoked::Yes
            }
            // An instance that existed before goes on: only what this attempt made is deleted.
            (SignIn::Hosted(hosted, _), _, Some(instance)) if !unsaved.again => {
                hosted.delete(instance).await.is_ok()
            }
            _ => false,
        };
        tracing::warn!(attempt = %unsaved.attempt, returned, "the unsaved token was given back");
        if later && unsaved.again && unsaved.expected.is_some() {
            // It lies aside, and its attempt stays open: `reconcile` revokes it later.
            return false;
        }
        // A write that missed its deadline may have landed. The attempt stays open until that is undone. Of a connection
        // that existed before, only what was set aside is removed.
        if self.undo(&unsaved.attempt).await {
            unsaved.lock.discard();
        }
        returned
    }
}
