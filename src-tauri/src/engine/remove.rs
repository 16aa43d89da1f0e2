//! Removes a connection: first marked, then given up at the provider or the platform, then its item, then its row, so
//! that a removal that is cut off is found and finished.
//!
//! A provider that does not answer is told later: until then the item stays in the vault, stripped of what ending the
//! access does not need, and the mark stays on the row, which nobody sees any more.

use std::time::Duration;

use super::Engine;
use super::made_with::MadeWith;
use super::token::is_alive;
use crate::domain::connection::{Connection, Item};
use crate::domain::error::{Code, Failure};
use crate::domain::view::{RemovedView, Revocation, Revoked};
use crate::io::clock;
use crate::platform::local::revocation;

/// How long a person who removes something waits for the provider to be told.
const REVOCATION: Duration = Duration::from_secs(10);

/// For how long a provider that does not answer is told again. After a week it is not coming back soon, and a token
/// that nobody uses should not lie in the vault for ever.
pub(super) const TOLD_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a provider answers in time. Only the revocation is cut off: a renewal before it may bring a token that must not be
/// lost.
async fn soon(revoked: impl Future<Output = Revoked>) -> Revoked {
    tokio::time::timeout(REVOCATION, revoked).await.unwrap_or(Revoked::Later)
}

/// How far a removal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A hosted platform deletes the instance, too.
    Platform,
    /// What stands at a hosted platform stays there: it does not answer any more, or is not to.
    Here,
}

impl Engine {
    /// Removes. The keychain is asked first whether it can be used at all.
    ///
    /// Whether or not a provider hears that access ends, the connection is removed from this computer. The instance at a
    /// hosted platform is deleted there first: one that stayed would go on having access, unseen.
    ///
    /// # Errors
    /// A platform that refuses or does not answer: then the connection is still there. A keychain or an index that
    /// cannot be used: before anything was marked the connection is still there, after that the next start finishes.
    pub async fn remove(&self, connection: &Connection, reach: Reach) -> Result<RemovedView, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.unbroken(async move { engine.remove_wholly(&connection, reach).await }).await
    }

    async fn remove_wholly(&self, connection: &Connection, reach: Reach) -> Result<RemovedView, Failure> {
        let lock = self.connection_lock(connection).await?;
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get_undamaged(&id)).await?;
        let there = match (reach, &connection.instance) {
            (Reach::Platform, Some(_)) => self.instance_there(connection).await?,
            _ => None,
        };
        self.index.begin_removal(&connection.id, reach == Reach::Here, clock::now_ms())?;
        crate::fault::point("removal_begun");
        let mut removed = RemovedView { revoked: Revoked::No, page: None };
        if let Some((hosted, instance)) = there {
            if let Err(failure) = hosted.delete(&instance).await {
                // One whose answer was lost may be happening: the removal stays begun, and is finished later.
                if failure.code != Code::PlatformUncertain {
                    self.index.undo_removal(connection)?;
                }
                return Err(failure.name(&connection.name));
            }
            removed.revoked = Revoked::Yes;
        } else if let Some(item) = item {
            removed = self.revoke(&item).await;
            tracing::info!(connection = %connection.id, revoked = ?removed.revoked, "asked to end access");
            if removed.revoked == Revoked::Later {
                self.keep_only_to_revoke(&connection.id).await?;
                return Ok(removed);
            }
        }
        self.forget(&connection.id).await?;
        lock.discard();
        tracing::info!(connection = %connection.id, "removed");
        Ok(removed)
    }

    /// Tells a provider that did not answer before that access ends. Returns whether there is nothing more to tell.
    pub(super) async fn revoke_again(&self, id: &str) -> bool {
        let key = id.to_owned();
        let item = match self.vault(move |vault| vault.get_undamaged(&key)).await {
            Ok(Some(item)) => item,
            Ok(None) => return true,
            Err(_) => return false,
        };
        let begun = self.index.removed_at(id).ok().flatten().unwrap_or_default();
        let removed = self.revoke(&item).await;
        tracing::info!(connection = %id, revoked = ?removed.revoked, "asked again to end access");
        removed.revoked != Revoked::Later || clock::has_passed(TOLD_FOR, begun)
    }

    /// Removes what this computer holds of a connection that is marked.
    pub(super) async fn forget(&self, id: &str) -> Result<(), Failure> {
        let key = id.to_owned();
        self.vault(move |vault| vault.remove(&key)).await?;
        Ok(self.index.finish_removal(id)?)
    }

    pub(super) async fn revoke(&self, item: &Item) -> RemovedView {
        let nothing = RemovedView { revoked: Revoked::No, page: None };
        // An element file that names other hosts than before is not told the token.
        let (Ok(made_with), Some(_)) = (self.made_with(item), &item.tokens) else { return nothing };
        let MadeWith { element, values, local } = &made_with;
        let page = match revocation(element, values, local.is_practice()) {
            Revocation::Page { url } => Some(url),
            Revocation::Ends | Revocation::Stays => None,
        };
        RemovedView { revoked: self.revoke_tokens(item, &made_with).await, page }
    }

    async fn revoke_tokens(&self, item: &Item, made_with: &MadeWith) -> Revoked {
        let MadeWith { element, values, local } = made_with;
        let Some(tokens) = &item.tokens else { return Revoked::No };
        let by_itself = local.revokes_with_access_token(element, values);
        let renews = local.renews(element, values, tokens);
        if !by_itself || !renews || is_alive(item) {
            let revoked = soon(local.revoke(element, values, tokens)).await;
            if !(by_itself && renews && revoked == Revoked::No) {
                return revoked;
            }
        }
        // A token that has ended can no longer delete itself: a new one does.
        match local.renew(element, values, tokens).await {
            Ok(tokens) => {
                let renewed =
                    Item { tokens: Some(tokens.clone()), received_at: clock::now_ms(), ..item.clone() };
                // Lost, it would live on at the provider with nobody to end it.
                let _ = self.vault(move |vault| vault.put(&renewed)).await;
                soon(local.revoke(element, values, &tokens)).await
            }
            Err(failure) if failure.code.is_temporary() => Revoked::Later,
            Err(_) => Revoked::No,
        }
    }

    /// Strips an item of what ending its access does not need. It is read again: asking may have renewed it.
    async fn keep_only_to_revoke(&self, id: &str) -> Result<(), Failure> {
        let key = id.to_owned();
        let Some(mut item) = self.vault(move |vault| vault.get(&key)).await? else { return Ok(()) };
        let by_itself = self.made_with(&item).is_ok_and(|made_with| {
            made_with.local.revokes_with_access_token(&made_with.element, &made_with.values)
        });
        item.element_token = String::new().into();
        if let Some(tokens) = &mut item.tokens
            && tokens.refresh_token.is_some()
            && !by_itself
        {
            tokens.access_token = String::new().into();
        }
        Ok(self.vault(move |vault| vault.put(&item)).await?)
    }
}
