//! The keychain entries of one value.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};

/// The service name of every item of every home: users look for it in their keychain.
pub const SERVICE: &str = "keyrack";

/// The item itself, and its parts.
pub(super) struct Entries {
    pub(super) store: Arc<CredentialStore>,
    pub(super) user: String,
}

impl Entries {
    /// The item itself, or one of its parts.
    pub(super) fn entry(&self, part: Option<&str>, label: &str) -> Result<Entry, Error> {
        let user = part.map_or_else(|| self.user.clone(), |part| format!("{}#{part}", self.user));
        // Only the Secret Service has labels.
        let label = HashMap::from([("label", label)]);
        let modifiers = (cfg!(target_os = "linux") && !label["label"].is_empty()).then_some(&label);
        match self.store.build(SERVICE, &user, modifiers) {
            Err(Error::Invalid(..) | Error::NotSupportedByStore(_)) => self.store.build(SERVICE, &user, None),
            built => built,
        }
    }
}
