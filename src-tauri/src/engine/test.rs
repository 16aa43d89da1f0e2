//! Whether a connection works: the platform, or the product itself, is asked.

use std::time::Instant;

use super::Engine;
use crate::domain::connection::{Connection, Status};
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::view::TestView;
use crate::platform::provider::identity::Examined;
use crate::platform::{Hosted, Platform};

impl Engine {
    /// Tests a connection and records the result.
    pub async fn test(&self, connection: &Connection) -> Result<TestView, Failure> {
        let tested = self.ask(connection).await.map_err(|failure| failure.name(&connection.name));
        // A token that is still valid says nothing about a sign-in that has ended.
        let is_signed_in =
            connection.workspace.is_hosted() || matches!(connection.status, Status::Ok | Status::Retrying);
        match &tested {
            Ok(_) if is_signed_in => self.index.set_status(&connection.id, Status::Ok, None)?,
            Ok(_) => {}
            Err(failure) => self.record_test_failure(connection, failure.code)?,
        }
        tested
    }

    fn record_test_failure(&self, connection: &Connection, code: Code) -> Result<(), Failure> {
        let of_the_account = matches!(
            code,
            Code::SignInExpired | Code::NeedsSettings | Code::InstanceGone | Code::WorkspaceSecrets
        );
        // What passes by itself says nothing about the sign-in.
        if let Some(status) = code.status_after().filter(|_| of_the_account) {
            self.index.set_status(&connection.id, status, Some(code))?;
        }
        if code == Code::ConnectionDisabled && !connection.disabled {
            // It was switched off at the platform.
            self.index.set_disabled(&connection.id, true)?;
        }
        Ok(())
    }

    async fn ask(&self, connection: &Connection) -> Result<TestView, Failure> {
        match self.platform(&connection.workspace).await? {
            Platform::Hosted(hosted) => self.ping(&hosted, connection).await,
            Platform::Local(_) => {
                let item = self.fresh_item(connection).await?;
                let mut tested = self.identify(connection, &item).await;
                // An access token may be ended before its time, and its sign-in be fine (RFC 6750 §3.1).
                if let Err((failure, true)) = &tested
                    && failure.code == Code::SignInExpired
                {
                    let renewed = self.renew_now(connection).await?.item;
                    tested = self.identify(connection, &renewed).await;
                }
                tested.map_err(|(failure, _)| failure)
            }
        }
    }

    async fn ping(&self, hosted: &Hosted, connection: &Connection) -> Result<TestView, Failure> {
        if connection.instance.is_none() {
            return Err(Failure::new(Code::InstanceGone));
        }
        let item = self.item(connection).await?;
        let asked = Instant::now();
        hosted.ping(&item.element_token).await?;
        if connection.disabled {
            // It was switched on at the platform.
            self.index.set_disabled(&connection.id, false)?;
        }
        Ok(TestView { identity: None, took_ms: Some(elapsed_ms(asked)) })
    }

    /// Records the end that the product gives for the tested key: in its settings a key may have been prolonged.
    async fn record_key_end(&self, tested: &Item, ends_at: Option<i64>) -> Result<(), Failure> {
        let (connection, received_at) = (tested.to_connection(), tested.received_at);
        self.run_locked(&connection, move |engine, connection| async move {
            let mut item = engine.item(&connection).await?;
            if item.received_at != received_at {
                // Another key has replaced it meanwhile.
                return Ok(());
            }
            item.credential = item.credential.ending(ends_at);
            let expires_at = item.expires_at();
            engine.put_item(item).await?;
            Ok(engine.index.set_expires_at(&connection.id, expires_at)?)
        })
        .await
    }

    /// Asks the provider for the account. A failure comes with whether the token can be renewed.
    async fn identify(&self, connection: &Connection, item: &Item) -> Result<TestView, (Failure, bool)> {
        let provider = self.provider_of(item).await.map_err(|failure| (failure, false))?;
        let asked = Instant::now();
        match provider.examine(&item.credential).await {
            Ok(Examined { account, ends_at }) => {
                let took_ms = provider.can_identify(&item.credential).then(|| elapsed_ms(asked));
                if let Some(account) = &account {
                    let recorded = self.index.set_identity(&connection.id, account);
                    recorded.map_err(|error| (error.into(), false))?;
                }
                if ends_at.is_some() && ends_at != item.credential.key_ends_at() {
                    let recorded = self.record_key_end(item, ends_at).await;
                    recorded.map_err(|failure| (failure, false))?;
                }
                Ok(TestView { identity: account.map(|account| account.name), took_ms })
            }
            Err(failure) => {
                let renews = item.tokens().is_some_and(|tokens| provider.renews(tokens));
                Err((provider.with_exchanges(failure), renews))
            }
        }
    }
}

fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
