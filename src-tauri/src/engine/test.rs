//! Whether a connection works: the platform, or the product itself, is asked.

use std::time::{Duration, Instant};

use super::Engine;
use super::made_with::MadeWith;
use crate::domain::connection::{Connection, Status, is_ours};
use crate::domain::error::{Code, Failure};

/// A connection that works.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Whose account it is, if whoever was asked told.
    pub identity: Option<String>,
    /// How long the answer took.
    pub took: Duration,
}

impl Engine {
    /// Tests a connection, and writes down what came out.
    ///
    /// # Errors
    /// Why it does not work.
    pub async fn test(&self, connection: &Connection) -> Result<Tested, Failure> {
        let tested = self.ask(connection).await.map_err(|failure| failure.name(&connection.name));
        match &tested {
            Ok(_) => {
                // A token that still lives says nothing of a sign-in that has ended.
                let ours = is_ours(&connection.workspace);
                if !ours || matches!(connection.status, Status::Ok | Status::Retrying) {
                    self.index.set_status(&connection.id, Status::Ok, None)?;
                }
            }
            Err(failure) => {
                let code = failure.code;
                let of_the_account = matches!(
                    code,
                    Code::SignInExpired | Code::NeedsSettings | Code::InstanceGone | Code::WorkspaceSecrets
                );
                // What passes by itself says nothing of the sign-in, and nobody would look again.
                if let Some(status) = code.status_after().filter(|_| of_the_account) {
                    self.index.set_status(&connection.id, status, Some(code.as_str()))?;
                }
                if code == Code::ConnectionDisabled && !connection.disabled {
                    // It was switched off at the platform.
                    self.index.set_disabled(&connection.id, true)?;
                }
            }
        }
        tested
    }

    async fn ask(&self, connection: &Connection) -> Result<Tested, Failure> {
        if let Some((hosted, _)) = self.instance_there(connection).await? {
            let item = self.item(connection).await?;
            let asked = Instant::now();
            hosted.ping(&item.element_token).await?;
            if connection.disabled {
                // It was switched on at the platform.
                self.index.set_disabled(&connection.id, false)?;
            }
            return Ok(Tested { identity: None, took: asked.elapsed() });
        }
        let mut item = self.fresh(connection).await?;
        let MadeWith { element, values, local } = self.made_with(&item)?;
        let mut renewed = false;
        loop {
            let expired = || Failure::new(Code::SignInExpired).product(&element.name);
            let tokens = item.tokens.as_ref().ok_or_else(expired)?;
            let asked = Instant::now();
            match local.who(&element, &values, tokens).await {
                Ok(account) => {
                    let took = asked.elapsed();
                    if let Some(account) = &account {
                        self.index.set_identity(&connection.id, account)?;
                    }
                    return Ok(Tested { identity: account.map(|account| account.name), took });
                }
                // An access token may be ended before its time, and its sign-in be fine (RFC 6750 §3.1).
                Err(failure)
                    if failure.code == Code::SignInExpired
                        && !renewed
                        && local.renews(&element, &values, tokens) =>
                {
                    item = self.renew_now(connection).await?.item;
                    renewed = true;
                }
                Err(failure) => return Err(local.told(failure)),
            }
        }
    }
}
