//! A token that works: as kept, or renewed first. Renewal is single-flight across processes: one lock per connection, the
//! item read again inside it, and the rotated token in the vault before anything else happens to the answer.

use std::time::{Duration, Instant};

use super::Engine;
use super::locks::{LOCK_TIMEOUT, POLL_INTERVAL};
use super::start::REGISTERED;
use crate::domain::connection::{Connection, Status};
use crate::domain::credential::Credential;
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::oauth::token::TokenSet;
use crate::domain::renewal;
use crate::fault;
use crate::io::clock;
use crate::io::vault::VaultError;
use crate::platform::Provider;

/// How long a token must be valid to be handed out, unless the caller says otherwise.
pub const DEFAULT_MIN_TTL: Duration = Duration::from_secs(30);

/// What the keychain holds for a connection, judged by the clock.
pub enum Cached {
    Usable(Box<Item>),
    /// To be renewed before it is handed out.
    Stale(Box<Item>),
}

pub struct Renewal {
    /// What is kept now. Its access token is valid.
    pub item: Item,
    pub outcome: RenewalOutcome,
}

/// How a renewal ended well.
#[derive(Clone, Debug)]
pub enum RenewalOutcome {
    Renewed,
    /// Another program was first, or the token is valid for long enough.
    NotNeeded,
    /// Nothing renews this token.
    NotRenewable,
    /// The provider did not answer, or asks to wait; the token is still valid.
    Deferred(Box<Failure>),
}

/// What makes a renewal unnecessary once the lock is held.
#[derive(Clone, Copy, Debug)]
enum Unless {
    /// The token is valid for this long.
    ValidFor(Duration),
    /// The token is another than the one that was received at this time.
    NewerThan(i64),
}

impl Unless {
    fn holds(self, item: &Item) -> bool {
        match self {
            Self::ValidFor(min_ttl) => is_fresh(item, min_ttl),
            // Not "later": the clock may have been set back.
            Self::NewerThan(received_at) => item.received_at != received_at,
        }
    }
}

fn is_fresh(item: &Item, min_ttl: Duration) -> bool {
    renewal::is_fresh(item.received_at, item.expires_at(), min_ttl, clock::now_ms())
}

pub(super) fn is_alive(item: &Item) -> bool {
    is_fresh(item, Duration::ZERO)
}

impl Engine {
    /// A connection's item with a token that works, renewed first if need be.
    pub async fn fresh_item(&self, connection: &Connection) -> Result<Item, Failure> {
        let (engine, row) = (self.clone(), connection.clone());
        let cached = tokio::task::spawn_blocking(move || engine.cached_token(&row, DEFAULT_MIN_TTL)).await;
        match cached.map_err(|_| Failure::internal("the keychain thread ended"))?? {
            Cached::Usable(item) => Ok(*item),
            Cached::Stale(_) => Ok(self.renew(connection, DEFAULT_MIN_TTL).await?.item),
        }
    }

    /// A connection's item as it is, also while the connection is switched off.
    ///
    /// Errors: [`Code::SignInExpired`] if the keychain holds no item.
    pub async fn item(&self, connection: &Connection) -> Result<Item, Failure> {
        let item = self.read_item(&connection.id).await;
        item.map_err(|e| Failure::from(e).name(&connection.name))?.ok_or_else(|| self.report_gone(connection))
    }

    /// Records that a connection without its item needs a new sign-in.
    fn report_gone(&self, connection: &Connection) -> Failure {
        let _ = self.index.set_status(&connection.id, Status::NeedsSignIn, Some(Code::SignInExpired));
        let gone = Failure::new(Code::SignInExpired).name(&connection.name);
        gone.detail("the keychain holds no item for it")
    }

    /// Reads a connection's item from the keychain. Blocks, and needs no runtime.
    ///
    /// Errors: [`Code::ConnectionDisabled`]; [`Code::SignInExpired`] if the keychain holds no item.
    pub fn cached_token(&self, connection: &Connection, min_ttl: Duration) -> Result<Cached, Failure> {
        check_enabled(connection)?;
        let item = self.vault.get(&connection.id).map_err(|e| Failure::from(e).name(&connection.name))?;
        let item = Box::new(item.ok_or_else(|| self.report_gone(connection))?);
        Ok(if is_fresh(&item, min_ttl) { Cached::Usable(item) } else { Cached::Stale(item) })
    }

    /// Renews a connection's token if it still needs it once the lock is held, and returns what is then kept.
    ///
    /// Errors: [`Code::RenewalBusy`]; [`Code::SignInExpired`] and [`Code::NeedsSettings`], which need the user.
    pub async fn renew(&self, connection: &Connection, min_ttl: Duration) -> Result<Renewal, Failure> {
        self.renew_unless(connection, Unless::ValidFor(min_ttl)).await
    }

    /// Renews a connection's token however long it is valid, unless another program does so at the same moment.
    pub async fn renew_now(&self, connection: &Connection) -> Result<Renewal, Failure> {
        let item = self.item(connection).await?;
        self.renew_unless(connection, Unless::NewerThan(item.received_at)).await
    }

    async fn renew_unless(&self, connection: &Connection, unless: Unless) -> Result<Renewal, Failure> {
        let (engine, connection) = (self.clone(), connection.clone());
        self.run_to_completion(async move { engine.renew_locked(&connection, unless).await }).await
    }

    async fn renew_locked(&self, connection: &Connection, unless: Unless) -> Result<Renewal, Failure> {
        check_enabled(connection)?;
        let _lock = self.lock_connection(connection).await?;
        if self.index.pending_removals()?.contains(&connection.id) {
            return Err(Failure::new(Code::ConnectionUnknown).name(&connection.name));
        }
        let item = self.item(connection).await?;
        let Some(tokens) = item.tokens() else {
            return Ok(Renewal { item, outcome: RenewalOutcome::NotRenewable });
        };
        if unless.holds(&item) {
            return Ok(Renewal { item, outcome: RenewalOutcome::NotNeeded });
        }
        let provider = match self.provider_of(&item).await {
            Ok(provider) => provider,
            Err(failure) => return self.record_failure(connection, item, failure),
        };
        if !provider.renews(tokens) {
            return if is_alive(&item) {
                Ok(Renewal { item, outcome: RenewalOutcome::NotRenewable })
            } else {
                let ended = Failure::new(Code::SignInExpired).product(provider.product());
                self.record_failure(connection, item, ended)
            };
        }
        match provider.renew(tokens).await {
            Ok(tokens) => {
                fault::point("renewal_answered");
                let item = self.keep_renewed(item, tokens, &provider).await?;
                Ok(Renewal { item, outcome: RenewalOutcome::Renewed })
            }
            Err(failure) => {
                let mut failure = provider.with_exchanges(failure);
                match failure.code {
                    Code::SignInExpired if failure.detail.as_deref() == Some("invalid_grant") => {
                        self.clear_refresh_token(&item).await;
                    }
                    // The user never saw this client: signing in again makes another one.
                    Code::NeedsSettings if item.configuration.contains_key(REGISTERED) => {
                        failure.code = Code::SignInExpired;
                    }
                    _ => {}
                }
                self.record_failure(connection, item, failure)
            }
        }
    }

    /// Removes a refresh token that `invalid_grant` has ended (RFC 6749 §5.2). The caller holds the connection's lock.
    async fn clear_refresh_token(&self, item: &Item) {
        let mut ended = item.clone();
        if let Some(tokens) = ended.credential.tokens_mut() {
            tokens.refresh_token = None;
            // One that stays is refused again, with the same result.
            let _ = self.put_item(ended).await;
        }
    }

    /// Records why there is no new token.
    fn record_failure(
        &self,
        connection: &Connection,
        item: Item,
        failure: Failure,
    ) -> Result<Renewal, Failure> {
        let (code, failure) = (failure.code, failure.name(&connection.name));
        if let Some(status) = code.status_after() {
            let _ = self.index.set_status(&item.id, status, Some(code));
        }
        tracing::warn!(connection = %item.id, code = %failure, "not renewed");
        // A token that is still valid is better than none while the provider cannot be asked.
        if code.is_temporary() && is_alive(&item) {
            return Ok(Renewal { item, outcome: RenewalOutcome::Deferred(Box::new(failure)) });
        }
        Err(failure)
    }

    /// Saves a rotated token; the row follows.
    async fn keep_renewed(&self, item: Item, tokens: TokenSet, provider: &Provider) -> Result<Item, Failure> {
        let rotated = refresh_token(item.tokens()) != refresh_token(Some(&tokens));
        let missing = provider.missing(&tokens);
        let credential = Credential::Tokens(tokens);
        let mut renewed = Item { credential, received_at: clock::now_ms(), ..item };
        renewed.facts.missing = missing;
        self.keep_rotated(&renewed, rotated).await?;
        fault::point("renewal_kept");
        // The keychain has it; a row that is behind is corrected by the next renewal.
        let row = Connection { renewed_at: Some(renewed.received_at), ..renewed.to_connection() };
        let _ = self.index.record_renewal(&row);
        tracing::info!(connection = %renewed.id, "renewed");
        Ok(renewed)
    }

    /// Saves a new token. A keychain that cannot be used just now is tried again while others wait for this renewal: a
    /// rotated token that is lost needs a new sign-in.
    async fn keep_rotated(&self, item: &Item, rotated: bool) -> Result<(), Failure> {
        let until = Instant::now() + LOCK_TIMEOUT;
        loop {
            match self.put_item(item.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) if error != VaultError::TooLong && Instant::now() < until => {
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
                Err(error) => {
                    tracing::error!(connection = %item.id, %error, "a rotated token could not be saved");
                    let failure = Failure::from(error).name(&item.name);
                    let status = if rotated { Status::NeedsSignIn } else { Status::Retrying };
                    let _ = self.index.set_status(&item.id, status, Some(failure.code));
                    return Err(failure);
                }
            }
        }
    }
}

fn check_enabled(connection: &Connection) -> Result<(), Failure> {
    if connection.disabled {
        return Err(Failure::new(Code::ConnectionDisabled).name(&connection.name));
    }
    Ok(())
}

fn refresh_token(tokens: Option<&TokenSet>) -> Option<&str> {
    tokens?.refresh_token.as_ref().map(|token| token.expose().as_str())
}
