//! An element as the API describes it. What the platform's connectors do beyond signing in (resources, bulk transfers,
//! events) does not exist here, and is described as absent.

use serde_json::{Value, json};

use super::number;
use crate::domain::element::{Auth, Element, Field, FieldKind, PlatformFacts};

/// For an element whose file names none.
const NO_HUB: &str = "general";

/// The element in the way that callers get who choose none.
pub(super) fn usual_way(element: &Element) -> Element {
    element.in_named_way(None).unwrap_or_else(|| element.clone())
}

/// The description that an instance contains.
pub(super) fn summary(element: &Element) -> Value {
    let auth = usual_way(element).auth;
    let none = PlatformFacts::default();
    let facts = element.platform.as_ref().unwrap_or(&none);
    let signup = facts.signup_url.as_deref();
    let sign_up = signup.map(|url| format!("An account is opened at {url}"));
    json!({
        "id": number::number_of(&element.key),
        "name": element.name,
        "hookName": facts.hook_name,
        "key": element.key,
        "description": if facts.description.is_empty() { &element.gives } else { &facts.description },
        // Pictures belong to the products and would have to be loaded from elsewhere.
        "image": null,
        "active": true,
        "deleted": false,
        "typeOauth": auth.needs_browser(),
        "trialAccount": false,
        "configDescription": sign_up,
        "signupURL": signup,
        "resources": [],
        "transformationsEnabled": false,
        "bulkDownloadEnabled": false,
        "bulkUploadEnabled": false,
        "cloneable": false,
        "extendable": false,
        "beta": false,
        "private": false,
        "authentication": { "type": authentication_type(&auth).0 },
        "hub": if facts.hub.is_empty() { NO_HUB } else { &facts.hub },
        "protocolType": "http",
        "parameters": [],
    })
}

pub(super) fn full(element: &Element) -> Value {
    let mut object = summary(element);
    object["configuration"] = Value::Array(configuration(element));
    for empty in ["hooks", "defaultTransformations", "objectMetadata"] {
        object[empty] = json!([]);
    }
    object
}

/// The entries of a configuration: first the fields of the form, then those that the platform fills in.
pub(super) fn configuration(element: &Element) -> Vec<Value> {
    let element = &usual_way(element);
    let asked = element.fields.iter().map(|field| {
        // A derived value is a template over other fields, which callers resolve as they do at the platform.
        let default = field.default.as_deref().or(field.derived.as_ref().map(|d| d.as_str()));
        (&field.key, default, Some(field))
    });
    let facts = element.platform.iter();
    let own = facts.clone().flat_map(|facts| &facts.configuration);
    let own = own.map(|(key, text)| (key, Some(text.as_str()), None));
    let unused = facts.flat_map(|facts| &facts.unused).map(|key| (key, None, None));
    let entries = asked.chain(own).chain(unused).enumerate();
    entries.map(|(order, (key, default, field))| entry(element, order, key, default, field)).collect()
}

/// An entry of a configuration. One without a field is hidden from users.
fn entry(element: &Element, order: usize, key: &str, default: Option<&str>, field: Option<&Field>) -> Value {
    let mut object = json!({
        "id": number::number_of(&format!("{}/{key}", element.key)),
        "name": field.map_or(key, |field| &field.label),
        "key": key,
        "description": field.map_or("", |field| &field.help),
        "defaultValue": default,
        "type": field.map_or("TEXTFIELD_1000", kind),
        "required": field.is_some_and(|field| field.required),
        "displayOrder": order,
        "hideFromConsole": field.is_none(),
        "active": true,
        "internal": false,
        "resellerConfig": false,
        "companyConfig": false,
        "groupControl": false,
    });
    if let Some(field) = field.filter(|field| field.kind == FieldKind::Select) {
        let options = field.options.iter();
        object["options"] =
            options.map(|option| json!({ "value": option.value, "name": option.label })).collect();
    }
    object
}

fn kind(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::Toggle => "BOOLEAN",
        FieldKind::Select => "COMBO",
        _ if field.secret => "PASSWORD",
        FieldKind::Lines => "TEXTAREA",
        FieldKind::Text
        | FieldKind::Day
        | FieldKind::Address
        | FieldKind::Origin
        | FieldKind::Base
        | FieldKind::Host => "TEXTFIELD_1000",
    }
}

/// The platform's name of a way to sign in, and its description.
fn authentication_type(auth: &Auth) -> (&'static str, &'static str) {
    match auth {
        Auth::Oauth2(_) => ("oauth2", "OAuth 2.0"),
        Auth::Oauth1(_) => ("oauth1", "OAuth 1.0a"),
        Auth::Basic(_) => ("basic", "User name and password"),
        Auth::ApiKey(_) => ("apiKey", "API key"),
        Auth::Session(_) => ("custom", "User name and password, for a session"),
        Auth::Custom(_) => ("custom", "Of its own"),
    }
}

/// The ways to sign in, the usual one first.
pub(super) fn authentication_types(element: &Element) -> Value {
    let mut kinds = Vec::new();
    for auth in element.auths() {
        let kind = authentication_type(auth);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let options = kinds.iter().map(|(kind, label)| json!({ "value": kind, "description": label }));
    json!({ "defaultValue": kinds[0].0, "options": options.collect::<Vec<_>>() })
}

/// What the element can do; with the number of its instances the expanded form.
pub(super) fn metadata(element: &Element, instances: Option<usize>) -> Value {
    let summary = summary(element);
    let mut object = json!({
        "id": summary["id"],
        "name": summary["name"],
        "key": summary["key"],
        "description": summary["description"],
        "events": { "supported": false, "methods": [] },
    });
    if let Some(instances) = instances {
        object["image"] = Value::Null;
        object["active"] = true.into();
        object["beta"] = false.into();
        object["elementType"] = "platform".into();
        object["cloneable"] = false.into();
        object["authenticationType"] = summary["authentication"]["type"].clone();
        object["discovery"] = json!({
            "customFields": false, "customObjects": false,
            "endpointCustomFields": false, "endpointCustomObjects": false,
        });
        object["bulk"] = json!({ "upload": false, "download": false });
        object["usage"] = json!({ "instanceCount": instances, "customerCount": 1, "traffic": 0 });
        object["api"] = json!({ "type": "rest", "contentType": "application/json" });
        object["resources"] = json!([]);
    }
    object
}
