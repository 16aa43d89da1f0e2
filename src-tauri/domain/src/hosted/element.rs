//! Reading an element as the platform describes it, so that the same form serves as for an element file.
//!
//! Endpoints, scopes and renewal are absent: the platform signs in. The fields of the form are in `fields`.

mod fields;

use serde_json::Value;

use super::answer::member;
use super::html::{self, first_sentence};
use crate::element::{API_KEY, ApiKey, Auth, Basic, CALLBACK_URL, Custom, Element, Field, Oauth2, Pkce};
use crate::text::plain_line;

/// The longest text for one line of the window, as for element files.
const LINE: usize = 80;

/// Elements with this key use OAuth 1.0a, whatever type they state: only there are request tokens.
const REQUEST_URL: &str = "oauth.request.url";

/// `None` without a key that can be part of a path.
pub fn read(value: &Value) -> Option<Element> {
    let key = member(value, "key").filter(|key| is_key(key))?;
    let name = member(value, "name").map(|name| plain_line(&html::to_text(&name), LINE)).unwrap_or_default();
    let name = if name.is_empty() { key.clone() } else { name };
    let description = plain_line(&html::to_text(&member(value, "description").unwrap_or_default()), 1000);
    let gives = first_sentence(&description, LINE);
    let entries = fields::entries(value);
    let kind = value.get("authentication").and_then(|a| member(a, "type")).unwrap_or_default();
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    // `typeOauth` is false for some elements that sign in with a browser. A password grant has the keys of a browser
    // sign-in, but states its type.
    let browser = matches!(kind.as_str(), "oauth1" | "oauth2")
        || (has(API_KEY) && has(CALLBACK_URL) && kind != "oauth2Password");
    let fields = fields::form_fields(entries.clone(), browser);
    let auth = if browser {
        if kind == "oauth1" || has(REQUEST_URL) {
            Auth::Oauth1(Box::default())
        } else {
            // The platform exchanges the code, and decides about PKCE.
            Auth::Oauth2(Box::new(Oauth2 { pkce: Pkce::Off, ..Oauth2::default() }))
        }
    } else {
        match kind.to_ascii_lowercase().as_str() {
            "basic" => basic(&fields),
            "apikey" => api_key(&fields),
            _ => Auth::Custom(Custom::default()),
        }
    };
    Some(Element {
        category: category(member(value, "hub").as_deref()),
        gives: if gives.is_empty() { name.clone() } else { gives },
        fields,
        ..Element::new(key, name, auth)
    })
}

/// Whether the description includes the configuration, which lists of elements often omit.
pub fn has_configuration(value: &Value) -> bool {
    value.get("configuration").and_then(Value::as_array).is_some_and(|entries| !entries.is_empty())
}

/// Puts the answer of `GET /elements/{key}/configuration` into that of `GET /elements/{key}`.
pub fn with_configuration(mut element: Value, configuration: Value) -> Value {
    let listed = match configuration {
        Value::Object(mut members) => members.remove("configuration").unwrap_or_default(),
        other => other,
    };
    if let Some(members) = element.as_object_mut() {
        members.insert("configuration".to_owned(), listed);
    }
    element
}

/// Whether a key is one segment of API paths and of the callback address. `.` and `..` are not (RFC 3986 §5.2.4).
pub fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The heading in the list, from the platform's hub.
fn category(hub: Option<&str>) -> String {
    let hub = plain_line(hub.unwrap_or_default(), LINE);
    let words = match hub.to_ascii_lowercase().as_str() {
        "" => "Other",
        "ai" => "AI",
        "cms" => "Content",
        "crm" => "CRM",
        "db" => "Databases",
        "ecommerce" => "E-commerce",
        "employee" | "humancapital" => "People",
        "erp" => "ERP",
        "esignature" => "Signatures",
        "fsa" => "Field service",
        "helpdesk" => "Help desk",
        "ocr" => "Text recognition",
        "payment" => "Payments",
        "pointofsale" => "Point of sale",
        "sageaccounting" => "Accounting",
        _ => {
            let mut letters = hub.chars();
            return letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
        }
    };
    words.to_owned()
}

/// A guess: the platform sends the credentials, so which field is which has no effect here.
fn basic(fields: &[Field]) -> Auth {
    let user = fields.iter().find(|field| field.key == "username");
    let user = user.or_else(|| fields.iter().find(|field| !field.secret));
    let password = fields.iter().find(|field| field.secret);
    Auth::Basic(Basic {
        username_field: user.map(|field| field.key.clone()),
        password_field: password.map(|field| field.key.clone()),
        ..Basic::default()
    })
}

/// A guess, as for [`basic`].
fn api_key(fields: &[Field]) -> Auth {
    let key = fields.iter().find(|field| field.secret).or(fields.first());
    Auth::ApiKey(ApiKey { key_field: key.map(|field| field.key.clone()), ..ApiKey::default() })
}
