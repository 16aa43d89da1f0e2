//! The checked values of a form, in the order of its fields.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sensitive::Sensitive;

/// Begins the key of a value that the callback brought, as in `callback.realmId`. No field key begins with it.
pub const CALLBACK_PREFIX: &str = "callback.";

/// The kinds of fields.
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
    /// Scheme, host and perhaps port of a server: https only.
    Origin,
    /// A host name below the declared `host_suffix`.
    Host,
    /// Text with line breaks, such as a private key.
    Lines,
}

/// Values that the element's fields accepted. Only [`form::check`](crate::form::check) and its siblings make them.
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<Entry>);

/// One value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) kind: FieldKind,
    pub(crate) host_suffix: Option<String>,
    /// False for what an empty field means: addresses see it, the platform and the index do not.
    pub(crate) given: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Public(String),
    Secret(Sensitive<String>),
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

    /// Adds what the callback brought, so that addresses can use it as `callback.NAME`. It is not part of the form.
    pub fn with_callback(mut self, brought: &BTreeMap<String, String>) -> Self {
        self.0.extend(brought.iter().map(|(name, text)| Entry {
            key: format!("{CALLBACK_PREFIX}{name}"),
            value: Value::Public(text.clone()),
            kind: FieldKind::Text,
            host_suffix: None,
            given: false,
        }));
        self
    }

    /// Sorts by the position of each key in the form, for values that were added out of order.
    pub(crate) fn sort_by_position(&mut self, position: impl Fn(&str) -> Option<usize>) {
        self.0.sort_by_key(|entry| position(&entry.key));
    }

    /// A value that is no secret, or what its empty field means.
    pub fn get(&self, key: &str) -> Option<&str> {
        match &self.entry(key)?.value {
            Value::Public(text) => Some(text),
            Value::Secret(_) => None,
        }
    }

    /// A value that is a secret.
    pub fn secret(&self, key: &str) -> Option<&Sensitive<String>> {
        match &self.entry(key)?.value {
            Value::Public(_) => None,
            Value::Secret(secret) => Some(secret),
        }
    }

    /// What was given and is no secret: this may be written into the index.
    pub fn public_pairs(&self) -> Vec<(&str, &str)> {
        let given = self.0.iter().filter(|entry| entry.given);
        given.filter_map(|entry| self.get(&entry.key).map(|text| (entry.key.as_str(), text))).collect()
    }

    /// What was given and is a secret: this belongs into the vault.
    pub fn secret_pairs(&self) -> Vec<(&str, &Sensitive<String>)> {
        self.0
            .iter()
            .filter_map(|entry| self.secret(&entry.key).map(|secret| (entry.key.as_str(), secret)))
            .collect()
    }

    /// The kind of the field that the value belongs to.
    pub fn kind(&self, key: &str) -> Option<FieldKind> {
        self.entry(key).map(|entry| entry.kind)
    }

    /// The domain that a host must lie in.
    pub fn host_suffix(&self, key: &str) -> Option<&str> {
        self.entry(key)?.host_suffix.as_deref()
    }

    /// The value as it travels to the platform, if it was given.
    pub(crate) fn sent(&self, key: &str) -> Option<Sensitive<String>> {
        let entry = self.entry(key).filter(|entry| entry.given)?;
        Some(match &entry.value {
            Value::Public(text) => Sensitive::from(text.as_str()),
            Value::Secret(secret) => secret.clone(),
        })
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }
}
