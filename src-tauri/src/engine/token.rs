//! A token that works: as kept, or renewed first.
//!
//! Renewal is single-flight across processes: one lock per connection, the item read again inside it, and the rotated
//! token in the vault before anything else happens to the answer.

use std::time::{Duration, Instant};

use super::Engine;
use crate::domain::connection::{Connection, Item, status_after};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, Values};
use crate::domain::oauth::token::TokenSet;
use crate::io::clock;
use crate::io::vault::VaultError;
use crate::platform::Local;

/// How much life a token must have left to be handed out, unless the caller says otherwise.
pub const DEFAULT_MIN_TTL: Duration = Duration::from_secs(30);

/// How often a locked keychain is tried again while a rotated token waits.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long a renewal by another process is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn connection_lock_name(id: &str) -> String {
    format!("connection-{id}")
}

/// What the keychain holds for a connection, judged by the clock.
pub enum Fresh {
    /// Good for long enough.
    Yes(Box<Item>),
    /// To be renewed before it is handed out.
    No,
}

/// Whether an item's access token is good for `min_ttl` more. A token that lives shorter than three times that is
/// renewed when a third of its life is left: otherwise it would be renewed at every call.
fn is_fresh(item: &Item, min_ttl: Duration, now: i64) -> bool {
    let Some(expires_at) = item.expires_at() else { return true };
    let life = expires_at.saturating_sub(item.received_at);
    let wanted = i64::try_from(min_ttl.as_millis()).unwrap_or(i64::MAX).min(life / 3);
    expires_at.saturating_sub(now) > wanted
}

impl Engine {
    /// A connection's item with a token that works, renewed first if need be.
    ///
    /// # Errors
    /// As [`Engine::kept`] and [`Engine::renew`].
    pub async fn fresh(&self, connection: &Connection) -> Result<Item, Failure> {
        let (engine, row) = (self.clone(), connection.clone());
        let kept = tokio::task::spawn_blocking(move || engine.kept(&row, DEFAULT_MIN_TTL)).await;
        match kept.map_err(|_| Failure::internal("the keychain thread ended"))?? {
            Fresh::Yes(item) => Ok(*item),
            Fresh::No => self.renew(connection, DEFAULT_MIN_TTL).await,
        }
    }

    /// A connection's item as it is, also while the connection is switched off.
    ///
    /// # Errors
    /// A keychain that cannot be used; [`Code::SignInExpired`] if it holds no item.
    pub async fn item(&self, connection: &Connection) -> Result<Item, Failure> {
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get(&id)).await;
        item.map_err(|e| Failure::from(e).name(&connection.name))?.ok_or_else(|| gone(connection))
    }

    /// Reads a connection's item from the keychain. Blocks; needs no runtime, since printing a token should take no
    /// longer than the keychain does.
    ///
    /// # Errors
    /// A keychain that cannot be used; [`Code::SignInExpired`] if it holds no item.
    pub fn kept(&self, connection: &Connection, min_ttl: Duration) -> Result<Fresh, Failure> {
        enabled(connection)?;
        let item = self.vault.get(&connection.id).map_err(|e| Failure::from(e).name(&connection.name))?;
        let item = item.ok_or_else(|| gone(connection))?;
        Ok(if is_fresh(&item, min_ttl, clock::now_ms()) { Fresh::Yes(Box::new(item)) } else { Fresh::No })
    }

    /// Renews a connection's token if it still needs it once the lock is held, and returns what is then kept.
    ///
    /// # Errors
    /// [`Code::RenewalBusy`]; [`Code::SignInExpired`] and [`Code::NeedsSettings`], which need a person; whatever else
    /// the provider or the keychain answers.
    pub async fn renew(&self, connection: &Connection, min_ttl: Duration) -> Result<Item, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.unbroken(async move { engine.renew_wholly(&connection, min_ttl).await }).await
    }

    async fn renew_wholly(&self, connection: &Connection, min_ttl: Duration) -> Result<Item, Failure> {
        enabled(connection)?;
        let _lock = self.connection_lock(connection).await?;
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get(&id)).await?.ok_or_else(|| gone(connection))?;
        if is_fresh(&item, min_ttl, clock::now_ms()) {
            return Ok(item);
        }
        let element = self.element(&item.element)?;
        let values = item_values(element, &item)?;
        let platform: Local = self.local(&connection.workspace);
        if !platform.is_pinned(element, &values, &item.pinned_hosts) {
            // An element file that names other hosts than before gets no token of an earlier sign-in.
            return Err(Failure::new(Code::SignInExpired)
                .product(&element.name)
                .detail("the addresses have changed"));
        }
        let Some(tokens) = &item.tokens else { return Ok(item) };
        match platform.renew(element, &values, tokens).await {
            Ok(tokens) => {
                let renewed = Item { tokens: Some(tokens), received_at: clock::now_ms(), ..item };
                self.keep_rotated(&renewed).await?;
                // The keychain has it; a row that is behind is put right by the next renewal.
                let _ = self.index.renewed(
                    &renewed.id,
                    renewed.received_at,
                    renewed.expires_at(),
                    &renewed.scopes(),
                );
                tracing::info!(connection = %renewed.id, "renewed");
                Ok(renewed)
            }
            Err(failure) => {
                if failure.code == Code::SignInExpired && tokens.refresh_token.is_some() {
                    // Only invalid_grant ends a refresh token, and only the one that was refused: the lock is held, so
                    // the item is still the one that was read.
                    let mut ended = item.clone();
                    ended.tokens = Some(TokenSet { refresh_token: None, ..tokens.clone() });
                    let _ = self.vault(move |vault| vault.put(&ended)).await;
                }
                let code = failure.code;
                let _ = self.index.set_status(&item.id, status_after(code), Some(&code.as_str()));
                tracing::warn!(connection = %item.id, code = %failure, "not renewed");
                let alive = item.expires_at().is_none_or(|end| end > clock::now_ms());
                // A token that is still good is better than none while the provider cannot be asked.
                if alive && code.is_temporary() { Ok(item) } else { Err(failure.name(&connection.name)) }
            }
        }
    }
}

/// The values that a connection was made with, checked against the element as it is now.
///
/// # Errors
/// [`Code::NeedsSettings`] if the element's file no longer takes them.
pub fn item_values(element: &Element, item: &Item) -> Result<Values, Failure> {
    form::check_entries(element, &item.configuration)
        .map_err(|_| Failure::new(Code::NeedsSettings).product(&element.name))
}

impl Engine {
    /// Saves a rotated token. The one before it is spent, so a keychain that is locked just now is waited for as long
    /// as others wait for this renewal.
    async fn keep_rotated(&self, item: &Item) -> Result<(), Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let kept = item.clone();
            match self.vault(move |vault| vault.put(&kept)).await {
                Ok(()) => return Ok(()),
                Err(VaultError::Locked | VaultError::Missing) if Instant::now() < until => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(error) => {
                    tracing::error!(connection = %item.id, %error, "a rotated token could not be saved");
                    return Err(Failure::from(error).name(&item.name));
                }
            }
        }
    }
}

/// A connection that was switched off hands out nothing.
fn enabled(connection: &Connection) -> Result<(), Failure> {
    if connection.disabled {
        return Err(Failure::new(Code::ConnectionDisabled).name(&connection.name));
    }
    Ok(())
}

fn gone(connection: &Connection) -> Failure {
    Failure::new(Code::SignInExpired).name(&connection.name).detail("the keychain holds no item for it")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn item(life_s: Option<u64>) -> Item {
        Item {
            id: "a".into(),
            workspace: "local".into(),
            element: "zendesk".into(),
            product: "Zendesk".into(),
            instance: None,
            name: "a".into(),
            tags: vec![],
            identity: None,
            host: None,
            created_at: 0,
            received_at: 0,
            pinned_hosts: vec![],
            configuration: BTreeMap::new(),
            tokens: Some(TokenSet {
                access_token: "t".into(),
                token_secret: None,
                refresh_token: None,
                token_type: "Bearer".into(),
                expires_in: life_s,
                scope: None,
                extra: BTreeMap::new(),
            }),
            element_token: "e".into(),
        }
    }

    #[test]
    fn freshness_is_capped_at_a_third_of_the_life() {
        let table = [
            // life, wanted, age in seconds, fresh
            (Some(600), 30, 0, true),
            (Some(600), 30, 569, true),
            (Some(600), 30, 571, false),
            (Some(60), 30, 0, true),
            (Some(60), 30, 39, true),
            (Some(60), 30, 41, false),
            (Some(600), 100_000, 0, true),
            (Some(1), 30, 0, true),
            (None, 30, 1_000_000, true),
            (Some(u64::MAX), 30, 1_000_000, true),
            (Some(0), 30, 0, false),
        ];
        for (life, wanted, age, fresh) in table {
            let judged = is_fresh(&item(life), Duration::from_secs(wanted), age * 1000);
            assert_eq!(judged, fresh, "life {life:?}, wanted {wanted}, age {age}");
        }
    }
}
