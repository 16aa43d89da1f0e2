//! Finishes or undoes what a program left behind that was killed. It takes only what no living program owns, so it may
//! run at any time, in several programs at once.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Engine;
use super::keep::IDENTITY;
use super::made_with::MadeWith;
use super::remove::TOLD_FOR;
use super::token::connection_lock_name;
use crate::domain::connection::{Account, Connection, Item, is_ours};
use crate::domain::error::{Code, Failure};
use crate::domain::view::Revoked;
use crate::io::clock;
use crate::io::index::{IndexError, OpenAttempt};
use crate::io::lock::Lock;

/// How long a person who begins a sign-in waits for an older one to be looked for at its platform.
const BEFORE_A_SIGN_IN: Duration = Duration::from_secs(10);
/// How long all platforms together are asked where nobody waits.
const IN_THE_BACKGROUND: Duration = Duration::from_secs(60);
/// For how long an instance that nobody has seen is looked for: platforms give up calls after minutes at most.
const MAY_STILL_COME: Duration = Duration::from_secs(15 * 60);

/// Which platforms are asked, and until when.
struct There<'a> {
    /// Only this workspace; all, if absent.
    workspace: Option<&'a str>,
    until: Instant,
}

impl There<'_> {
    fn includes(&self, workspace: &str) -> bool {
        self.workspace.is_none_or(|only| only == workspace)
    }

    /// What a platform answers in time.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let late = Failure::new(Code::PlatformUnreachable).detail("no answer in time");
        timeout_at(self.until, question).await.unwrap_or(Err(late))
    }
}

impl Engine {
    /// Attempts whose owner is gone: with an item in the vault they become connections; without one they are looked for
    /// at their hosted platform, and closed when nothing can come there any more. Removals that were begun are finished,
    /// and so is what was begun with workspaces.
    ///
    /// A keychain or a platform that cannot be asked leaves things as they are, for a later time.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        self.mend(&There { workspace: None, until: Instant::now() + IN_THE_BACKGROUND }).await
    }

    /// The same for what lies on this computer and in one workspace: a platform that is silent must not be in the way of
    /// a sign-in elsewhere.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub async fn reconcile_here(&self, workspace: &str) -> Result<(), Failure> {
        let until = Instant::now() + BEFORE_A_SIGN_IN;
        self.mend(&There { workspace: Some(workspace), until }).await
    }

    async fn mend(&self, there: &There<'_>) -> Result<(), Failure> {
        self.reconcile_workspaces().await?;
        for attempt in self.index.open_attempts()? {
            let Some(lock) = self.attempt_lock(&attempt.id)? else { continue };
            // Its owner may have finished between our reading and our lock.
            if !self.index.is_attempt_open(&attempt.id)? || self.settle(&attempt, there).await? {
                lock.discard();
            }
        }
        for id in self.index.pending_removals()? {
            let Ok(Some(lock)) = Lock::try_take(&self.paths.run, &connection_lock_name(&id)) else {
                continue;
            };
            if self.settle_removal(&id, there).await? {
                lock.discard();
            }
        }
        Ok(())
    }

    /// Returns whether the attempt is closed.
    async fn settle(&self, attempt: &OpenAttempt, there: &There<'_>) -> Result<bool, Failure> {
        if attempt.again.is_some() {
            return self.settle_again(attempt).await;
        }
        let key = attempt.id.clone();
        let Ok(item) = self.vault(move |vault| vault.get_undamaged(&key)).await else { return Ok(false) };
        match item {
            Some(item) => {
                let account = self.identity_of(&item).await;
                let row = item.to_connection().of(account);
                match self.index.finish_attempt(&row, &item.token_sha256()) {
                    Ok(row) if row.name != item.name => self.describe_as_listed(&item.id).await,
                    Ok(_) => {}
                    // Another program brought the same instance in, or the workspace is gone with all that was in it.
                    Err(IndexError::InstanceKnown | IndexError::WorkspaceGone) => {
                        return Ok(self.undo(&attempt.id).await);
                    }
                    Err(error) => return Err(error.into()),
                }
                tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is finished");
            }
            None if is_ours(&attempt.workspace) => self.index.close_attempt(&attempt.id)?,
            None => return self.settle_there(attempt, there).await,
        }
        Ok(true)
    }

    /// A sign-in to an existing connection: what was set aside takes its place if it is the same account's. Nobody is
    /// there to be asked about another one, so that goes back to the provider.
    async fn settle_again(&self, attempt: &OpenAttempt) -> Result<bool, Failure> {
        let read = |id: &str| {
            let id = id.to_owned();
            self.vault(move |vault| vault.get_undamaged(&id))
        };
        let id = attempt.again.as_deref().unwrap_or_default();
        let (Ok(aside), Ok(item)) = (read(&attempt.id).await, read(id).await) else { return Ok(false) };
        let row = self.index.connection(id)?;
        let removing = self.index.pending_removals()?.iter().any(|removing| removing == id);
        let (aside, row) = match (aside, row.filter(|_| !removing)) {
            (Some(aside), Some(row)) => (aside, row),
            (Some(aside), None) => return Ok(self.return_aside(attempt, &aside).await),
            (None, row) => {
                // Nothing was set aside: the token is in its place already, or there never was one.
                match (item, row) {
                    (Some(item), Some(row)) if item.received_at >= attempt.started_at => {
                        let account = self.identity_of(&item).await;
                        self.put_into_list(attempt, &row, &item, account)?;
                    }
                    _ => self.index.close_attempt(&attempt.id)?,
                }
                return Ok(true);
            }
        };
        if item.as_ref().is_some_and(|item| item.received_at == aside.received_at) {
            self.drop_aside(&attempt.id).await;
            let account = self.identity_of(&aside).await;
            self.put_into_list(attempt, &row, &aside, account)?;
            return Ok(true);
        }
        match (self.who(&aside).await, row.account()) {
            (Ok(Some(found)), Some(expected)) if !found.is_same(&expected) => {
                Ok(self.return_aside(attempt, &aside).await)
            }
            // The provider may tell later. A token that nobody can use meanwhile does not wait for ever.
            (Err(_), Some(_)) if !has_waited(attempt) => Ok(false),
            (Err(_), Some(_)) => Ok(self.return_aside(attempt, &aside).await),
            (told, _) => {
                let Ok(_lock) = self.connection_lock(&row).await else { return Ok(false) };
                let Ok(item) = self.replace(&row, aside).await else { return Ok(false) };
                self.drop_aside(&attempt.id).await;
                self.put_into_list(attempt, &row, &item, told.ok().flatten())?;
                Ok(true)
            }
        }
    }

    /// The row of a connection that was signed in to again, with its attempt closed. An account that the provider did not
    /// tell was compared, or is asked for by the next test.
    fn put_into_list(
        &self,
        attempt: &OpenAttempt,
        row: &Connection,
        item: &Item,
        account: Option<Account>,
    ) -> Result<(), Failure> {
        let account = account.or_else(|| row.account());
        let signed_in = item.to_connection().of(account);
        self.index.finish_sign_in_again(&attempt.id, &signed_in, &item.token_sha256())?;
        tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is finished");
        Ok(())
    }

    /// Gives back what was set aside. Returns whether the attempt is closed.
    async fn return_aside(&self, attempt: &OpenAttempt, aside: &Item) -> bool {
        let told = self.revoke(aside).await;
        tracing::info!(attempt = %attempt.id, revoked = ?told.revoked, "a token that was set aside was given back");
        if told.revoked == Revoked::Later && !clock::has_passed(TOLD_FOR, attempt.started_at) {
            return false;
        }
        self.undo(&attempt.id).await
    }

    /// An attempt at a hosted platform that left nothing here: its instance may exist there, or come to exist yet.
    async fn settle_there(&self, attempt: &OpenAttempt, there: &There<'_>) -> Result<bool, Failure> {
        if !self.has_hosted(&attempt.workspace)? {
            self.index.close_attempt(&attempt.id)?;
            return Ok(true);
        }
        if !there.includes(&attempt.workspace) {
            return Ok(false);
        }
        let found = async {
            let hosted = self.hosted(&attempt.workspace).await?;
            match hosted.find_attempt(&attempt.id).await? {
                Some(instance) => self.keep_instance(attempt, &hosted, instance).await.map(|_| true),
                None => Ok(false),
            }
        };
        match there.ask(found).await {
            Ok(true) => {
                tracing::info!(attempt = %attempt.id, "its instance was found and is brought in");
                Ok(true)
            }
            Ok(false) => {
                let old = has_waited(attempt);
                if old {
                    self.index.close_attempt(&attempt.id)?;
                    tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is closed");
                }
                Ok(old)
            }
            Err(failure) => {
                tracing::warn!(attempt = %attempt.id, code = %failure, "its instance is looked for later");
                Ok(false)
            }
        }
    }

    /// Returns whether the removal is done, or undone.
    async fn settle_removal(&self, id: &str, there: &There<'_>) -> Result<bool, Failure> {
        let Some(connection) = self.index.connection(id)? else { return Ok(true) };
        let workspace = &connection.workspace;
        let asks =
            !is_ours(workspace) && self.has_hosted(workspace)? && !self.index.is_removal_local_only(id)?;
        let deleted = match &connection.instance {
            Some(_) if asks && !there.includes(workspace) => return Ok(false),
            Some(instance) if asks => {
                let deleted = async { self.hosted(workspace).await?.delete(instance).await };
                there.ask(deleted).await
            }
            _ => Ok(()),
        };
        match deleted {
            // Whoever begins a sign-in does not wait for another provider.
            Ok(()) if is_ours(workspace) && there.workspace.is_some() => Ok(false),
            Ok(()) if is_ours(workspace) && !self.revoke_again(id).await => Ok(false),
            Ok(()) => Ok(self.forget(id).await.is_ok()),
            Err(failure) if is_for_later(failure.code) => Ok(false),
            Err(failure) => {
                tracing::warn!(connection = %id, code = %failure, "the platform refused its removal");
                Ok(self.index.undo_removal(&connection).is_ok())
            }
        }
    }

    fn has_hosted(&self, workspace: &str) -> Result<bool, Failure> {
        Ok(self.index.hosted_workspaces()?.iter().any(|row| row.id == workspace))
    }

    /// Whose account an item is for, if the provider tells it soon.
    async fn identity_of(&self, item: &Item) -> Option<Account> {
        self.who(item).await.ok().flatten()
    }

    /// The same, told from a provider that does not answer.
    async fn who(&self, item: &Item) -> Result<Option<Account>, Failure> {
        let Some(tokens) = &item.tokens else { return Ok(None) };
        let MadeWith { element, values, local } = self.made_with(item)?;
        let late = || Failure::new(Code::ProviderUnreachable).product(&element.name);
        let asked = tokio::time::timeout(IDENTITY, local.who(&element, &values, tokens)).await;
        asked.unwrap_or_else(|_| Err(late()))
    }
}

fn has_waited(attempt: &OpenAttempt) -> bool {
    clock::has_passed(MAY_STILL_COME, attempt.started_at)
}

/// Whether the platform was not heard, or could not be asked.
fn is_for_later(code: Code) -> bool {
    code.is_temporary()
        || matches!(
            code,
            Code::PlatformUncertain | Code::KeychainLocked | Code::KeychainMissing | Code::KeychainDenied
        )
}
