//! The body of `POST`, `PUT` and `PATCH` of instances, parsed as the platform does: booleans as such or as text, tags as
//! text or objects, an element by key or by number.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::domain::connection::{NAME_MAX, normalize_name};
use crate::domain::hosted::{html, is_masked};

/// The longest configuration of the platform has some sixty entries.
const ENTRIES_MAX: usize = 500;

/// The longest key of the platform has some fifty bytes.
const KEY_MAX: usize = 128;

const ELEMENT_FORM: &str = "an object such as {\"key\": \"zendesk\"}";

/// What a body contains.
#[derive(Default)]
pub(super) struct InstanceChange {
    /// Without markup.
    pub(super) name: Option<String>,
    /// Replaces all tags.
    tags: Option<Vec<String>>,
    /// Words of the name that begin with `@`, which are tags too.
    name_tags: Vec<String>,
    /// The element's key or number.
    pub(super) element: Option<String>,
    /// Without masked entries: an answer sent back as it came changes nothing.
    pub(super) configuration: BTreeMap<String, String>,
    /// The parameters of the callback.
    pub(super) provider_data: Option<BTreeMap<String, String>>,
}

impl InstanceChange {
    pub(super) fn parse(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let name = match body.get("name").filter(|value| !value.is_null()) {
            None => None,
            Some(Value::String(name)) => Some(normalize_name(&html::to_text(name))),
            Some(_) => return Err(must_be("name", "text")),
        };
        if name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
            return Err(Refusal::bad_request(format!("name has more than {NAME_MAX} characters.")));
        }
        let element = match body.get("element").filter(|value| !value.is_null()) {
            None => None,
            Some(element) => {
                let named = ["key", "id"].iter().find_map(|member| text(element.get(member)?));
                Some(named.ok_or_else(|| must_be("element", ELEMENT_FORM))?)
            }
        };
        let external = body.get("externalAuthentication").and_then(text);
        if external.is_some_and(|how| how != "none") {
            // Tokens of a sign-in elsewhere could not be renewed under the same guarantees.
            let message = "externalAuthentication is not offered here: sign in and send providerData.";
            return Err(Refusal::bad_request(message));
        }
        let mut configuration = entries(body, "configuration")?.unwrap_or_default();
        configuration.retain(|_, value| !is_masked(value));
        let name_tags = name.as_deref().unwrap_or_default().split_whitespace();
        let name_tags = name_tags.filter_map(|word| word.strip_prefix('@')).filter(|word| !word.is_empty());
        Ok(Self {
            name_tags: name_tags.map(str::to_owned).collect(),
            name,
            tags: tags(body.get("tags"))?,
            element,
            configuration,
            provider_data: entries(body, "providerData")?,
        })
    }

    /// The tags after the change; `None` if they stay.
    pub(super) fn tags_after(&self, before: &[String]) -> Option<Vec<String>> {
        if self.tags.is_none() && self.name_tags.is_empty() {
            return None;
        }
        let kept = self.tags.as_deref().unwrap_or(before);
        Some(kept.iter().chain(&self.name_tags).cloned().collect())
    }
}

/// A flat map of texts, without null members.
fn entries(body: &Map<String, Value>, member: &str) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let object = match body.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(object)) if object.len() <= ENTRIES_MAX => object,
        Some(_) => return Err(must_be(member, &format!("an object of at most {ENTRIES_MAX} entries"))),
    };
    let mut entries = BTreeMap::new();
    for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        // A message contains the key only if it is well-formed.
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
    let form = format!("a list of at most {ENTRIES_MAX} tags, each a text or {{\"name\": \"…\"}}");
    let malformed = || must_be("tags", &form);
    let listed = match listed {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(listed)) if listed.len() <= ENTRIES_MAX => listed,
        Some(_) => return Err(malformed()),
    };
    let tag = |value: &Value| text(value).or_else(|| text(value.get("name")?));
    listed.iter().map(|value| tag(value).ok_or_else(malformed)).collect::<Result<_, _>>().map(Some)
}

/// A text, number or boolean as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn must_be(member: &str, what: &str) -> Refusal {
    Refusal::bad_request(format!("{member} must be {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(body: &Value) -> Result<InstanceChange, Refusal> {
        InstanceChange::parse(body.as_object().expect("an object"))
    }

    #[test]
    fn a_body_is_parsed_as_the_platform_does() {
        let change = parse(&json!({
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
        .expect("parsed");
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
    fn an_absent_member_changes_nothing() {
        let change = parse(&json!({ "tags": null, "configuration": null })).expect("parsed");
        assert!(change.name.is_none() && change.element.is_none());
        assert_eq!(change.tags_after(&["kept".into()]), None);
        assert!(change.configuration.is_empty() && change.provider_data.is_none());
        let emptied = parse(&json!({ "tags": [] })).expect("parsed");
        assert_eq!(emptied.tags_after(&["gone".into()]), Some(Vec::new()));
        let renamed = parse(&json!({ "name": "Support @eu" })).expect("parsed");
        assert_eq!(renamed.tags_after(&["kept".into()]).expect("one more"), ["kept", "eu"]);
    }

    #[test]
    fn a_malformed_member_is_named_and_its_value_is_not_repeated() {
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
            let refusal = parse(&body).err().expect("refused");
            let text = format!("{refusal:?}");
            assert!(text.contains(&format!("\"{named} ")) && !text.contains("s3cret"), "{text}");
        }
    }
}
