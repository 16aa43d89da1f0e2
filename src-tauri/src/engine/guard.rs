//! The wrong-account guard: whoever signs in again must be who signed in before, or the person decides.
//!
//! The provider has issued a token by then, which is never dropped: it is set aside in the vault under the attempt's id
//! until it is clear whose it is.

use super::Engine;
use super::finish::{NotKept, Unsaved, soon};
use crate::domain::connection::{Item, same_identity};
use crate::domain::error::{Code, Failure};
use crate::io::clock;
use crate::platform::Platform;

impl Engine {
    /// Sets the token aside and asks whose it is. A provider that does not say cannot be guarded against.
    pub(super) async fn guard(&self, unsaved: &Unsaved) -> Result<(), NotKept> {
        let (Some(expected), Platform::Local(local), Some(tokens)) =
            (&unsaved.expected, &unsaved.platform, &unsaved.item.tokens)
        else {
            return Ok(());
        };
        let aside = Item { id: unsaved.attempt.clone(), ..unsaved.item.clone() };
        self.vault(move |vault| vault.put(&aside)).await.map_err(NotKept::vault)?;
        crate::fault::point("set_aside");
        match soon(local.identity(&unsaved.element, &unsaved.values, tokens)).await {
            Some(found) if !same_identity(&found, expected) => {
                let failure =
                    Failure::new(Code::WrongAccount).name(&unsaved.item.name).product(&unsaved.element.name);
                Err(NotKept::WrongAccount(Failure {
                    expected: Some(expected.clone()),
                    found: Some(found),
                    ..failure
                }))
            }
            _ => Ok(()),
        }
    }

    /// What was set aside is in its place, or not wanted.
    pub(super) async fn drop_aside(&self, attempt: &str) {
        let id = attempt.to_owned();
        // One that stays is an item without a row, which `doctor` counts.
        let _ = self.vault(move |vault| vault.remove(&id)).await;
    }
}

impl Engine {
    /// The person's choice: the account gets a connection of its own, beside the one that existed.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn as_new(&self, mut unsaved: Unsaved) -> Result<Unsaved, Failure> {
        unsaved.item.name = self.free_name(&unsaved.item.workspace, &unsaved.element, "")?;
        unsaved.item.id.clone_from(&unsaved.attempt);
        unsaved.item.created_at = clock::now_ms();
        unsaved.again = false;
        unsaved.expected = None;
        Ok(unsaved)
    }
}

impl Unsaved {
    /// The person's choice: the connection belongs to the account that signed in from now on.
    pub fn take_account(mut self) -> Self {
        self.expected = None;
        self
    }
}
