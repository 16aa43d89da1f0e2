//! The ways to connect a product, each as an element of one way.

use std::collections::{BTreeMap, BTreeSet};

use crate::element::{Auth, Condition, Element, WAY, Way};
use crate::sensitive::Sensitive;
use crate::template::Template;

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
        self.choose(given).map(|way| self.narrow(way))
    }

    /// The way that these values choose; `Some(None)` is the element's own.
    fn choose<'v>(&self, given: impl Fn(&str) -> Option<&'v str>) -> Option<Option<&Way>> {
        if let Some(name) = given(WAY) {
            let way = self.ways.iter().find(|way| way.key == name);
            let is_own = name == self.own_way_name() && self.has_own_way();
            return way.map(Some).or(is_own.then_some(None));
        }
        let holds = |when: &Condition| {
            let default = self.field(&when.field).and_then(|field| field.default.as_deref());
            given(&when.field).map(str::trim).filter(|value| !value.is_empty()).or(default)
                == Some(when.is.as_str())
        };
        let chosen = self.ways.iter().find(|way| way.when.as_ref().is_some_and(holds));
        Some(chosen.or_else(|| self.ways.iter().find(|way| way.when.is_none())))
    }

    /// The same by its name alone.
    pub fn in_named_way(&self, way: Option<&str>) -> Option<Self> {
        self.in_way(|key| if key == WAY { way } else { None })
    }

    /// The element in the way of a connection: by its name, or by the values that it was made with.
    pub fn in_way_of(
        &self,
        way: Option<&str>,
        entries: &BTreeMap<String, Sensitive<String>>,
    ) -> Option<Self> {
        let entry = |key: &str| entries.get(key).map(|value| value.expose().as_str());
        let way = self.way_of_connection(way);
        self.in_way(|key| if key == WAY { way } else { entry(key) })
    }

    /// The name of the way of a connection. One from before the element had ways was made in the one that it had.
    pub fn way_of_connection<'w>(&self, way: Option<&'w str>) -> Option<&'w str> {
        let was_alone = self.ways.iter().all(|way| way.when.is_none());
        let own = was_alone && self.has_own_way() && !self.ways.is_empty();
        way.or(own.then(|| self.own_way_name()))
    }

    /// The kind of sign-in of each way, the easiest first.
    pub fn auths(&self) -> impl Iterator<Item = &Auth> {
        let own = self.has_own_way().then_some(&self.auth);
        self.ways.iter().map(|way| &way.auth).chain(own)
    }

    /// The ways that a name chooses, the easiest first: their names, labels and kinds of sign-in.
    pub fn named_ways(&self) -> impl Iterator<Item = (&str, Option<&str>, &Auth)> {
        let named = self.ways.iter().filter(|way| way.when.is_none());
        let own = named.clone().next().filter(|_| self.has_own_way());
        let own = own.map(|_| (self.own_way_name(), None, &self.auth));
        named.map(|way| (way.key.as_str(), way.label.as_deref(), &way.auth)).chain(own)
    }

    /// How the way that [`Self::in_named_way`] gives signs in, without a copy of the element.
    pub fn auth_of(&self, way: Option<&str>) -> Option<&Auth> {
        let chosen = self.choose(|key| if key == WAY { way } else { None })?;
        Some(chosen.map_or(&self.auth, |way| &way.auth))
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
        // Only at an authorization endpoint does an answer come back to the callback address.
        let server =
            |auth: &Auth| Some(format!("{} {}", auth.kind(), auth.template("authorization_endpoint")?));
        self.auths().filter_map(server).collect()
    }

    /// Whether both are of one way, at the same server.
    pub fn is_same_server(&self, other: &Self) -> bool {
        fn server(auth: &Auth) -> Option<&Template> {
            auth.template("authorization_endpoint").or_else(|| auth.template("token_endpoint"))
        }
        self.auth.kind() == other.auth.kind() && server(&self.auth) == server(&other.auth)
    }

    /// Whether this element signs in only at servers of the other, as elements of one provider must: otherwise one server's
    /// answer could be taken for the other's (RFC 9700 §4.4). An element without one receives no answer.
    pub fn signs_in_where(&self, other: &Self) -> bool {
        self.servers().is_subset(&other.servers())
    }
}
