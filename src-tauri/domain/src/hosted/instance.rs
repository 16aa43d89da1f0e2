//! Reading an instance.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::{given, text, truth};
use super::{call, is_masked};
use crate::sensitive::Sensitive;

/// An instance as a platform describes it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its id at the platform.
    pub id: String,
    /// What it is called there.
    pub name: String,
    /// The element's key; empty if the platform does not say.
    pub element: String,
    /// The product's name; the key if the platform does not say.
    pub product: String,
    /// The Element token, unless it is masked.
    pub token: Option<Sensitive<String>>,
    /// Free words.
    pub tags: Vec<String>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// What it was configured with and the platform shows.
    pub configuration: BTreeMap<String, String>,
}

impl Instance {
    /// Whether it is as a change wants it, as far as can be seen: nothing can of a sign-in, nor of what is masked.
    pub fn shows(&self, wanted: &call::Instance<'_>) -> bool {
        let entries = wanted.configuration.unwrap_or_default();
        wanted.provider_data.is_none_or(<[_]>::is_empty)
            && wanted.name.is_none_or(|name| name == self.name)
            && wanted.tags.is_none_or(|tags| self.has_tags(tags))
            && entries.iter().all(|(key, value)| self.configuration.get(key) == Some(value.expose()))
    }

    /// Whether these are its tags, in whatever order, besides those that the platform makes of each "@word" in a name.
    fn has_tags(&self, wanted: &[String]) -> bool {
        let marked: Vec<&str> =
            self.name.split_whitespace().filter_map(|word| word.strip_prefix('@')).collect();
        let of_the_name = |tag: &str| marked.contains(&tag.trim_start_matches('@'));
        wanted.iter().all(|tag| self.tags.contains(tag))
            && self.tags.iter().all(|tag| wanted.contains(tag) || of_the_name(tag))
    }
}

/// Reads an instance; `None` without an id that can stand in an address.
pub fn read(value: &Value) -> Option<Instance> {
    let id = given(value, "id").filter(|id| is_id(id))?;
    let of = value.get("element").unwrap_or(&Value::Null);
    let element = given(of, "key").or_else(|| given(value, "elementKey")).unwrap_or_default();
    Some(Instance {
        id,
        name: given(value, "name").unwrap_or_default(),
        product: given(of, "name").unwrap_or_else(|| element.clone()),
        element,
        // It will stand in a header.
        token: given(value, "token").filter(|token| super::sendable(token)).map(Sensitive::new),
        tags: tags(value.get("tags")),
        disabled: truth(value.get("disabled")).unwrap_or(false),
        configuration: configuration(value.get("configuration")),
    })
}

/// Whether an id is one segment of a path. `.` and `..` would be removed from it (RFC 3986 §5.2.4), and a removal
/// would then be asked for something else.
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Texts; very old platforms write `{ id, name }`.
fn tags(value: Option<&Value>) -> Vec<String> {
    let listed = value.and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(|tag| text(tag).or_else(|| given(tag, "name"))).filter(|tag| !tag.is_empty()).collect()
}

fn configuration(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), text(value)?)))
        // The provider's own tokens are the platform's business, even where it shows them.
        .filter(|(key, text)| !text.is_empty() && !is_masked(text) && !key.starts_with("oauth.user."))
        .collect()
}
