//! The fields of a form, from the `configuration` entries of an element.

use serde_json::Value;

use crate::element::{
    API_KEY, API_SECRET, CALLBACK_URL, Derived, Field, FieldKind, FieldOption, MOST_LENGTH,
};
use crate::hosted::answer::{given, text, truth};
use crate::hosted::html::text_of;
use crate::hosted::{is_masked, is_secret_key};
use crate::text::plain_line;

/// Room for an explanation of a few sentences below a field.
const HELP: usize = 400;

/// One line above a field.
const LABEL: usize = 80;

/// As for element files: as long as the longest one-line field of the platform.
const USUAL_LENGTH: usize = 1000;

/// Hidden entries that the platform itself fills while it signs in.
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

/// Beginnings of the keys of those options that every element has and nobody needs in order to connect.
const COMMON: [&str; 5] = ["event.", "bulk.", "pagination.", "synchronous.bulk.", "filter.response."];

/// The other options of that kind.
const COMMON_KEYS: [&str; 3] = ["base.url", "document.tagging", "instance.variables"];

/// Keys, or the last parts of keys, that name the customer's own site; the first that an element has is also sent as
/// `siteAddress`, as the platform's older guides call it.
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

/// What the platform API calls the customer's own site.
const SITE_ADDRESS: &str = "siteAddress";

/// Names in the query that are the API's own, whatever an entry is called.
const RESERVED: [&str; 5] = ["apiKey", "apiSecret", "callbackUrl", "requestToken", "state"];

/// Far more entries than any element has, and options than a person reads; repeated ones are looked for among them.
const MOST: usize = 500;

/// One entry of `configuration`.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    name: String,
    help: String,
    default: Option<String>,
    /// A default that is there and masked: the platform has a value and does not show it.
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
    let mut entries: Vec<Entry> = Vec::new();
    for entry in listed.filter_map(entry) {
        if !entries.iter().any(|known| known.key == entry.key) {
            entries.push(entry);
        }
    }
    // The sort is stable: without an order they stay as listed, after the others.
    entries.sort_by(|a, b| a.order.total_cmp(&b.order));
    entries
}

fn entry(value: &Value) -> Option<Entry> {
    let key = given(value, "key").filter(|key| is_entry_key(key))?;
    let default = value.get("defaultValue").and_then(text).filter(|text| !text.is_empty());
    let either = |one: &str, other: &str| truth(value.get(one)).or_else(|| truth(value.get(other)));
    Some(Entry {
        name: given(value, "name").map(|name| plain_line(&text_of(&name), LABEL)).unwrap_or_default(),
        help: plain_line(&text_of(&given(value, "description").unwrap_or_default()), HELP),
        has_hidden_default: default.as_deref().is_some_and(is_masked),
        default: default.filter(|text| !is_masked(text)),
        kind: given(value, "type").or_else(|| given(value, "configDataType")).unwrap_or_default(),
        options: options(value),
        required: either("required", "mandatory").unwrap_or(false),
        order: value.get("displayOrder").and_then(text).and_then(|n| n.parse().ok()).unwrap_or(f64::INFINITY),
        hidden: truth(value.get("hideFromConsole")).unwrap_or(false)
            || truth(value.get("internal")).unwrap_or(false)
            || !truth(value.get("active")).unwrap_or(true),
        key,
    })
}

/// A key travels as the name of a member and of a query parameter.
fn is_entry_key(key: &str) -> bool {
    key.len() <= 128 && key.bytes().all(|b| b.is_ascii_graphic() && !b"{}".contains(&b))
}

/// The choices of a list: texts, or objects with a value and words for it.
fn options(value: &Value) -> Vec<FieldOption> {
    let listed = ["options", "values"].iter().find_map(|name| value.get(name)?.as_array());
    let mut options: Vec<FieldOption> = Vec::new();
    for item in listed.into_iter().flatten().take(MOST) {
        let value = text(item).or_else(|| given(item, "value")).or_else(|| given(item, "key"));
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        let words = ["label", "name", "description", "displayName"].iter().find_map(|name| given(item, name));
        let label = words.map(|words| plain_line(&text_of(&words), LABEL)).filter(|words| !words.is_empty());
        let option = FieldOption { label: label.unwrap_or_else(|| value.clone()), value };
        if !options.iter().any(|known| known.value == option.value) {
            options.push(option);
        }
    }
    options
}

/// The form: what a person has to say, in order; the rest of it folded away.
pub(super) fn of(entries: Vec<Entry>, browser: bool) -> Vec<Field> {
    let asked: Vec<Entry> = entries.into_iter().filter(|entry| is_asked(entry, browser)).collect();
    // What another field may be made of: a secret stays in its own.
    let open: Vec<String> = asked.iter().filter(|e| !e.is_secret()).map(|e| e.key.clone()).collect();
    let mut fields: Vec<Field> = asked.into_iter().map(|entry| field(entry, &open)).collect();
    if browser {
        for key in [API_KEY, API_SECRET, CALLBACK_URL] {
            match fields.iter_mut().find(|field| field.key == key) {
                Some(field) => as_of_the_app(field),
                None => {
                    let mut field = Field::new(key);
                    as_of_the_app(&mut field);
                    fields.push(field);
                }
            }
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
    let of_the_app = [API_KEY, API_SECRET, CALLBACK_URL].contains(&entry.key.as_str());
    if browser && of_the_app {
        return true;
    }
    // The provider's tokens, and how often they are renewed: nobody types these.
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
        // Neither the vendor's address nor a secret is filled in: ours is, or the platform's own stays.
        _ if secret || kind == FieldKind::Address => (None, None),
        Some(text) => starting_value(text, kind, &entry.options, &entry.key, open),
        None => (None, None),
    };
    // A default that is not filled in here is one that the platform falls back to.
    let required = entry.required && (!has_default || default.is_some());
    let length = default.as_ref().map_or(length, |text| length.max(text.chars().count()));
    let query = match entry.key.as_str() {
        "scope" | "oauth.scope" => vec!["scope".to_owned()],
        key if secret || kind == FieldKind::Lines || key.starts_with("oauth.") => Vec::new(),
        key if RESERVED.contains(&key) => Vec::new(),
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

/// What the form starts with, or what an empty field becomes.
fn starting_value(
    text: String,
    kind: FieldKind,
    options: &[FieldOption],
    key: &str,
    open: &[String],
) -> (Option<String>, Option<Derived>) {
    match kind {
        FieldKind::Toggle => {
            let word = truth(Some(&Value::String(text)));
            (word.map(|on| on.to_string()), None)
        }
        FieldKind::Select => (Some(text).filter(|text| options.iter().any(|o| o.value == *text)), None),
        _ => match text.parse::<Derived>() {
            // Holes that the form cannot fill are the platform's to fill, from entries that it hides.
            Ok(derived) => {
                let ours = derived.holes().all(|hole| hole != key && open.iter().any(|known| known == hole));
                (None, ours.then_some(derived))
            }
            Err(_) => (Some(text), None),
        },
    }
}

/// The three fields of every sign-in with a browser: always asked for, with words of ours where the platform has none.
fn as_of_the_app(field: &mut Field) {
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
    match field.key.as_str() {
        CALLBACK_URL => {
            field.kind = FieldKind::Address;
            field.advanced = true;
        }
        key => {
            field.secret |= key == API_SECRET;
            field.advanced = false;
        }
    }
}
