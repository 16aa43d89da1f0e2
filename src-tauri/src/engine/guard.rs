//! The wrong-account guard: an account that signs in again must be the one of before, or the user decides. Until it is
//! known, the new token is set aside in the vault under the attempt's id.

use std::time::Duration;

use super::Engine;
use super::keep::{NotKept, Unsaved};
use crate::domain::error::{Code, Failure};
use crate::domain::item::Role;
use crate::io::clock;
use crate::platform::SignIn;

/// How long the provider may take to name the account. Without an answer the user is asked.
const IDENTIFY_TIMEOUT: Duration = Duration::from_secs(10);

impl Engine {
    /// Sets the token aside and asks for its account.
    pub(super) async fn guard(&self, unsaved: &Unsaved) -> Result<(), NotKept> {
        let (Some(expected), SignIn::Provider(provider)) = (&unsaved.expected, &unsaved.sign_in) else {
            return Ok(());
        };
        let mut aside = unsaved.item.clone();
        aside.id.clone_from(&unsaved.attempt);
        aside.role = Role::SetAside;
        self.put_item(aside).await?;
        crate::fault::point("set_aside");
        let provider = provider.clone().with_callback(&unsaved.item.callback);
        let asked = tokio::time::timeout(IDENTIFY_TIMEOUT, provider.identify(&unsaved.item.credential)).await;
        let found = match asked {
            Ok(Ok(Some(found))) if found.is_same(expected) => return Ok(()),
            // This provider never names accounts.
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(found))) => Some(found.name),
            // It may be another account.
            Ok(Err(_)) | Err(_) => None,
        };
        let failure = Failure::new(Code::WrongAccount).name(&unsaved.item.name).product(unsaved.product());
        Err(NotKept::WrongAccount(Failure { expected: Some(expected.name.clone()), found, ..failure }))
    }

    /// Drops what was set aside. If that fails, `doctor` counts it as an item without a connection.
    pub(super) async fn drop_aside(&self, attempt: &str) {
        let _ = self.remove_item(attempt).await;
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
