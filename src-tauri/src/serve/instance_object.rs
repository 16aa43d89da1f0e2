//! An instance as the API describes it: the connection, its element, and everything that it was configured with, with the
//! secrets masked.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Shared, date, element_object, number};
use crate::domain::connection::Connection;
use crate::domain::element::{API_KEY, Auth, Element};
use crate::domain::form::{self, Values};
use crate::domain::hosted::is_secret_key;
use crate::domain::item::Item;
use crate::domain::oauth::token::ClientAuthentication;

/// What stands in place of a secret.
const MASK: &str = "********";

/// The one user and the one organization of this computer. The API counts them from 1.
pub(super) const OWNER: u32 = 1;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// With the configuration.
    Whole,
    /// Without it.
    Short,
}

/// The number of an instance, as a number where it is one.
pub(super) fn id(connection: &Connection) -> Value {
    let id = connection.instance.as_deref().unwrap_or_default();
    id.parse::<u64>().map_or_else(|_| id.into(), Into::into)
}

/// The instance of a connection. Without its item, which is then missing in the keychain, it is not valid.
pub(super) async fn object(
    shared: &Shared,
    connection: &Connection,
    item: Option<&Item>,
    detail: Detail,
) -> Value {
    let element = shared.engine.element(&connection.element).ok();
    let described = element.as_ref().map_or_else(
        // Its file is gone: what the connection itself knows is left.
        || json!({ "id": number::of(&connection.element), "key": connection.element, "name": connection.product }),
        element_object::short,
    );
    let mut object = json!({
        "id": id(connection),
        "name": connection.name,
        "createdDate": date::iso(connection.created_at),
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
    // Nothing of what these switch on exists here.
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
    /// The value as it may be told.
    fn shown(&self) -> Value {
        match &self.value {
            // An empty secret is none, and nothing that could be masked.
            Some(value) if self.secret && !value.is_empty() => MASK.into(),
            value => value.as_deref().into(),
        }
    }

    /// The entry as an object of its own.
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

    /// Its number.
    pub(super) fn number(&self, element: &Element) -> u32 {
        number::of(&format!("{}/{}", element.key, self.key))
    }
}

/// Everything that an instance is configured with: what the platform fills in for each, what the element's file states,
/// what was given, and what signing in brought. The later wins.
pub(super) async fn configuration(shared: &Shared, element: &Element, item: &Item) -> Vec<Entry> {
    let given: BTreeMap<String, String> =
        item.configuration.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect();
    // An element file that changed since then may not take the values any more; they are told all the same.
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
    for (key, value) in given {
        put(&key, Some(value));
    }
    for (key, value) in brought(shared, element, &values, item).await {
        debug_assert!(BROUGHT.contains(&key), "{key} is listed");
        put(key, value);
    }
    let entry = |(key, value): (String, _)| Entry { secret: is_secret(element, &key), key, value };
    entries.into_iter().map(entry).collect()
}

/// The entries that signing in fills, and nobody else.
const BROUGHT: [&str; 13] = [
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

/// Whether an entry is told from what signing in brought. One that a caller sends, having read it here, changes nothing,
/// and a token among them belongs into no configuration.
pub(super) fn is_brought(element: &Element, key: &str) -> bool {
    BROUGHT.contains(&key) && element.field(key).is_none()
}

/// What signing in brought, and the addresses it went to.
async fn brought(
    shared: &Shared,
    element: &Element,
    values: &Values,
    item: &Item,
) -> Vec<(&'static str, Option<String>)> {
    let tokens = item.tokens();
    let provider = shared.engine.provider_of(item).await;
    let addresses = provider.map(|provider| provider.addresses(tokens)).unwrap_or_default();
    // Where the API begins is written without the slash that a bare server's address ends with.
    let address =
        |url: &Option<url::Url>| url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let mut brought = vec![
        ("base.url", address(&addresses.base)),
        ("oauth.authorization.url", address(&addresses.authorization)),
        ("oauth.token.url", address(&addresses.token)),
        ("oauth.user.token", tokens.map(|tokens| tokens.access_token.expose().clone())),
    ];
    match element.auth_for(values) {
        Auth::Oauth2(oauth2) => {
            let life = tokens.and_then(|tokens| tokens.expires_in).map(|seconds| seconds.to_string());
            let scope = tokens.and_then(|tokens| tokens.scope.clone()).or_else(|| oauth2.scope(values));
            let refresh = tokens.and_then(|tokens| tokens.refresh_token.as_ref());
            let basic = oauth2.client_authentication == ClientAuthentication::Basic;
            brought.extend([
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
            brought.extend([
                ("oauth.request.url", address(&addresses.request_token)),
                // RFC 5849 §3.5.1, the one of its three ways that we use.
                ("oauth.request.authorization.type", Some("header".to_owned())),
                ("oauth.user.token.secret", secret.map(|secret| secret.expose().clone())),
            ]);
        }
        Auth::Basic(_) | Auth::ApiKey(_) | Auth::Custom(_) => {}
    }
    brought
}

/// Whether a value is told as asterisks: what the element says is secret, what the platform masks, and what is a secret
/// by its name.
fn is_secret(element: &Element, key: &str) -> bool {
    let named = element.field(key).is_some_and(|field| field.secret);
    let of_the_platform = key == API_KEY || key.ends_with("token") || key.ends_with("signature.key");
    named || of_the_platform || is_secret_key(key)
}
