//! The fields of a form, from the `configuration` entries of an element.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::element::{
    API_KEY, API_SECRET, CALLBACK_URL, Derived, Field, FieldKind, FieldOption, MOST_LENGTH, RESERVED_QUERY,
    USUAL_LENGTH,
};
use crate::hosted::answer::{as_bool, as_text, member};
use crate::hosted::html;
use crate::hosted::secrecy::{is_masked, is_secret_key};
use crate::text::{is_visible, plain_line};

/// The longest help text and the longest label.
const HELP: usize = 400;
const LABEL: usize = 80;

/// Hidden entries that the platform itself fills during the sign-in.
const FILLED: [&str; 9] = [
    "expires_in",
    "oauth.authorization.url",
    "oauth.basic.header",
    "oauth.request.authorization.type",
    "oauth.request.url",
    "oauth.resource.url",
    "oauth.token.refresh_url",
    "oauth.token.revoke_url",
    "oauth.token.url",
];

/// Prefixes of optional keys that every element has and a connection does not need.
const COMMON: [&str; 5] = ["event.", "bulk.", "pagination.", "synchronous.bulk.", "filter.response."];

/// Other such keys.
const COMMON_KEYS: [&str; 3] = ["base.url", "document.tagging", "instance.variables"];

/// Keys, or the last parts of keys, of the customer's own site, best first. The first one that an element has is also
/// sent as `siteAddress`, the name in the platform's older guides.
const SITE: [&str; 8] = [
    "subdomain",
    "site.address",
    "siteaddress",
    "store.url",
    "tenant",
    "site.id",
    "merchantid",
    "oauth.resource.url",
];

const SITE_ADDRESS: &str = "siteAddress";

/// A cap on entries and options, far above real elements, because duplicates are searched for.
const MOST: usize = 500;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    name: String,
    help: String,
    default: Option<String>,
    /// The platform has a default, which is masked or holds characters that do not show.
    has_hidden_default: bool,
    kind: String,
    options: Vec<FieldOption>,
    required: bool,
    order: f64,
    hidden: bool,
}

impl Entry {
    fn is_secret(&self) -> bool {
        self.kind == "PASSWORD" || is_secret_key(&self.key)
    }
}

/// The entries in the order of the form. Of a repeated key the first counts.
pub(super) fn entries(element: &Value) -> Vec<Entry> {
    let listed = element.get("configuration").and_then(Value::as_array).into_iter().flatten().take(MOST);
    let mut seen = BTreeSet::new();
    let mut entries: Vec<Entry> =
        listed.filter_map(entry).filter(|entry| seen.insert(entry.key.clone())).collect();
    // A stable sort: entries without an order stay as listed, after the others.
    entries.sort_by(|a, b| a.order.total_cmp(&b.order));
    entries
}

fn entry(value: &Value) -> Option<Entry> {
    let key = member(value, "key").filter(|key| is_entry_key(key))?;
    let default = value.get("defaultValue").and_then(as_text).filter(|text| !text.is_empty());
    let flag = |name: &str| as_bool(value.get(name));
    let order = value.get("displayOrder").and_then(as_text).and_then(|n| n.parse().ok());
    Some(Entry {
        name: member(value, "name").map(|name| plain_line(&html::to_text(&name), LABEL)).unwrap_or_default(),
        help: plain_line(&html::to_text(&member(value, "description").unwrap_or_default()), HELP),
        has_hidden_default: default.as_deref().is_some_and(is_not_shown),
        default: default.filter(|text| !is_not_shown(text)),
        kind: member(value, "type").or_else(|| member(value, "configDataType")).unwrap_or_default(),
        options: options(value),
        required: flag("required").or_else(|| flag("mandatory")).unwrap_or(false),
        order: order.unwrap_or(f64::INFINITY),
        hidden: flag("hideFromConsole").unwrap_or(false)
            || flag("internal").unwrap_or(false)
            || !flag("active").unwrap_or(true),
        key,
    })
}

fn is_not_shown(text: &str) -> bool {
    is_masked(text) || !is_visible(text)
}

/// A key is also a name in JSON and in queries.
fn is_entry_key(key: &str) -> bool {
    key.len() <= 128 && key.bytes().all(|b| b.is_ascii_graphic() && !b"{}".contains(&b))
}

/// The choices of a list: texts, or objects with a value and a label.
fn options(value: &Value) -> Vec<FieldOption> {
    let listed = ["options", "values"].iter().find_map(|name| value.get(name)?.as_array());
    let option = |item: &Value| {
        let value = as_text(item).or_else(|| member(item, "value")).or_else(|| member(item, "key"));
        let value = value.filter(|value| !value.is_empty() && is_visible(value) && !value.contains('\n'))?;
        let words =
            ["label", "name", "description", "displayName"].iter().find_map(|name| member(item, name));
        let label =
            words.map(|words| plain_line(&html::to_text(&words), LABEL)).filter(|words| !words.is_empty());
        Some(FieldOption { label: label.unwrap_or_else(|| value.clone()), value })
    };
    let mut seen = BTreeSet::new();
    let options = listed.into_iter().flatten().take(MOST).filter_map(option);
    options.filter(|option| seen.insert(option.value.clone())).collect()
}

/// The fields of the form in order. Those that few users need are folded away.
pub(super) fn form_fields(entries: Vec<Entry>, browser: bool) -> Vec<Field> {
    let asked: Vec<Entry> = entries.into_iter().filter(|entry| is_asked(entry, browser)).collect();
    // Derived fields are made of these, never of secrets.
    let open: Vec<String> = asked.iter().filter(|e| !e.is_secret()).map(|e| e.key.clone()).collect();
    let mut fields: Vec<Field> = asked.into_iter().map(|entry| field(entry, &open)).collect();
    if browser {
        for key in [API_KEY, API_SECRET, CALLBACK_URL] {
            let at = fields.iter().position(|field| field.key == key).unwrap_or_else(|| {
                fields.push(Field::new(key));
                fields.len() - 1
            });
            complete_client_field(&mut fields[at]);
        }
    }
    let rank =
        |field: &Field| SITE.iter().position(|site| is_site(&field.key, site)).filter(|_| !field.secret);
    let site = fields.iter().filter_map(|field| Some((rank(field)?, field.key.clone()))).min();
    if let Some((_, key)) = site
        && let Some(field) = fields.iter_mut().find(|field| field.key == key)
    {
        field.query.insert(0, SITE_ADDRESS.to_owned());
        field.query.dedup();
    }
    fields
}

fn is_asked(entry: &Entry, browser: bool) -> bool {
    let is_client_field = [API_KEY, API_SECRET, CALLBACK_URL].contains(&entry.key.as_str());
    if browser && is_client_field {
        return true;
    }
    // The provider's tokens and their renewal.
    if entry.key.starts_with("oauth.user.") {
        return false;
    }
    let filled = entry.default.is_some() || entry.has_hidden_default || FILLED.contains(&entry.key.as_str());
    !entry.hidden || (entry.required && !filled)
}

fn is_common(key: &str) -> bool {
    COMMON.iter().any(|start| key.starts_with(start)) || COMMON_KEYS.contains(&key)
}

fn is_site(key: &str, site: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.strip_suffix(site).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn field(entry: Entry, open: &[String]) -> Field {
    let secret = entry.is_secret();
    let (kind, length) = match entry.kind.as_str() {
        _ if entry.key == CALLBACK_URL => (FieldKind::Address, USUAL_LENGTH),
        "TEXTAREA" | "CODE_EDITOR" => (FieldKind::Lines, MOST_LENGTH),
        _ if secret => (FieldKind::Text, USUAL_LENGTH),
        "BOOLEAN" | "BOOLEAN_YESNO" => (FieldKind::Toggle, USUAL_LENGTH),
        "COMBO" if !entry.options.is_empty() => (FieldKind::Select, USUAL_LENGTH),
        other => {
            let length =
                other.strip_prefix("TEXTFIELD_").and_then(|n| n.parse().ok()).unwrap_or(USUAL_LENGTH);
            (FieldKind::Text, length)
        }
    };
    let has_default = entry.default.is_some() || entry.has_hidden_default;
    let (default, derived) = match entry.default {
        // The callback address is Keyrack's own, and a secret stays with the platform.
        _ if secret || kind == FieldKind::Address => (None, None),
        Some(text) => starting_value(text, kind, &entry.options, &entry.key, open),
        None => (None, None),
    };
    // Without a default here the platform uses its own.
    let required = entry.required && (!has_default || default.is_some());
    let length = default.as_ref().map_or(length, |text| length.max(text.chars().count()));
    let query = match entry.key.as_str() {
        "scope" | "oauth.scope" => vec!["scope".to_owned()],
        key if secret || kind == FieldKind::Lines || key.starts_with("oauth.") => Vec::new(),
        key if RESERVED_QUERY.contains(&key) => Vec::new(),
        key => vec![key.to_owned()],
    };
    let advanced = entry.hidden || (is_common(&entry.key) && !required);
    let options = if kind == FieldKind::Select { entry.options } else { Vec::new() };
    Field {
        label: if entry.name.is_empty() { entry.key.clone() } else { entry.name },
        help: entry.help,
        kind,
        options,
        default,
        derived,
        required,
        secret,
        advanced,
        max_length: length.clamp(1, MOST_LENGTH),
        query,
        ..Field::new(&entry.key)
    }
}

/// The default, or the text from which an empty field is derived.
fn starting_value(
    text: String,
    kind: FieldKind,
    options: &[FieldOption],
    key: &str,
    open: &[String],
) -> (Option<String>, Option<Derived>) {
    match kind {
        FieldKind::Toggle => {
            let word = as_bool(Some(&Value::String(text)));
            (word.map(|on| on.to_string()), None)
        }
        FieldKind::Select => (Some(text).filter(|text| options.iter().any(|o| o.value == *text)), None),
        _ => match text.parse::<Derived>() {
            // Holes that the form cannot fill are filled by the platform from hidden entries.
            Ok(derived) => {
                let ours = derived.holes().all(|hole| hole != key && open.iter().any(|known| known == hole));
                (None, ours.then_some(derived))
            }
            Err(_) => (Some(text), None),
        },
    }
}

/// Completes a field of the client, which every sign-in with a browser asks for.
fn complete_client_field(field: &mut Field) {
    let (label, help, problem) = match field.key.as_str() {
        API_KEY => (
            "Client ID",
            "From the app registration at the product. It may be called API key or consumer key there.",
            "Copy the whole value again, without spaces.",
        ),
        API_SECRET => (
            "Client secret",
            "Beside the client ID in the app registration.",
            "Copy the whole value again, without spaces.",
        ),
        _ => (
            "Callback URL",
            "Must be listed, letter for letter, in the app registration at the product.",
            "Enter a whole address that begins with https://, or with http://localhost.",
        ),
    };
    if field.label.is_empty() || field.label == field.key {
        field.label = label.to_owned();
    }
    if field.help.is_empty() {
        field.help = help.to_owned();
    }
    field.problem = problem.to_owned();
    field.required = true;
    field.default = None;
    field.derived = None;
    field.query.clear();
    field.advanced = field.key == CALLBACK_URL;
    field.secret |= field.key == API_SECRET;
    if field.key == CALLBACK_URL {
        field.kind = FieldKind::Address;
    }
}
