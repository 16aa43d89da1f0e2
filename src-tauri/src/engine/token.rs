//! A token that works: as kept, or renewed first.
//!
//! Renewal is single-flight across processes: one lock per connection, the item read again inside it, and the rotated
//! token in the vault before anything else happens to the answer. When to renew is `domain/renewal`; renewal ahead of
//! need is `ahead`.

use std::time::{Duration, Instant};

use super::Engine;
use super::made_with::MadeWith;
use super::start::REGISTERED;
use crate::domain::connection::{Connection, Item, Status};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::renewal;
use crate::fault;
use crate::io::clock;
use crate::io::vault::VaultError;

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

/// What came of a renewal.
pub struct Renewal {
    /// What is kept now. Its access token is good.
    pub item: Item,
    /// How that came.
    pub how: How,
}

/// How a renewal ended well.
#[derive(Clone, Debug)]
pub enum How {
    /// There is a new token.
    Renewed,
    /// Another program was first, or the token is good for long enough.
    Unneeded,
    /// Nothing renews this token.
    Impossible,
    /// The provider did not answer, or asks to wait; the token is still good.
    Postponed(Box<Failure>),
}

/// What makes a renewal unnecessary once the lock is held.
#[derive(Clone, Copy, Debug)]
enum Need {
    /// A token that is good for this long.
    Life(Duration),
    /// A token that came after this one, whose moment of arrival is given.
    Newer(i64),
}

impl Need {
    fn is_met(self, item: &Item) -> bool {
        match self {
            Self::Life(min_ttl) => is_fresh(item, min_ttl),
            // Not "later": the clock may have been set back.
            Self::Newer(than) => item.received_at != than,
        }
    }
}

fn is_fresh(item: &Item, min_ttl: Duration) -> bool {
    renewal::is_fresh(item.received_at, item.expires_at(), min_ttl, clock::now_ms())
}

/// Whether the access token has not ended yet.
pub(super) fn is_alive(item: &Item) -> bool {
    is_fresh(item, Duration::ZERO)
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
            Fresh::No => Ok(self.renew(connection, DEFAULT_MIN_TTL).await?.item),
        }
    }

    /// A connection's item as it is, also while the connection is switched off.
    ///
    /// # Errors
    /// A keychain that cannot be used; [`Code::SignInExpired`] if it holds no item.
    pub async fn item(&self, connection: &Connection) -> Result<Item, Failure> {
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get(&id)).await;
        item.map_err(|e| Failure::from(e).name(&connection.name))?.ok_or_else(|| self.gone(connection))
    }

    /// A connection without its item needs a new sign-in, which the list says from then on.
    fn gone(&self, connection: &Connection) -> Failure {
        let code = Code::SignInExpired;
        let _ = self.index.set_status(&connection.id, Status::NeedsSignIn, Some(code.as_str()));
        Failure::new(code).name(&connection.name).detail("the keychain holds no item for it")
    }

    /// Reads a connection's item from the keychain. Blocks; needs no runtime, since printing a token should take no
    /// longer than the keychain does.
    ///
    /// # Errors
    /// A keychain that cannot be used; [`Code::SignInExpired`] if it holds no item.
    pub fn kept(&self, connection: &Connection, min_ttl: Duration) -> Result<Fresh, Failure> {
        enabled(connection)?;
        let item = self.vault.get(&connection.id).map_err(|e| Failure::from(e).name(&connection.name))?;
        let item = item.ok_or_else(|| self.gone(connection))?;
        Ok(if is_fresh(&item, min_ttl) { Fresh::Yes(Box::new(item)) } else { Fresh::No })
    }

    /// Renews a connection's token if it still needs it once the lock is held, and returns what is then kept.
    ///
    /// # Errors
    /// [`Code::RenewalBusy`]; [`Code::SignInExpired`] and [`Code::NeedsSettings`], which need a person; whatever else
    /// the provider or the keychain answers.
    pub async fn renew(&self, connection: &Connection, min_ttl: Duration) -> Result<Renewal, Failure> {
        self.renew_for(connection, Need::Life(min_ttl)).await
    }

    /// Renews a connection's token however long it is good for, unless another program does so at the same moment.
    /// One that nothing renews is returned as it is while it lives.
    ///
    /// # Errors
    /// As [`Engine::renew`].
    pub async fn renew_now(&self, connection: &Connection) -> Result<Renewal, Failure> {
        let item = self.item(connection).await?;
        self.renew_for(connection, Need::Newer(item.received_at)).await
    }

    async fn renew_for(&self, connection: &Connection, need: Need) -> Result<Renewal, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.unbroken(async move { engine.renew_wholly(&connection, need).await }).await
    }

    async fn renew_wholly(&self, connection: &Connection, need: Need) -> Result<Renewal, Failure> {
        enabled(connection)?;
        let _lock = self.connection_lock(connection).await?;
        if self.index.removals()?.contains(&connection.id) {
            return Err(Failure::new(Code::ConnectionUnknown).name(&connection.name));
        }
        let item = self.item(connection).await?;
        let Some(tokens) = &item.tokens else { return Ok(Renewal { item, how: How::Impossible }) };
        if need.is_met(&item) {
            return Ok(Renewal { item, how: How::Unneeded });
        }
        let MadeWith { element, values, local } = match self.made_with(&item) {
            Ok(made_with) => made_with,
            Err(failure) => return self.not_renewed(connection, item, failure),
        };
        if !local.renews(&element, &values, tokens) {
            return match is_alive(&item) {
                true => Ok(Renewal { item, how: How::Impossible }),
                false => self.not_renewed(connection, item, expired(&element)),
            };
        }
        match local.renew(&element, &values, tokens).await.map_err(|e| local.told(e)) {
            Ok(tokens) => {
                fault::point("renewal_answered");
                let missing = local.missing(&element, &values, &tokens);
                let rotated =
                    refresh_token(&item) != tokens.refresh_token.as_ref().map(|t| t.expose().as_str());
                let item = self.keep_renewed(Item { tokens: Some(tokens), missing, ..item }, rotated).await?;
                Ok(Renewal { item, how: How::Renewed })
            }
            Err(failure) => {
                if failure.code == Code::SignInExpired {
                    self.clear_refresh_token(&item).await;
                }
                let failure = match failure.code {
                    // The person never saw this client: signing in again makes another one.
                    Code::NeedsSettings if item.configuration.contains_key(REGISTERED) => {
                        Failure { code: Code::SignInExpired, ..failure }
                    }
                    _ => failure,
                };
                self.not_renewed(connection, item, failure)
            }
        }
    }

    /// Only `invalid_grant` ends a refresh token (RFC 6749 §5.2), and only the one that was refused: the lock is held,
    /// so the item is still the one that was read.
    async fn clear_refresh_token(&self, item: &Item) {
        let mut ended = item.clone();
        if let Some(tokens) = &mut ended.tokens {
            tokens.refresh_token = None;
            // One that stays is refused again, with the same result.
            let _ = self.vault(move |vault| vault.put(&ended)).await;
        }
    }

    /// Writes down why there is no new token.
    fn not_renewed(&self, connection: &Connection, item: Item, failure: Failure) -> Result<Renewal, Failure> {
        let (code, failure) = (failure.code, failure.name(&connection.name));
        if let Some(status) = code.status_after() {
            let _ = self.index.set_status(&item.id, status, Some(code.as_str()));
        }
        tracing::warn!(connection = %item.id, code = %failure, "not renewed");
        // A token that is still good is better than none while the provider cannot be asked.
        if code.is_temporary() && is_alive(&item) {
            return Ok(Renewal { item, how: How::Postponed(Box::new(failure)) });
        }
        Err(failure)
    }

    /// Saves a rotated token; the row follows.
    async fn keep_renewed(&self, item: Item, rotated: bool) -> Result<Item, Failure> {
        let renewed = Item { received_at: clock::now_ms(), ..item };
        self.keep_rotated(&renewed, rotated).await?;
        fault::point("renewal_kept");
        // The keychain has it; a row that is behind is put right by the next renewal.
        let row = Connection { renewed_at: Some(renewed.received_at), ..renewed.to_connection() };
        let _ = self.index.renewed(&row);
        tracing::info!(connection = %renewed.id, "renewed");
        Ok(renewed)
    }

    /// Saves a new token. If the one before it is spent, nothing could renew any more, so a keychain that cannot be used
    /// just now is tried as long as others wait for this renewal, and if it stays so that is said at once.
    async fn keep_rotated(&self, item: &Item, rotated: bool) -> Result<(), Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let kept = item.clone();
            match self.vault(move |vault| vault.put(&kept)).await {
                Ok(()) => return Ok(()),
                Err(error) if error != VaultError::TooLong && Instant::now() < until => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(error) => {
                    tracing::error!(connection = %item.id, %error, "a rotated token could not be saved");
                    let failure = Failure::from(error).name(&item.name);
                    let code = failure.code.as_str();
                    let status = if rotated { Status::NeedsSignIn } else { Status::Retrying };
                    let _ = self.index.set_status(&item.id, status, Some(code));
                    return Err(failure);
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

fn expired(element: &Element) -> Failure {
    Failure::new(Code::SignInExpired).product(&element.name)
}

fn refresh_token(item: &Item) -> Option<&str> {
    item.tokens.as_ref()?.refresh_token.as_ref().map(|token| token.expose().as_str())
}
