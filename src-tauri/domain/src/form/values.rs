//! The checked values of a form, in the order of its fields.

use std::collections::BTreeMap;

use crate::element::{Field, FieldKind};
use crate::sensitive::Sensitive;

/// Begins the key of a value that the callback brought, as in `callback.realmId`. No field key begins with it.
pub const CALLBACK_PREFIX: &str = "callback.";

/// Values that the element's fields accepted. There is no way to make them but [`super::check`].
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    value: Value,
    kind: FieldKind,
    host_suffix: Option<String>,
    /// False for what an empty field means: addresses see it, the platform and the index do not.
    given: bool,
}

#[derive(Clone, Debug)]
enum Value {
    Public(String),
    Secret(Sensitive<String>),
}

impl Values {
    pub(super) fn push(&mut self, field: &Field, text: String, given: bool) {
        let value = if field.secret { Value::Secret(Sensitive::new(text)) } else { Value::Public(text) };
        let host_suffix = field.host_suffix.clone();
        self.0.push(Entry { key: field.key.clone(), value, kind: field.kind, host_suffix, given });
    }

    /// Replaces the value of a field, or adds it.
    pub(super) fn set(&mut self, field: &Field, text: String) {
        self.0.retain(|entry| entry.key != field.key);
        self.push(field, text, true);
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

    /// Back into the order of the form, after values were added that others had to come before.
    pub(super) fn order_by(&mut self, fields: &[Field]) {
        self.0.sort_by_key(|entry| fields.iter().position(|field| field.key == entry.key));
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
    pub(super) fn sent(&self, key: &str) -> Option<Sensitive<String>> {
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
