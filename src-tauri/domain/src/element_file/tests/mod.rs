mod catalogue;
mod custom;
mod document;
mod faults;
mod generic;
mod platform_facts;
mod schema;
mod shipped;

use crate::element::Element;

/// A small valid file that the tests spoil.
const PLAIN: &str = include_str!("plain.toml");

fn parse(text: &str) -> Element {
    Element::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}
