//! The keychain entries of one value.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};

use super::keychain::SERVICE;
use super::{copies, keychain};

/// The item itself, and its parts.
pub(super) struct Entries {
    pub(super) store: Arc<CredentialStore>,
    pub(super) user: String,
    /// A longer value is stored in parts.
    pub(super) max_item_bytes: usize,
}

impl Entries {
    /// The item itself, or one of its parts.
    pub(super) fn entry(&self, part: Option<&str>, label: &str) -> Result<Entry, Error> {
        let user = part.map_or_else(|| self.user.clone(), |part| format!("{}#{part}", self.user));
        let modifiers = modifiers(label);
        match self.store.build(SERVICE, &user, modifiers.as_ref()) {
            Err(Error::Invalid(..) | Error::NotSupportedByStore(_)) => self.store.build(SERVICE, &user, None),
            built => built,
        }
    }

    /// Saves an item or a part.
    pub(super) fn save(&self, part: Option<&str>, label: &str, value: &[u8]) -> Result<(), Error> {
        let entry = self.entry(part, label)?;
        copies::set_secret(&entry, value)?;
        if cfg!(windows) {
            // Names the connection to a user who looks through the Credential Manager; the value is saved without it.
            let _ = entry.update_attributes(&HashMap::from([("comment", label)]));
        }
        Ok(())
    }

    /// The users of the items of this service and home, and perhaps of others.
    pub(super) fn list_users(&self, home: &str) -> Result<Vec<String>, Error> {
        if let Some(users) = keychain::list_users(&self.store, SERVICE) {
            return Ok(users);
        }
        let pattern = target_pattern(home);
        let found = match self.store.search(&HashMap::from([("service", SERVICE)])) {
            // The Credential Manager is searched by the names of its targets alone.
            Err(Error::Invalid(..)) => self.store.search(&HashMap::from([("pattern", pattern.as_str())])),
            found => found,
        }?;
        Ok(found.iter().filter_map(|entry| Some(entry.get_specifiers()?.1)).collect())
    }
}

/// The attributes of a new item. Only the Secret Service has labels. On Windows an item would roam with a domain profile,
/// but the index does not.
fn modifiers(label: &str) -> Option<HashMap<&'static str, &str>> {
    match std::env::consts::OS {
        "linux" if !label.is_empty() => Some(HashMap::from([("label", label)])),
        "windows" => Some(HashMap::from([("persistence", "Local")])),
        _ => None,
    }
}

/// A regular expression for the targets of the items of a home in the Credential Manager.
fn target_pattern(home: &str) -> String {
    format!("^{home}:[^#]+\\.{SERVICE}$")
}
