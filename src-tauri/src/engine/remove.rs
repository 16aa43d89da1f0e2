//! Removes a connection: first marked, then ended at the provider or the platform, then its item, then its row, so that a
//! removal that is cut off is found and finished. While a provider does not answer, what ending the access needs stays in
//! the vault, and the marked row is hidden.

use std::time::Duration;

use super::Engine;
use super::token::is_alive;
use crate::domain::connection::Connection;
use crate::domain::credential::Credential;
use crate::domain::error::{Code, Failure};
use crate::domain::item::{Item, Role};
use crate::domain::oauth::token::TokenSet;
use crate::domain::view::{RemovedView, Revocation, Revoked};
use crate::io::clock;
use crate::platform::Provider;

/// How long the user waits for the provider to revoke a token.
const REVOCATION_TIMEOUT: Duration = Duration::from_secs(10);

/// For how long a provider that does not answer is asked again.
pub(super) const REVOCATION_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How far a removal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A hosted platform deletes the instance, too.
    Platform,
    /// The instance at a hosted platform stays.
    Here,
}

/// Revokes within the time limit, which must not cut off a renewal before it.
async fn revoke_in_time(provider: &Provider, tokens: &TokenSet) -> Revoked {
    tokio::time::timeout(REVOCATION_TIMEOUT, provider.revoke(tokens)).await.unwrap_or(Revoked::Later)
}

impl Engine {
    /// Removes a connection of this computer even if the provider does not answer, and an instance at a hosted platform
    /// only if it is deleted there. A removal that fails after it was marked is finished by the next start.
    pub async fn remove(&self, connection: &Connection, reach: Reach) -> Result<RemovedView, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.run_to_completion(async move { engine.remove_locked(&connection, reach).await }).await
    }

    async fn remove_locked(&self, connection: &Connection, reach: Reach) -> Result<RemovedView, Failure> {
        let lock = self.lock_connection(connection).await?;
        let item = self.read_undamaged(&connection.id).await?;
        let platform = match (reach, &connection.instance) {
            (Reach::Platform, Some(_)) => Some(self.platform(&connection.workspace).await?),
            _ => None,
        };
        self.index.begin_removal(&connection.id, reach == Reach::Here, clock::now_ms())?;
        crate::fault::point("removal_begun");
        let deleted = match platform {
            Some(platform) => platform.delete(connection).await,
            None => Ok(false),
        };
        let mut removed = RemovedView { revoked: Revoked::No, page: None };
        match (deleted, item) {
            (Err(failure), _) => {
                // If the answer was lost, the removal is finished later.
                if failure.code != Code::PlatformUncertain {
                    self.index.undo_removal(connection)?;
                }
                return Err(failure);
            }
            (Ok(true), _) => removed.revoked = Revoked::Yes,
            (Ok(false), Some(item)) => {
                removed = self.revoke(&item).await;
                tracing::info!(connection = %connection.id, revoked = ?removed.revoked, "asked to end access");
                if removed.revoked == Revoked::Later {
                    self.keep_only_to_revoke(&connection.id).await?;
                    return Ok(removed);
                }
            }
            (Ok(false), None) => {}
        }
        self.forget(&connection.id).await?;
        lock.discard();
        tracing::info!(connection = %connection.id, "removed");
        Ok(removed)
    }

    /// Asks a provider again that did not answer before. Returns whether there is nothing more to ask.
    pub(super) async fn revoke_again(&self, id: &str) -> bool {
        let item = match self.read_undamaged(id).await {
            Ok(Some(item)) => item,
            Ok(None) => return true,
            Err(_) => return false,
        };
        let begun = self.index.removed_at(id).ok().flatten().unwrap_or_default();
        let removed = self.revoke(&item).await;
        tracing::info!(connection = %id, revoked = ?removed.revoked, "asked again to end access");
        removed.revoked != Revoked::Later || clock::has_passed(REVOCATION_LIFE, begun)
    }

    /// Removes what this computer holds of a connection that is marked.
    pub(super) async fn forget(&self, id: &str) -> Result<(), Failure> {
        self.remove_item(id).await?;
        Ok(self.index.finish_removal(id)?)
    }

    /// Ends the access of a connection of this computer at its provider.
    pub(super) async fn revoke(&self, item: &Item) -> RemovedView {
        let (Some(tokens), Ok(provider)) = (item.tokens(), self.provider_of(item).await) else {
            return RemovedView { revoked: Revoked::No, page: None };
        };
        let page = match provider.revocation() {
            Revocation::Page { url } => Some(url),
            Revocation::Ends | Revocation::Stays => None,
        };
        RemovedView { revoked: self.revoke_tokens(item, tokens, &provider).await, page }
    }

    async fn revoke_tokens(&self, item: &Item, tokens: &TokenSet, provider: &Provider) -> Revoked {
        let by_itself = provider.revokes_with_access_token();
        let renews = provider.renews(tokens);
        if !by_itself || !renews || is_alive(item) {
            let revoked = revoke_in_time(provider, tokens).await;
            if !(by_itself && renews && revoked == Revoked::No) {
                return revoked;
            }
        }
        // A token that has ended can no longer delete itself: a new one does.
        match provider.renew(tokens).await {
            Ok(tokens) => {
                let credential = Credential::Tokens(tokens.clone());
                // Lost, it would live on at the provider.
                let renewed = Item { credential, received_at: clock::now_ms(), ..item.clone() };
                let _ = self.put_item(renewed).await;
                revoke_in_time(provider, &tokens).await
            }
            Err(failure) if failure.code.is_temporary() => Revoked::Later,
            Err(_) => Revoked::No,
        }
    }

    /// Strips an item of what ending its access does not need. It is read again, as it may have been renewed.
    async fn keep_only_to_revoke(&self, id: &str) -> Result<(), Failure> {
        let Some(mut item) = self.read_item(id).await? else { return Ok(()) };
        let provider = self.provider_of(&item).await;
        let by_itself = provider.is_ok_and(|provider| provider.revokes_with_access_token());
        item.element_token = String::new().into();
        item.role = Role::Removed;
        if let Some(tokens) = item.credential.tokens_mut()
            && tokens.refresh_token.is_some()
            && !by_itself
        {
            tokens.access_token = String::new().into();
        }
        Ok(self.put_item(item).await?)
    }
}
