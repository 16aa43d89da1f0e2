//! What `POST`, `PUT` and `PATCH` of instances say, read as the platform reads it: truth values as such or as text, tags
//! as text or objects, an element by key or by number.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::domain::connection::{NAME_MAX, clean_name};
use crate::domain::hosted::html;
use crate::domain::hosted::is_masked;

/// The most entries of one kind. The longest configuration of the platform has some sixty.
const ENTRIES: usize = 500;

/// The longest key of an entry. The longest of the platform has some fifty.
const KEY_MAX: usize = 128;

/// How an element is named.
const ELEMENT: &str = "an object such as {\"key\": \"zendesk\"}";

/// What a body says. What it does not mention is absent.
#[derive(Default)]
pub(super) struct InstanceChange {
    /// Without markup.
    pub(super) name: Option<String>,
    /// All tags anew.
    tags: Option<Vec<String>>,
    /// Words of the name that begin with `@`, which are tags too.
    marked: Vec<String>,
    /// The element's key or number.
    pub(super) element: Option<String>,
    /// Without entries that are masked: what was told with asterisks and comes back so stays as it is.
    pub(super) configuration: BTreeMap<String, String>,
    /// What the callback brought.
    pub(super) provider_data: Option<BTreeMap<String, String>>,
}

impl InstanceChange {
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let name = match body.get("name").filter(|value| !value.is_null()) {
            None => None,
            Some(Value::String(name)) => Some(clean_name(&html::to_text(name))),
            Some(_) => return Err(must_be("name", "text")),
        };
        if name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
            return Err(Refusal::bad_request(format!("name has more than {NAME_MAX} characters.")));
        }
        let element = match body.get("element").filter(|value| !value.is_null()) {
            None => None,
            Some(element) => {
                let named = ["key", "id"].iter().find_map(|member| text(element.get(member)?));
                Some(named.ok_or_else(|| must_be("element", ELEMENT))?)
            }
        };
        let external = body.get("externalAuthentication").and_then(text);
        if external.is_some_and(|how| how != "none") {
            // Tokens of somebody else's sign-in could not be renewed under the same guarantees.
            let message = "externalAuthentication is not offered here: sign in and send providerData.";
            return Err(Refusal::bad_request(message));
        }
        let mut configuration = entries(body, "configuration")?.unwrap_or_default();
        configuration.retain(|_, value| !is_masked(value));
        let marked = name.as_deref().unwrap_or_default().split_whitespace();
        let marked = marked.filter_map(|word| word.strip_prefix('@')).filter(|word| !word.is_empty());
        Ok(Self {
            marked: marked.map(str::to_owned).collect(),
            name,
            tags: tags(body.get("tags"))?,
            element,
            configuration,
            provider_data: entries(body, "providerData")?,
        })
    }

    /// The tags that an instance with these has afterwards; `None` if they stay.
    pub(super) fn tags_after(&self, before: &[String]) -> Option<Vec<String>> {
        if self.tags.is_none() && self.marked.is_empty() {
            return None;
        }
        let kept = self.tags.as_deref().unwrap_or(before);
        Some(kept.iter().chain(&self.marked).cloned().collect())
    }
}

/// A flat map of texts. What is null is left out.
fn entries(body: &Map<String, Value>, member: &str) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let object = match body.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(object)) if object.len() <= ENTRIES => object,
        Some(_) => return Err(must_be(member, &format!("an object of at most {ENTRIES} entries"))),
    };
    let mut entries = BTreeMap::new();
    for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        // The key is repeated only where it can be one.
        if !is_key(key) {
            let what = format!("an object whose keys have 1 to {KEY_MAX} ASCII characters and no blanks");
            return Err(must_be(member, &what));
        }
        let value = text(value)
            .ok_or_else(|| must_be(&format!("{member}.{key}"), "text, a number, true, false or null"))?;
        entries.insert(key.clone(), value);
    }
    Ok(Some(entries))
}

fn is_key(key: &str) -> bool {
    (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
}

fn tags(listed: Option<&Value>) -> Result<Option<Vec<String>>, Refusal> {
    let listed = match listed {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(listed)) if listed.len() <= ENTRIES => listed,
        Some(_) => return Err(must_be("tags", &tags_form())),
    };
    let tag = |value: &Value| text(value).or_else(|| text(value.get("name")?));
    listed
        .iter()
        .map(|value| tag(value).ok_or_else(|| must_be("tags", &tags_form())))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// A value as text: a number or a truth value is as good as its text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn tags_form() -> String {
    format!("a list of at most {ENTRIES} tags, each a text or {{\"name\": \"…\"}}")
}

fn must_be(member: &str, what: &str) -> Refusal {
    Refusal::bad_request(format!("{member} must be {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<InstanceChange, Refusal> {
        InstanceChange::read(body.as_object().expect("an object"))
    }

    #[test]
    fn a_body_is_read_as_the_platform_reads_it() {
        let change = read(&json!({
            "name": "<b>Support</b> @eu  team",
            "element": { "id": 41 },
            "tags": ["crm", { "id": 1, "name": "old" }],
            "configuration": {
                "event.notification.enabled": true, "pagination.max": 50, "unused": null,
                "oauth.api.secret": "********", "oauth.api.key": "app",
            },
            "providerData": { "code": "c" },
            "externalAuthentication": "none",
        }))
        .expect("read");
        assert_eq!(change.name.as_deref(), Some("Support @eu team"));
        assert_eq!(change.element.as_deref(), Some("41"));
        assert_eq!(change.tags_after(&["gone".into()]).expect("given"), ["crm", "old", "eu"]);
        let configuration: Vec<_> =
            change.configuration.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let expected =
            [("event.notification.enabled", "true"), ("oauth.api.key", "app"), ("pagination.max", "50")];
        assert_eq!(configuration, expected);
        assert_eq!(change.provider_data.expect("given")["code"], "c");
    }

    #[test]
    fn what_is_not_mentioned_stays_absent() {
        let change = read(&json!({ "tags": null, "configuration": null })).expect("read");
        assert!(change.name.is_none() && change.element.is_none());
        assert_eq!(change.tags_after(&["kept".into()]), None);
        assert!(change.configuration.is_empty() && change.provider_data.is_none());
        let emptied = read(&json!({ "tags": [] })).expect("read");
        assert_eq!(emptied.tags_after(&["gone".into()]), Some(Vec::new()));
        let renamed = read(&json!({ "name": "Support @eu" })).expect("read");
        assert_eq!(renamed.tags_after(&["kept".into()]).expect("one more"), ["kept", "eu"]);
    }

    #[test]
    fn what_has_another_form_is_named_and_never_repeated() {
        for (body, named) in [
            (json!({ "name": ["s3cret"] }), "name"),
            (json!({ "element": "s3cret" }), "element"),
            (json!({ "tags": "s3cret" }), "tags"),
            (json!({ "configuration": ["s3cret"] }), "configuration"),
            (json!({ "configuration": { "a": { "s3cret": 1 } } }), "configuration.a"),
            (json!({ "configuration": { "s3cret s3cret": "x" } }), "configuration"),
            (json!({ "providerData": { "code": ["s3cret"] } }), "providerData.code"),
            (json!({ "name": "s3cret".repeat(100) }), "name"),
            (json!({ "externalAuthentication": "initial" }), "externalAuthentication"),
            (json!({ "tags": [["s3cret"]] }), "tags"),
        ] {
            let refusal = read(&body).err().expect("refused");
            let text = format!("{refusal:?}");
            assert!(text.contains(&format!("\"{named} ")) && !text.contains("s3cret"), "{text}");
        }
    }
}
