//! The wrong-account guard: whoever signs in again must be who signed in before, or the person decides.
//!
//! The provider has issued a token by then, which is never dropped: it is set aside in the vault under the attempt's id
//! until it is clear whose it is.

use std::time::Duration;

use super::Engine;
use super::keep::{NotKept, Unsaved};
use crate::domain::connection::Item;
use crate::domain::error::{Code, Failure};
use crate::io::clock;
use crate::platform::Platform;

/// How long the provider may take to say who signed in. Longer than where the answer is only nice to have: without it
/// the person is asked.
const WHO: Duration = Duration::from_secs(10);

impl Engine {
    /// Sets the token aside and asks whose it is.
    pub(super) async fn guard(&self, unsaved: &Unsaved) -> Result<(), NotKept> {
        let (Some(expected), Platform::Local(local), Some(tokens)) =
            (&unsaved.expected, &unsaved.platform, &unsaved.item.tokens)
        else {
            return Ok(());
        };
        let aside = Item { id: unsaved.attempt.clone(), ..unsaved.item.clone() };
        self.vault(move |vault| vault.put(&aside)).await.map_err(NotKept::vault)?;
        crate::fault::point("set_aside");
        let asked = tokio::time::timeout(WHO, local.who(&unsaved.element, &unsaved.values, tokens)).await;
        let found = match asked {
            Ok(Ok(Some(found))) if found.is_same(expected) => return Ok(()),
            // A provider that never says cannot be guarded against.
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(found))) => Some(found.name),
            // One that says it otherwise, and not just now, may hide somebody else.
            Ok(Err(_)) | Err(_) => None,
        };
        let failure =
            Failure::new(Code::WrongAccount).name(&unsaved.item.name).product(&unsaved.element.name);
        Err(NotKept::WrongAccount(Failure { expected: Some(expected.name.clone()), found, ..failure }))
    }

    /// What was set aside is in its place, or not wanted.
    pub(super) async fn drop_aside(&self, attempt: &str) {
        let id = attempt.to_owned();
        // One that stays is an item without a row, which `doctor` counts.
        let _ = self.vault(move |vault| vault.remove(&id)).await;
    }

    /// The person's choice: the account gets a connection of its own, beside the one that existed.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub fn make_new(&self, unsaved: &mut Unsaved) -> Result<(), Failure> {
        unsaved.item.name = self.free_name(&unsaved.item.workspace, &unsaved.element, "")?;
        self.index.turn_into_new(&unsaved.attempt)?;
        unsaved.item.id.clone_from(&unsaved.attempt);
        unsaved.item.created_at = clock::now_ms();
        unsaved.again = false;
        unsaved.expected = None;
        Ok(())
    }
}

impl Unsaved {
    /// The person's choice: the connection belongs to the account that signed in from now on.
    pub fn take_account(&mut self) {
        self.expected = None;
    }
}
