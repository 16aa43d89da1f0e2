use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::{as_bool, as_text, member};
use super::call;
use super::secrecy::{is_header_safe, is_masked};
use crate::sensitive::Sensitive;
use crate::text::one_line;

/// Marks an instance as made by an attempt, until its connection is saved.
const TAG_PREFIX: &str = "keyrack:";

/// The tag by which an attempt finds its instance if the answer was lost.
pub fn attempt_tag(attempt: &str) -> String {
    format!("{TAG_PREFIX}{attempt}")
}

/// The tags of the user.
pub fn without_attempt_tags(tags: &[String]) -> Vec<String> {
    tags.iter().filter(|tag| !tag.starts_with(TAG_PREFIX)).cloned().collect()
}

/// An instance as the platform describes it.
#[derive(Clone, Debug)]
pub struct Instance {
    pub id: String,
    pub name: String,
    /// The element's key; empty if the platform omits it.
    pub element: String,
    /// The product's name; the element's key if the platform omits it.
    pub product: String,
    /// The Element token, unless it is masked.
    pub token: Option<Sensitive<String>>,
    pub tags: Vec<String>,
    pub disabled: bool,
    /// The entries that the platform shows.
    pub configuration: BTreeMap<String, String>,
}

impl Instance {
    /// Whether the change `wanted` was made. A new sign-in and masked values are not visible, so those never match.
    pub fn matches(&self, wanted: &call::Instance<'_>) -> bool {
        let entries = wanted.configuration.unwrap_or_default();
        wanted.provider_data.is_none_or(<[_]>::is_empty)
            && wanted.name.is_none_or(|name| name == self.name)
            && wanted.tags.is_none_or(|tags| self.has_tags(tags))
            && entries.iter().all(|(key, value)| self.configuration.get(key) == Some(value.expose()))
    }

    /// Whether these are its tags, in any order. The platform adds a tag for each "@word" in a name.
    fn has_tags(&self, wanted: &[String]) -> bool {
        let marked: Vec<&str> =
            self.name.split_whitespace().filter_map(|word| word.strip_prefix('@')).collect();
        let of_the_name = |tag: &str| marked.contains(&tag.trim_start_matches('@'));
        wanted.iter().all(|tag| self.tags.contains(tag))
            && self.tags.iter().all(|tag| wanted.contains(tag) || of_the_name(tag))
    }
}

/// `None` without an id that can be part of a path.
pub fn read(value: &Value) -> Option<Instance> {
    let id = member(value, "id").filter(|id| is_id(id))?;
    let of = value.get("element").unwrap_or(&Value::Null);
    let element = member(of, "key").or_else(|| member(value, "elementKey"));
    let element = element.map(|key| one_line(&key)).unwrap_or_default();
    let product = member(of, "name").map(|name| one_line(&name));
    Some(Instance {
        id,
        name: member(value, "name").map(|name| one_line(&name)).unwrap_or_default(),
        product: product.filter(|name| !name.is_empty()).unwrap_or_else(|| element.clone()),
        element,
        // It becomes part of a header.
        token: member(value, "token").filter(|token| is_header_safe(token)).map(Sensitive::new),
        tags: tags(value.get("tags")),
        disabled: as_bool(value.get("disabled")).unwrap_or(false),
        configuration: configuration(value.get("configuration")),
    })
}

/// Whether an id is one path segment. With `.` or `..` a call would address something else (RFC 3986 §5.2.4).
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Texts; very old platforms send `{ id, name }`.
fn tags(value: Option<&Value>) -> Vec<String> {
    let listed = value.and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(|tag| as_text(tag).or_else(|| member(tag, "name")))
        .map(|tag| one_line(&tag))
        .filter(|tag| !tag.is_empty())
        .collect()
}

fn configuration(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), as_text(value)?)))
        // The provider's own tokens stay with the platform, even where it shows them.
        .filter(|(key, text)| !text.is_empty() && !is_masked(text) && !key.starts_with("oauth.user."))
        .collect()
}
