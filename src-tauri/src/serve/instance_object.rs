//! An instance as the API describes it: the connection, its element and its configuration, with masked secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shared::Shared;
use super::{date, element_object, number};
use crate::domain::connection::Connection;
use crate::domain::element::{API_KEY, Auth, Element};
use crate::domain::form::{self, Values};
use crate::domain::hosted::is_secret_key;
use crate::domain::item::Item;
use crate::domain::oauth::token::ClientAuthentication;

/// Replaces a secret.
const MASK: &str = "********";

/// The one user and the one organization of this computer. The API counts them from 1.
pub(super) const OWNER: u32 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// With the configuration.
    Whole,
    /// Without it.
    Short,
}

/// The id of an instance, as a number where it is one.
fn id(connection: &Connection) -> Value {
    let id = connection.instance.as_deref().unwrap_or_default();
    id.parse::<u64>().map_or_else(|_| id.into(), Into::into)
}

/// The instance of a connection. It is not valid if its item is missing in the keychain.
pub(super) async fn object(
    shared: &Shared,
    connection: &Connection,
    item: Option<&Item>,
    detail: Detail,
) -> Value {
    let element = shared.engine.element(&connection.element).ok();
    let none = BTreeMap::new();
    let entries = item.map_or(&none, |item| &item.configuration);
    let element = element.and_then(|element| element.in_way_of(connection.way.as_deref(), entries));
    let described = element.as_ref().map_or_else(
        // Without its file only what the connection knows is left.
        || json!({ "id": number::number_of(&connection.element), "key": connection.element, "name": connection.product }),
        element_object::summary,
    );
    let mut object = json!({
        "id": id(connection),
        "name": connection.name,
        "createdDate": date::format_ms(connection.created_at),
        "token": item.map(|item| item.element_token.expose().as_str()),
        "elementId": described["id"],
        "element": described,
        "tags": connection.tags,
        "provisionInteractions": [],
        "valid": item.is_some() && element.is_some(),
        "disabled": connection.disabled,
        "maxCacheSize": 0,
        "cacheTimeToLive": 0,
    });
    if detail == Detail::Whole
        && let (Some(element), Some(item)) = (&element, item)
    {
        let entries = configuration(shared, element, item).await;
        let shown = entries.iter().map(|entry| (entry.key.clone(), entry.shown()));
        object["configuration"] = Value::Object(shown.collect::<Map<_, _>>());
    }
    // None of these features exists here.
    for off in ["eventsEnabled", "traceLoggingEnabled", "cachingEnabled"] {
        object[off] = false.into();
    }
    object["externalAuthentication"] = "none".into();
    object["user"] = json!({ "id": OWNER });
    object
}

/// One entry of an instance's configuration.
pub(super) struct Entry {
    pub(super) key: String,
    value: Option<String>,
    secret: bool,
}

impl Entry {
    /// The value, or a mask.
    fn shown(&self) -> Value {
        match &self.value {
            // An empty secret needs no mask.
            Some(value) if self.secret && !value.is_empty() => MASK.into(),
            value => value.as_deref().into(),
        }
    }

    pub(super) fn object(&self, element: &Element) -> Value {
        let field = element.field(&self.key);
        let required = field.is_some_and(|field| field.required);
        json!({
            "id": self.number(element),
            "key": self.key,
            "name": field.map_or(&self.key, |field| &field.label),
            "description": field.map(|field| &field.help),
            "propertyValue": self.shown(),
            "required": required,
            "active": true,
            "internal": false,
            "hideFromConsole": field.is_none(),
            "type": if self.secret { "PASSWORD" } else { "TEXTFIELD_1000" },
        })
    }

    pub(super) fn number(&self, element: &Element) -> u32 {
        number::number_of(&format!("{}/{}", element.key, self.key))
    }
}

/// The configuration of an instance. Of entries with the same key the last of these wins: the platform's defaults, the
/// element file, the callback, what was given, the tokens.
pub(super) async fn configuration(shared: &Shared, element: &Element, item: &Item) -> Vec<Entry> {
    let given: BTreeMap<String, String> =
        item.configuration.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect();
    // An element file that changed since may no longer accept the values; they are shown all the same.
    let values = form::check_call(element, &given).unwrap_or_default();
    let mut entries: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut put = |key: &str, value: Option<String>| entries.insert(key.to_owned(), value);
    put("event.notification.enabled", Some("false".to_owned()));
    put("event.notification.callback.url", None);
    put("filter.response.nulls", Some("true".to_owned()));
    if let Some(facts) = &element.platform {
        for key in &facts.unused {
            put(key, None);
        }
        for (key, value) in facts.filled(&values) {
            put(key, Some(value));
        }
    }
    for (key, value) in callback_entries(element, &item.callback).into_iter().chain(given) {
        put(&key, Some(value));
    }
    for (key, value) in sign_in_entries(shared, element, &values, item).await {
        debug_assert!(FROM_SIGN_IN.contains(&key), "{key} is listed");
        put(key, value);
    }
    let entry = |(key, value): (String, _)| Entry { secret: is_secret(element, &key), key, value };
    entries.into_iter().map(entry).collect()
}

/// The entries that only a sign-in fills.
const FROM_SIGN_IN: [&str; 13] = [
    "base.url",
    "expires_in",
    "oauth.authorization.url",
    "oauth.basic.header",
    "oauth.request.authorization.type",
    "oauth.request.url",
    "oauth.scope",
    "oauth.token.url",
    "oauth.user.refresh_interval",
    "oauth.user.refresh_time",
    "oauth.user.refresh_token",
    "oauth.user.token",
    "oauth.user.token.secret",
];

/// Whether an entry comes from the sign-in. Callers send it back as they read it, which must not put a token into the
/// configuration.
pub(super) fn is_from_sign_in(element: &Element, key: &str) -> bool {
    FROM_SIGN_IN.contains(&key) && element.field(key).is_none()
}

/// The callback values that also belong into the configuration, by their keys there.
fn callback_entries(element: &Element, callback: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let keys = element.callback.configuration.iter();
    keys.filter_map(|(name, key)| Some((key.clone(), callback.get(name)?.clone()))).collect()
}

/// The tokens, and the addresses of the provider.
async fn sign_in_entries(
    shared: &Shared,
    element: &Element,
    values: &Values,
    item: &Item,
) -> Vec<(&'static str, Option<String>)> {
    let tokens = item.tokens();
    let secret = item.credential.calling_secret();
    let provider = shared.engine.provider_of(item).await;
    let addresses = provider.map(|provider| provider.addresses(&item.credential)).unwrap_or_default();
    // Without the slash at the end of an address without a path.
    let address =
        |url: &Option<url::Url>| url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let mut entries = vec![
        ("base.url", address(&addresses.base)),
        ("oauth.authorization.url", address(&addresses.authorization)),
        ("oauth.token.url", address(&addresses.token)),
        ("oauth.user.token", secret.map(|secret| secret.expose().clone())),
    ];
    match &element.auth {
        Auth::Oauth2(oauth2) => {
            let life = tokens.and_then(|tokens| tokens.expires_in).map(|seconds| seconds.to_string());
            let scope = tokens.and_then(|tokens| tokens.scope.clone()).or_else(|| oauth2.scope(values));
            let refresh = tokens.and_then(|tokens| tokens.refresh_token.as_ref());
            let basic = oauth2.client_authentication == ClientAuthentication::Basic;
            entries.extend([
                ("expires_in", life.clone()),
                ("oauth.basic.header", Some(basic.to_string())),
                ("oauth.scope", scope),
                ("oauth.user.refresh_interval", life),
                ("oauth.user.refresh_time", Some(item.received_at.to_string())),
                ("oauth.user.refresh_token", refresh.map(|token| token.expose().clone())),
            ]);
        }
        Auth::Oauth1(_) => {
            let secret = tokens.and_then(|tokens| tokens.token_secret.as_ref());
            entries.extend([
                ("oauth.request.url", address(&addresses.request_token)),
                // RFC 5849 §3.5.1, the only one of its three ways in use here.
                ("oauth.request.authorization.type", Some("header".to_owned())),
                ("oauth.user.token.secret", secret.map(|secret| secret.expose().clone())),
            ]);
        }
        Auth::Basic(_) | Auth::ApiKey(_) | Auth::Session(_) | Auth::Custom(_) => {}
    }
    entries
}

/// Whether a value is masked: the element calls it secret, the platform masks it, or its key says so.
fn is_secret(element: &Element, key: &str) -> bool {
    let named = element.field(key).is_some_and(|field| field.secret);
    let masked_by_platform = key == API_KEY || key.ends_with("token") || key.ends_with("signature.key");
    named || masked_by_platform || is_secret_key(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::catalog::Catalog;

    #[test]
    fn callback_values_have_the_keys_of_the_configuration() {
        let mut element = Catalog::shipped().find("zendesk").expect("shipped").clone();
        let map = |pairs: [(&str, &str); 2]| pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        element.callback.configuration = map([("country", "acme.country"), ("org", "acme.org")]);
        let callback = map([("country", "AT"), ("realmId", "4711")]);
        assert_eq!(callback_entries(&element, &callback), [("acme.country".to_owned(), "AT".to_owned())]);
    }
}
