//! `docs/elements.md` is generated from the element files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use super::catalogue::files;
use crate::element::{Auth, CallText, Element};
use crate::view::Reach;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/elements.md");
const HEAD: &str = include_str!("document_head.md");
/// Reasons, each with the keys of the elements that it is true of.
const REASONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/facts/hosted-only.json");
const PLATFORM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/facts/platform.json");

/// Where an element can be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    ThisComputer,
    /// In hosted workspaces, and in practice.
    Hosted,
    Closed,
}

impl From<&Element> for Place {
    fn from(element: &Element) -> Self {
        let is_custom = element.auths().all(|auth| matches!(auth, Auth::Custom(_)));
        match element {
            _ if element.retired => Self::Closed,
            _ if element.historical || is_custom => Self::Hosted,
            _ => Self::ThisComputer,
        }
    }
}

/// With `KEYRACK_WRITE_ELEMENTS=1` this test writes the file first.
#[test]
fn the_list_of_elements_is_current() {
    let document = write_document(&elements(), &reasons());
    if std::env::var_os("KEYRACK_WRITE_ELEMENTS").is_some() {
        fs::write(FILE, &document).expect("the list can be written");
    }
    let kept = fs::read_to_string(FILE).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == document, "docs/elements.md is older than the element files: run `make types`");
}

#[test]
fn every_element_that_this_computer_cannot_reach_has_one_reason() {
    let elements = elements();
    let mut faults = Vec::new();
    let mut explained = BTreeMap::new();
    for (reason, keys) in reasons() {
        let is_plain =
            reason.len() <= 100 && reason.starts_with(char::is_uppercase) && !reason.ends_with('.');
        if !is_plain {
            faults.push(format!("{reason}: a reason is a short sentence without a full stop"));
        }
        for key in keys {
            match elements.iter().find(|element| element.key == key) {
                None => faults.push(format!("{key}: no element has this key")),
                Some(element) if Place::from(element) != Place::Hosted => {
                    faults
                        .push(format!("{key}: this computer reaches it, or it is closed: remove its reason"));
                }
                Some(_) => {}
            }
            if explained.insert(key.clone(), reason.clone()).is_some() {
                faults.push(format!("{key}: it has two reasons"));
            }
        }
    }
    let unreached = elements.iter().filter(|element| Place::from(*element) == Place::Hosted);
    for element in unreached.filter(|element| !explained.contains_key(&element.key)) {
        faults.push(format!("{}: why can this computer not reach it?", element.key));
    }
    assert!(faults.is_empty(), "tests/facts/hosted-only.json\n{}", faults.join("\n"));
}

#[test]
fn text_of_an_element_file_cannot_change_the_list() {
    assert_eq!(escape("A|B [x](y) <i> *_`\\ &amp;\nC"), r"A\|B \[x\](y) \<i\> \*\_\`\\ \&amp; C");
    let link = link("https://a.example/x|y(z)<w> v");
    assert_eq!(link, "[a.example](https://a.example/x%7Cy%28z%29%3Cw%3E%20v)");
}

fn elements() -> Vec<Element> {
    let parse = |(key, text): &(String, String)| Element::parse(text).unwrap_or_else(|_| panic!("{key}"));
    let mut elements: Vec<Element> = files().iter().map(parse).collect();
    elements.sort_by_key(|element| (element.name.to_lowercase(), element.key.clone()));
    elements
}

fn reasons() -> BTreeMap<String, Vec<String>> {
    let reasons = fs::read_to_string(REASONS).expect("the reasons");
    serde_json::from_str(&reasons).expect("JSON")
}

fn write_document(elements: &[Element], reasons: &BTreeMap<String, Vec<String>>) -> String {
    let (generic, products): (Vec<_>, Vec<_>) = elements.iter().partition(|element| element.generic);
    let at = |place: Place| products.iter().copied().filter(move |element| Place::from(*element) == place);
    let mut text = HEAD.to_owned();
    let named = |element: &&Element| format!("{} (`{}`)", escape(&element.name), element.key);
    for (hole, value) in [
        ("{direct}", at(Place::ThisComputer).count().to_string()),
        ("{hosted}", at(Place::Hosted).count().to_string()),
        ("{closed}", at(Place::Closed).count().to_string()),
        ("{generic}", generic.iter().map(named).collect::<Vec<_>>().join(" and ")),
    ] {
        assert!(text.contains(hole), "{hole}");
        text = text.replace(hole, &value);
    }
    let categories: BTreeSet<&str> = at(Place::ThisComputer).map(|e| e.category.as_str()).collect();
    for category in categories {
        let listed = at(Place::ThisComputer).filter(|element| element.category == category);
        let rows = listed.map(|e| (e, [connects_by(e), facts(e), e.checked.clone().unwrap_or_default()]));
        let _ = write!(text, "\n## {}\n", escape(category));
        table(&mut text, &["Connects by", "Facts from", "Checked"], rows);
    }
    let reason = |key: &String| reasons.iter().find(|(_, keys)| keys.contains(key)).map(|(reason, _)| reason);
    let rows = at(Place::Hosted).map(|e| (e, [escape(reason(&e.key).map_or("", String::as_str))]));
    let _ = write!(text, "\n## Out of this computer's reach\n\n{}\n", account_for_platform(&products));
    table(&mut text, &["Why"], rows);
    let replacement = |closed: &Element| {
        let key = closed.replaced_by.as_ref()?;
        products.iter().find(|element| element.key == *key).map(named)
    };
    let rows = at(Place::Closed).map(|e| {
        let note = escape(e.note.as_deref().unwrap_or_default());
        (e, [note, replacement(e).unwrap_or_default()])
    });
    text.push_str("\n## Closed\n");
    table(&mut text, &["What became of it", "In its place"], rows);
    text
}

fn table<'e, const N: usize>(
    text: &mut String,
    columns: &[&str; N],
    rows: impl Iterator<Item = (&'e Element, [String; N])>,
) {
    let columns = columns.join(" | ");
    let _ = write!(text, "\n| Product | Key | {columns} |\n|{}\n", "---|".repeat(N + 2));
    for (element, cells) in rows {
        let cells = cells.join(" | ");
        let _ = writeln!(text, "| {} | `{}` | {cells} |", escape(&element.name), element.key);
    }
}

/// How many elements of the old platform can be connected where.
fn account_for_platform(products: &[&Element]) -> String {
    let keys = fs::read_to_string(PLATFORM).expect("the facts");
    let keys: BTreeMap<String, serde_json::Value> = serde_json::from_str(&keys).expect("JSON");
    let find = |key: &String| products.iter().copied().find(|element| element.wire_key() == key);
    let places: Vec<Place> =
        keys.keys().map(|key| find(key).map_or_else(|| panic!("{key}"), Place::from)).collect();
    let count = |place: Place| places.iter().filter(|found| **found == place).count();
    format!(
        "They can be practised, and connected in a hosted workspace that has them. Of the {} elements of the platform\n\
         whose API Keyrack speaks, {} connect from this computer, {} do not, and {} are closed.",
        places.len(),
        count(Place::ThisComputer),
        count(Place::Hosted),
        count(Place::Closed)
    )
}

/// The ways to connect from this computer, the easiest first.
fn connects_by(element: &Element) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for way in element.auths().filter_map(describe_way) {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways.join(" · ")
}

fn describe_way(auth: &Auth) -> Option<&'static str> {
    let is_fixed = |text: &Option<CallText>| text.as_ref().is_some_and(|text| text.holes().next().is_none());
    match auth {
        Auth::Custom(_) => None,
        Auth::Basic(basic) if is_fixed(&basic.username) || is_fixed(&basic.password) => Some("Paste a key"),
        Auth::Basic(_) | Auth::Session(_) => Some("User name and password"),
        auth => Some(match Reach::from(auth) {
            Reach::SignIn => "Sign in",
            Reach::Key => "Paste a key",
            Reach::App => "Needs an app",
        }),
    }
}

fn facts(element: &Element) -> String {
    let sources = element.sources.iter().map(|source| match source.strip_prefix("https://") {
        Some(_) => link(source),
        None => escape(source),
    });
    element.docs.as_deref().map(link).into_iter().chain(sources).collect::<Vec<_>>().join(", ")
}

/// Markdown that shows this text, in one line.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if "\\`*_[]<>|&~#".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A link that is called like its host.
fn link(address: &str) -> String {
    let host = address.trim_start_matches("https://").split(['/', '?', '#']).next().unwrap_or_default();
    let mut target = String::new();
    for c in address.chars() {
        if "()<>[]|\\` \"".contains(c) {
            let _ = write!(target, "%{:02X}", u32::from(c));
        } else {
            target.push(c);
        }
    }
    format!("[{}]({target})", escape(host))
}
