//! Reading an element as a platform describes it, so that the same form serves as for an element file.
//!
//! What a file must state and a platform keeps to itself (endpoints, scopes, renewal) is absent: the platform signs in.
//! The fields of the form are in `fields`.

mod fields;

use serde_json::Value;

use super::answer::given;
use super::html::{first_sentence, text_of};
use crate::element::{
    API_KEY, ApiKey, ApiKeyPlace, Auth, Basic, CALLBACK_URL, Custom, Element, Field, Oauth2, Pkce,
};
use crate::text::plain_line;

/// One line of the window, as for element files.
const LINE: usize = 80;

/// An element with this key runs OAuth 1.0a, whatever type it states: only there are request tokens.
const REQUEST_URL: &str = "oauth.request.url";

/// Reads an element; `None` without a key that can stand in an address.
pub fn read(value: &Value) -> Option<Element> {
    let key = given(value, "key").filter(|key| is_key(key))?;
    let name = given(value, "name").map(|name| plain_line(&text_of(&name), LINE)).unwrap_or_default();
    let name = if name.is_empty() { key.clone() } else { name };
    let description = plain_line(&text_of(&given(value, "description").unwrap_or_default()), 1000);
    let gives = first_sentence(&description, LINE);
    let entries = fields::entries(value);
    let kind = value.get("authentication").and_then(|a| given(a, "type")).unwrap_or_default();
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    // `typeOauth` is not asked: it is false for elements that do sign in with a browser. A password grant has the keys
    // of a browser sign-in in its books, and says what it is.
    let browser = matches!(kind.as_str(), "oauth1" | "oauth2")
        || (has(API_KEY) && has(CALLBACK_URL) && kind != "oauth2Password");
    let fields = fields::of(entries.clone(), browser);
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
        category: category(given(value, "hub").as_deref()),
        gives: if gives.is_empty() { name.clone() } else { gives },
        fields,
        ..Element::new(key, name, auth)
    })
}

/// Whether the description holds the configuration; a list of elements often leaves it out.
pub fn is_whole(value: &Value) -> bool {
    value.get("configuration").and_then(Value::as_array).is_some_and(|entries| !entries.is_empty())
}

/// Puts the answer of `GET /elements/{key}/configuration` into that of `GET /elements/{key}`.
pub fn complete(mut element: Value, configuration: Value) -> Value {
    let listed = match configuration {
        Value::Object(mut members) => members.remove("configuration").unwrap_or_default(),
        other => other,
    };
    if let Some(members) = element.as_object_mut() {
        members.insert("configuration".to_owned(), listed);
    }
    element
}

/// Whether a key is one segment of a path, of calls and of the callback address. `.` and `..` are none (RFC 3986
/// §5.2.4).
pub fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The heading under which an element is listed: the platform sorts them into hubs.
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

/// Which field is which matters only to whoever calls the product itself; here it is the best guess.
fn basic(fields: &[Field]) -> Auth {
    let user = fields.iter().find(|field| field.key == "username");
    let user = user.or_else(|| fields.iter().find(|field| !field.secret));
    let password = fields.iter().find(|field| field.secret);
    Auth::Basic(Basic {
        username_field: user.map_or("username".to_owned(), |field| field.key.clone()),
        password_field: password.map(|field| field.key.clone()),
    })
}

/// As for [`basic`]: the platform places the key.
fn api_key(fields: &[Field]) -> Auth {
    let key = fields.iter().find(|field| field.secret).or(fields.first());
    Auth::ApiKey(ApiKey {
        key_field: key.map_or("key".to_owned(), |field| field.key.clone()),
        place: ApiKeyPlace::Header("authorization".to_owned()),
        prefix: String::new(),
    })
}
