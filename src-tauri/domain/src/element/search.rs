//! Finding the element that a user means.

use super::Element;
use crate::connection::folded;

/// At most so many letters of a name are wrong.
const MOST_TYPOS: usize = 2;

/// As many as fit on a screen and are read.
const MOST_NEAR: usize = 3;

/// What a text names.
pub enum Found<'e> {
    One(&'e Element),
    /// None, or several; these are like it, the likest first.
    Near(Vec<&'e Element>),
}

/// Looks for a key, a name or a former name, ignoring case.
pub fn find<'e>(elements: &'e [Element], text: &str) -> Found<'e> {
    let wanted = folded(text.trim());
    let named = |element: &&Element| names(element).any(|name| name == wanted);
    let mut found: Vec<_> = elements.iter().filter(named).collect();
    // The name of one product may be a former name of another.
    if found.len() > 1 {
        let current = |element: &&Element| folded(&element.name) == wanted;
        let first: Vec<_> = found.iter().copied().filter(current).collect();
        found = if first.len() == 1 { first } else { found };
    }
    if let [one] = found.as_slice() {
        return Found::One(one);
    }
    if found.is_empty() {
        found = near(elements, &wanted);
    }
    found.truncate(MOST_NEAR);
    Found::Near(found)
}

fn near<'e>(elements: &'e [Element], wanted: &str) -> Vec<&'e Element> {
    let distance = |element: &Element| {
        let typos = names(element).map(|name| strsim::damerau_levenshtein(&name, wanted)).min();
        let begins = wanted.len() > 2 && names(element).any(|name| name.starts_with(wanted));
        if begins { Some(0) } else { typos.filter(|typos| *typos <= MOST_TYPOS && *typos < wanted.len()) }
    };
    let mut near: Vec<_> = elements.iter().filter_map(|e| Some((distance(e)?, e.retired, e))).collect();
    near.sort_by_key(|(distance, retired, element)| (*distance, *retired, element.name.len()));
    near.into_iter().map(|(_, _, element)| element).collect()
}

fn names(element: &Element) -> impl Iterator<Item = String> {
    let names = [&element.key, &element.name].into_iter().chain(&element.formerly);
    names.map(|name| folded(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::Auth;

    #[test]
    fn an_element_is_found_by_key_name_former_name_and_almost() {
        let element = |key: &str, name: &str, formerly: &[&str]| Element {
            formerly: formerly.iter().map(|name| (*name).to_owned()).collect(),
            ..Element::new(key.to_owned(), name.to_owned(), Auth::default())
        };
        let elements = [
            element("ciscospark", "Webex", &["Cisco Spark"]),
            element("spark", "Spark", &[]),
            element("sparkpost", "SparkPost", &[]),
            element("x", "X", &["Twitter"]),
        ];
        for (text, expected) in [
            ("CISCOSPARK", &["ciscospark"][..]),
            ("cisco spark", &["ciscospark"]),
            ("webex", &["ciscospark"]),
            ("Spark", &["spark"]),
            ("twitter", &["x"]),
            ("wbex", &["ciscospark"]),
            ("sparkp", &["sparkpost", "spark"]),
            ("nothing at all", &[]),
            ("y", &[]),
        ] {
            let found: Vec<_> = match find(&elements, text) {
                Found::One(element) => vec![element.key.as_str()],
                Found::Near(near) => near.iter().map(|element| element.key.as_str()).collect(),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
