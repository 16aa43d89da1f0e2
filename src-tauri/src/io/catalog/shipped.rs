//! The shipped elements, as the build compiled them. Each is parsed once, when it is asked for.

use std::sync::OnceLock;

use crate::domain::element::Element;

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

static PARSED: OnceLock<Vec<OnceLock<Element>>> = OnceLock::new();

/// Whether an element with this key ships.
pub fn is_shipped(key: &str) -> bool {
    position(key).is_some()
}

/// The text of the file of a shipped element.
pub fn shipped_text(key: &str) -> Option<&'static str> {
    position(key).map(|at| TEXTS[at])
}

/// The shipped element with this key.
pub fn shipped(key: &str) -> Option<&'static Element> {
    position(key).map(parsed)
}

/// All of them, by key.
pub(super) fn all() -> impl Iterator<Item = &'static Element> {
    (0..SHIPPED.len()).map(parsed)
}

/// Those that sign in at this provider, by key.
pub(super) fn of_provider(provider: &str) -> impl Iterator<Item = &'static Element> {
    let found = PROVIDERS.binary_search_by_key(&provider, |(known, _)| known).ok();
    let keys: &'static [&'static str] = found.map_or(&[], |at| PROVIDERS[at].1);
    keys.iter().filter_map(|key| shipped(key))
}

fn position(key: &str) -> Option<usize> {
    SHIPPED.binary_search_by_key(&key, |(known, _)| known).ok()
}

fn parsed(at: usize) -> &'static Element {
    let parsed = PARSED.get_or_init(|| SHIPPED.iter().map(|_| OnceLock::new()).collect());
    parsed[at].get_or_init(|| serde_json::from_str(SHIPPED[at].1).expect("the build wrote it"))
}
