//! Whether a connection works: the platform, or the product itself, is asked.

use std::time::{Duration, Instant};

use super::Engine;
use super::made_with::MadeWith;
use crate::domain::connection::{Connection, Status, status_after};
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
            Ok(tested) => {
                self.index.set_status(&connection.id, Status::Ok, None)?;
                if let Some(identity) = &tested.identity {
                    self.index.set_identity(&connection.id, identity)?;
                }
            }
            Err(failure) => {
                let code = failure.code;
                let of_the_account = matches!(
                    code,
                    Code::SignInExpired | Code::NeedsSettings | Code::InstanceGone | Code::WorkspaceSecrets
                );
                if of_the_account || code.is_temporary() {
                    self.index.set_status(&connection.id, status_after(code), Some(&code.as_str()))?;
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
        let item = self.fresh(connection).await?;
        let MadeWith { element, values, local } = self.made_with(&item)?;
        let tokens =
            item.tokens.as_ref().ok_or_else(|| Failure::new(Code::SignInExpired).product(&element.name))?;
        let asked = Instant::now();
        let identity = local.who(&element, &values, tokens).await.map_err(|e| local.told(e))?;
        Ok(Tested { identity, took: asked.elapsed() })
    }
}
