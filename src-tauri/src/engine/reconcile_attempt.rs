//! Finishes or closes a sign-in that was cut off.

use std::time::Duration;

use super::Engine;
use super::keep::IDENTITY_TIMEOUT;
use super::reconcile::Remote;
use super::remove::REVOCATION_LIFE;
use crate::domain::connection::{Account, Connection};
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::view::Revoked;
use crate::io::clock;
use crate::io::index::{IndexError, OpenAttempt};

/// For how long an instance is looked for: platforms give up calls after minutes at most.
const SEARCH_LIFE: Duration = Duration::from_secs(15 * 60);

impl Engine {
    /// Returns whether the attempt is closed.
    pub(super) async fn reconcile_attempt(
        &self,
        attempt: &OpenAttempt,
        remote: &Remote<'_>,
    ) -> Result<bool, Failure> {
        if let Some(id) = &attempt.again {
            return self.reconcile_again(attempt, id).await;
        }
        let Ok(item) = self.read_undamaged(&attempt.id).await else { return Ok(false) };
        let Some(item) = item else {
            if attempt.workspace.is_hosted() {
                return self.reconcile_remote(attempt, remote).await;
            }
            self.index.close_attempt(&attempt.id)?;
            return Ok(true);
        };
        let account = self.identify_in_time(&item).await.ok().flatten();
        let row = item.to_connection().of(account);
        match self.index.finish_attempt(&row, &item.token_sha256()) {
            Ok(row) if row.name != item.name => self.copy_listed_name(&item.id).await,
            Ok(_) => {}
            // Another program imported the same instance, or the workspace is gone with all that was in it.
            Err(IndexError::InstanceKnown | IndexError::WorkspaceGone) => {
                return Ok(self.undo(&attempt.id).await);
            }
            Err(error) => return Err(error.into()),
        }
        tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is finished");
        Ok(true)
    }

    /// A sign-in to an existing connection: what was set aside replaces its item if it is of the same account, and else is
    /// given back to the provider.
    async fn reconcile_again(&self, attempt: &OpenAttempt, id: &str) -> Result<bool, Failure> {
        let (Ok(aside), Ok(item)) = (self.read_undamaged(&attempt.id).await, self.read_undamaged(id).await)
        else {
            return Ok(false);
        };
        let removing = self.index.pending_removals()?.iter().any(|removing| removing == id);
        let row = self.index.connection(id)?;
        let (aside, row) = match (aside, row.filter(|_| !removing)) {
            (Some(aside), Some(row)) => (aside, row),
            (Some(aside), None) => return Ok(self.return_aside(attempt, &aside).await),
            (None, row) => {
                // Nothing was set aside: the token is in its place already, or there never was one.
                match (item, row) {
                    (Some(item), Some(row)) if item.received_at >= attempt.started_at => {
                        let account = self.identify_in_time(&item).await.ok().flatten();
                        self.list_again(attempt, &row, &item, account)?;
                    }
                    _ => self.index.close_attempt(&attempt.id)?,
                }
                return Ok(true);
            }
        };
        if item.as_ref().is_some_and(|item| item.received_at == aside.received_at) {
            self.drop_aside(&attempt.id).await;
            let account = self.identify_in_time(&aside).await.ok().flatten();
            self.list_again(attempt, &row, &aside, account)?;
            return Ok(true);
        }
        match (self.identify_in_time(&aside).await, row.account()) {
            (Ok(Some(found)), Some(expected)) if !found.is_same(&expected) => {
                Ok(self.return_aside(attempt, &aside).await)
            }
            // The provider may name the account later.
            (Err(_), Some(_)) if !has_waited(attempt) => Ok(false),
            (Err(_), Some(_)) => Ok(self.return_aside(attempt, &aside).await),
            (account, _) => {
                let Ok(_lock) = self.lock_connection(&row).await else { return Ok(false) };
                let Ok(item) = self.replace(&row, aside).await else { return Ok(false) };
                self.drop_aside(&attempt.id).await;
                self.list_again(attempt, &row, &item, account.ok().flatten())?;
                Ok(true)
            }
        }
    }

    /// Updates the row of a connection that was signed in to again, and closes the attempt.
    fn list_again(
        &self,
        attempt: &OpenAttempt,
        row: &Connection,
        item: &Item,
        account: Option<Account>,
    ) -> Result<(), Failure> {
        let account = account.or_else(|| row.account());
        let mut signed_in = item.to_connection().of(account);
        signed_in.id.clone_from(&row.id);
        self.index.finish_sign_in_again(&attempt.id, &signed_in, &item.token_sha256())?;
        tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is finished");
        Ok(())
    }

    /// Gives back what was set aside. Returns whether the attempt is closed.
    async fn return_aside(&self, attempt: &OpenAttempt, aside: &Item) -> bool {
        let removed = self.revoke(aside).await;
        tracing::info!(attempt = %attempt.id, revoked = ?removed.revoked, "a token that was set aside was given back");
        if removed.revoked == Revoked::Later && !clock::has_passed(REVOCATION_LIFE, attempt.started_at) {
            return false;
        }
        self.undo(&attempt.id).await
    }

    /// An attempt at a hosted platform that left nothing here: its instance may exist there, or yet be made.
    async fn reconcile_remote(&self, attempt: &OpenAttempt, remote: &Remote<'_>) -> Result<bool, Failure> {
        if !self.has_hosted(&attempt.workspace)? {
            self.index.close_attempt(&attempt.id)?;
            return Ok(true);
        }
        if !remote.includes(&attempt.workspace) {
            return Ok(false);
        }
        let found = async {
            let hosted = self.hosted(attempt.workspace.as_str()).await?;
            match hosted.find_attempt(&attempt.id).await? {
                Some(instance) => self.keep_instance(attempt, &hosted, instance).await.map(|_| true),
                None => Ok(false),
            }
        };
        match remote.ask(found).await {
            Ok(true) => {
                tracing::info!(attempt = %attempt.id, "its instance was found and is imported");
                Ok(true)
            }
            Ok(false) if has_waited(attempt) => {
                self.index.close_attempt(&attempt.id)?;
                tracing::info!(attempt = %attempt.id, "a sign-in that was cut off is closed");
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(failure) => {
                tracing::warn!(attempt = %attempt.id, code = %failure, "its instance is looked for later");
                Ok(false)
            }
        }
    }

    /// The account of an item, if the provider names it in time.
    async fn identify_in_time(&self, item: &Item) -> Result<Option<Account>, Failure> {
        let provider = self.provider_of(item).await?;
        let late = || Failure::new(Code::ProviderUnreachable).product(provider.product());
        let asked = tokio::time::timeout(IDENTITY_TIMEOUT, provider.identify(&item.credential)).await;
        asked.unwrap_or_else(|_| Err(late()))
    }
}

fn has_waited(attempt: &OpenAttempt) -> bool {
    clock::has_passed(SEARCH_LIFE, attempt.started_at)
}
