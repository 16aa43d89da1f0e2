//! The ways to connect a product, each as an element of one way.

use std::collections::{BTreeMap, BTreeSet};

use crate::element::{Auth, Condition, Element, WAY, Way};
use crate::sensitive::Sensitive;

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
        // A connection from before the element had ways was made in the one that it had.
        let was_alone = way.is_none() && self.ways.iter().all(|way| way.when.is_none());
        let way =
            way.or((was_alone && self.has_own_way() && !self.ways.is_empty()).then(|| self.own_way_name()));
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

    /// The authorization servers at which it signs in, by kind and address.
    pub fn servers(&self) -> BTreeSet<String> {
        let server = |element: Self| {
            let templates = element.auth.templates();
            let named =
                |name: &str| templates.iter().find(|(known, _)| *known == name).map(|(_, t)| t.as_str());
            // Only there does an answer come back to the callback address.
            let address = named("authorization_endpoint")?;
            Some(format!("{} {address}", element.auth.kind()))
        };
        self.each_way().filter_map(server).collect()
    }

    /// Whether both are of one way, at the same server.
    pub fn is_same_server(&self, other: &Self) -> bool {
        let server = |element: &Self| {
            let templates = element.auth.templates().into_iter();
            let text =
                |name: &str| templates.clone().find(|(known, _)| *known == name).map(|(_, t)| t.to_string());
            text("authorization_endpoint").or_else(|| text("token_endpoint"))
        };
        self.auth.kind() == other.auth.kind() && server(self) == server(other)
    }

    /// Whether this element signs in only at servers of the other, as elements of one provider must: otherwise one server's
    /// answer could be taken for the other's (RFC 9700 §4.4). An element without one receives no answer.
    pub fn signs_in_where(&self, other: &Self) -> bool {
        self.servers().is_subset(&other.servers())
    }
}
