//! The wrong-account guard: an account that signs in again must be the one of before, or the user decides.
//!
//! The provider has issued a token by then, which is never dropped: it is set aside in the vault under the attempt's id
//! until its account is known.

use std::time::Duration;

use super::Engine;
use super::keep::{NotKept, Unsaved};
use crate::domain::error::{Code, Failure};
use crate::io::clock;
use crate::platform::SignIn;

/// How long the provider may take to name the account. Longer than where the answer is optional: without it the user is
/// asked.
const IDENTIFY_TIMEOUT: Duration = Duration::from_secs(10);

impl Engine {
    /// Sets the token aside and asks for its account.
    pub(super) async fn guard(&self, unsaved: &Unsaved) -> Result<(), NotKept> {
        let (Some(expected), SignIn::Provider(provider), Some(tokens)) =
            (&unsaved.expected, &unsaved.sign_in, unsaved.item.tokens())
        else {
            return Ok(());
        };
        let mut aside = unsaved.item.clone();
        aside.id.clone_from(&unsaved.attempt);
        self.vault(move |vault| vault.put(&aside)).await.map_err(NotKept::vault)?;
        crate::fault::point("set_aside");
        let provider = provider.clone().with_callback(&unsaved.item.callback);
        let asked = tokio::time::timeout(IDENTIFY_TIMEOUT, provider.identify(tokens)).await;
        let found = match asked {
            Ok(Ok(Some(found))) if found.is_same(expected) => return Ok(()),
            // A provider that never names accounts cannot be guarded against.
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(found))) => Some(found.name),
            // One that fails to name it just now may hide another account.
            Ok(Err(_)) | Err(_) => None,
        };
        let failure = Failure::new(Code::WrongAccount).name(&unsaved.item.name).product(unsaved.product());
        Err(NotKept::WrongAccount(Failure { expected: Some(expected.name.clone()), found, ..failure }))
    }

    /// Drops what was set aside, once it is in its place or not wanted.
    pub(super) async fn drop_aside(&self, attempt: &str) {
        let id = attempt.to_owned();
        // One that stays is an item without a row, which `doctor` counts.
        let _ = self.vault(move |vault| vault.remove(&id)).await;
    }

    /// The user's choice: the account gets a connection of its own.
    pub fn make_new(&self, unsaved: &mut Unsaved) -> Result<(), Failure> {
        let element = &unsaved.sign_in.form().element;
        unsaved.item.name = self.free_name(&unsaved.item.workspace, element, "")?;
        self.index.turn_into_new(&unsaved.attempt)?;
        unsaved.item.id.clone_from(&unsaved.attempt);
        unsaved.item.created_at = clock::now_ms();
        unsaved.again = false;
        unsaved.expected = None;
        Ok(())
    }
}

impl Unsaved {
    /// The user's choice: the connection belongs to the account that signed in.
    pub fn take_account(&mut self) {
        self.expected = None;
    }
}
