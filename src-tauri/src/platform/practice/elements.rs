//! What the elements of one provider need from it. Several elements may share a provider; a request does not say which
//! of them it is for.

use std::collections::BTreeMap;

use crate::domain::element::{Auth, Element, Pkce};
use crate::io::catalog::Catalog;

/// Sent for a callback value that has no example.
const PLACEHOLDER: &str = "practice";

/// The elements that sign in at this provider.
pub(super) fn elements_of<'c>(catalog: &'c Catalog, product: &'c str) -> impl Iterator<Item = &'c Element> {
    catalog.of_provider(product)
}

/// Whether one of the elements sends no PKCE.
pub(super) fn allows_no_pkce(catalog: &Catalog, product: &str) -> bool {
    let is_off = |auth: &Auth| matches!(auth, Auth::Oauth2(oauth2) if oauth2.pkce != Pkce::S256);
    elements_of(catalog, product).any(|element| element.auths().any(is_off))
}

/// The callback values that the elements declare, by name, with example values.
pub(super) fn callback_values(catalog: &Catalog, product: &str) -> BTreeMap<String, String> {
    let example = |element: &Element, name: &str| {
        let of_field = || element.field(name).map(|field| &field.example);
        element.callback.examples.get(name).or_else(of_field).map_or(PLACEHOLDER, String::as_str).to_owned()
    };
    let mut values = BTreeMap::new();
    for element in elements_of(catalog, product).flat_map(Element::each_way) {
        for name in element.callback.names() {
            values.entry(name.to_owned()).or_insert_with(|| example(&element, name));
        }
    }
    values
}
