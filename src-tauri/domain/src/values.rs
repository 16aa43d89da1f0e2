//! The checked values of a form.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sensitive::Sensitive;

/// The prefix of callback values, as in `callback.realmId`. No field key begins with it.
pub const CALLBACK_PREFIX: &str = "callback.";

/// The types of fields.
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of text.
    #[default]
    Text,
    /// One of a few options.
    Select,
    /// `true` or `false`.
    Toggle,
    /// A whole address: https, or http on this computer. Kept byte for byte.
    Address,
    /// Scheme, host and optional port of a server: https only.
    Origin,
    /// An address that others begin with, such as that of a server below a path: https only.
    Base,
    /// A host name below the declared `host_suffix`.
    Host,
    /// Text with line breaks, such as a private key.
    Lines,
    /// A day, such as 2027-01-31.
    Day,
}

/// Values that the fields of an element accept, in the order of the form. Only `form` makes them.
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<Entry>);

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) text: Sensitive<String>,
    pub(crate) secret: bool,
    pub(crate) kind: FieldKind,
    pub(crate) host_suffix: Option<String>,
    /// Replaces the value in addresses and calls.
    pub(crate) meaning: Option<String>,
    /// False for the meaning of an empty field, which only addresses use.
    pub(crate) given: bool,
}

impl Values {
    pub(crate) fn push(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// Replaces the value with the same key, or adds it.
    pub(crate) fn set(&mut self, entry: Entry) {
        self.0.retain(|known| known.key != entry.key);
        self.0.push(entry);
    }

    /// Adds the callback values, so that addresses can use them as `callback.NAME`. They are not part of the form.
    pub fn with_callback(mut self, brought: &BTreeMap<String, String>) -> Self {
        self.0.extend(brought.iter().map(|(name, text)| Entry {
            key: format!("{CALLBACK_PREFIX}{name}"),
            text: text.as_str().into(),
            secret: false,
            kind: FieldKind::Text,
            host_suffix: None,
            meaning: None,
            given: false,
        }));
        self
    }

    /// Sorts by the position of each key in the form, after values were added.
    pub(crate) fn sort_by_position(&mut self, position: impl Fn(&str) -> Option<usize>) {
        self.0.sort_by_key(|entry| position(&entry.key));
    }

    /// A value that is not secret, or the meaning of its empty field.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).filter(|entry| !entry.secret).map(|entry| entry.text.expose().as_str())
    }

    /// A value that is not secret, as addresses and calls have it.
    pub fn meaning(&self, key: &str) -> Option<&str> {
        let entry = self.entry(key).filter(|entry| !entry.secret)?;
        Some(entry.meaning.as_deref().unwrap_or(entry.text.expose()))
    }

    /// A value, secret or not, as it is sent.
    pub fn reveal(&self, key: &str) -> Option<Sensitive<String>> {
        self.secret(key).cloned().or_else(|| self.get(key).map(Sensitive::from))
    }

    pub fn secret(&self, key: &str) -> Option<&Sensitive<String>> {
        self.entry(key).filter(|entry| entry.secret).map(|entry| &entry.text)
    }

    /// The given values that are not secret, for the index.
    pub fn public_pairs(&self) -> Vec<(&str, &str)> {
        let public = self.0.iter().filter(|entry| entry.given && !entry.secret);
        public.map(|entry| (entry.key.as_str(), entry.text.expose().as_str())).collect()
    }

    /// The given values that are secret, for the vault.
    pub fn secret_pairs(&self) -> Vec<(&str, &Sensitive<String>)> {
        let secret = self.0.iter().filter(|entry| entry.secret);
        secret.map(|entry| (entry.key.as_str(), &entry.text)).collect()
    }

    pub fn kind(&self, key: &str) -> Option<FieldKind> {
        self.entry(key).map(|entry| entry.kind)
    }

    pub fn host_suffix(&self, key: &str) -> Option<&str> {
        self.entry(key)?.host_suffix.as_deref()
    }

    /// The given value, to be sent to the platform.
    pub(crate) fn sent(&self, key: &str) -> Option<Sensitive<String>> {
        self.entry(key).filter(|entry| entry.given).map(|entry| entry.text.clone())
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }
}
