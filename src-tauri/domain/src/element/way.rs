//! One of several ways to connect to a product.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults::is_default;
use super::{Api, Auth, CallbackRules, Condition, Element, Field, Identity};
use crate::sensitive::Sensitive;
use crate::template::Template;

/// The key under which a form names its way. No field has it.
pub const WAY: &str = "keyrack.way";

/// One of several ways to connect. What it leaves out is taken from the element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The name in commands: `--way key`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The name in the window, where the usual one for this kind of sign-in would mislead.
    pub label: Option<String>,
    /// The field whose value chooses this way, where the platform has one.
    pub when: Option<Condition>,
    /// Whether hosted platforms do not know this way, so that it is not offered there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub local: bool,
    /// The page where the key is made, or the application is registered.
    pub setup_page: Option<Template>,
    /// The kind of sign-in.
    pub auth: Auth,
    /// What the browser brings back.
    pub callback: Option<CallbackRules>,
    /// The call that names the account.
    pub identity: Option<Identity>,
    /// Where the API begins, and what each call carries.
    pub api: Option<Api>,
    /// Fields of this way, after those of the element.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

impl Element {
    /// Whether the element itself is a way to connect, besides its `ways`.
    pub fn has_own_way(&self) -> bool {
        self.ways.is_empty() || self.auth != Auth::default()
    }

    /// Each way to connect as an element of one way, the easiest first.
    pub fn each_way(&self) -> impl Iterator<Item = Self> {
        let own = self.has_own_way().then(|| self.narrow(None));
        self.ways.iter().map(|way| self.narrow(Some(way))).chain(own)
    }

    /// The element with only the way that these values choose: by its name, by a field that chooses one, else the
    /// easiest. `None` if no way has this name.
    pub fn in_way<'v>(&self, given: impl Fn(&str) -> Option<&'v str>) -> Option<Self> {
        if self.ways.is_empty() {
            // It may have been narrowed before.
            let fits = given(WAY).is_none_or(|name| self.way.as_deref() == Some(name));
            return fits.then(|| self.clone());
        }
        if let Some(name) = given(WAY) {
            let own = (name == self.own_way_name() && self.has_own_way()).then(|| self.narrow(None));
            let way = self.ways.iter().find(|way| way.key == name);
            return way.map(|way| self.narrow(Some(way))).or(own);
        }
        let holds = |when: &Condition| {
            let default = self.field(&when.field).and_then(|field| field.default.as_deref());
            given(&when.field).map(str::trim).filter(|value| !value.is_empty()).or(default)
                == Some(when.is.as_str())
        };
        let chosen = self.ways.iter().find(|way| way.when.as_ref().is_some_and(holds));
        let easiest = || self.ways.iter().find(|way| way.when.is_none());
        match chosen.or_else(easiest) {
            Some(way) => Some(self.narrow(Some(way))),
            None => Some(self.narrow(None)),
        }
    }

    /// The element in the way of a connection: by its name, or by the values that it was made with.
    pub fn in_way_of(
        &self,
        way: Option<&str>,
        entries: &BTreeMap<String, Sensitive<String>>,
    ) -> Option<Self> {
        let entry = |key: &str| entries.get(key).map(|value| value.expose().as_str());
        self.in_way(|key| if key == WAY { way } else { entry(key) })
    }

    /// The element without the ways that hosted platforms do not know.
    pub fn as_hosted(mut self) -> Self {
        self.ways.retain(|way| !way.local);
        self
    }

    /// The name of the way that the element itself is.
    pub fn own_way_name(&self) -> &'static str {
        "app"
    }

    fn narrow(&self, way: Option<&Way>) -> Self {
        let mut element = self.clone();
        let ways = std::mem::take(&mut element.ways);
        match way {
            Some(way) => {
                // A way that a field chooses is found again by the field's value.
                element.way = way.when.is_none().then(|| way.key.clone());
                element.auth = way.auth.clone();
                element.label = way.label.clone();
                element.fields.extend(way.fields.iter().cloned());
                element.setup_page = way.setup_page.clone().or(element.setup_page);
                element.callback = way.callback.clone().unwrap_or(element.callback);
                element.identity = way.identity.clone().or(element.identity);
                element.api = way.api.clone().or(element.api);
            }
            None if ways.iter().any(|way| way.when.is_none()) => {
                element.way = Some(element.own_way_name().to_owned());
            }
            None => {}
        }
        element.add_standard_fields();
        element
    }
}
