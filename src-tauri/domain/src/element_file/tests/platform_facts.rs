//! The names of each element in the calls of the platform, compared with the platform's own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::catalogue::files;
use crate::element::{Auth, Condition, Element, Field, STANDARD_QUERY, Step};

const FACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/facts/platform.json");

/// Elements whose names in the guides and in the platform's own answers differ: both are sent, and `shipped` holds them.
const BOTH_NAMES: [&str; 8] = [
    "actessentialsoauth",
    "ciscospark",
    "desk",
    "sfdc",
    "sfdcdocuments",
    "sfdcmarketingcloud",
    "sfdcservicecloud",
    "zendesk",
];

/// The names in the calls of one way to connect.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
struct Names {
    oauth_token: BTreeSet<String>,
    oauth_url: BTreeSet<String>,
    provider_data: BTreeSet<String>,
    configuration: BTreeSet<String>,
}

#[test]
fn every_name_of_a_platform_element_is_the_platforms() {
    let facts = std::fs::read_to_string(FACTS).expect("the facts");
    let facts: BTreeMap<String, BTreeSet<Names>> = serde_json::from_str(&facts).expect("JSON");
    assert!(facts.len() >= 228);
    let elements: Vec<Element> =
        files().iter().map(|(key, text)| Element::parse(text).unwrap_or_else(|_| panic!("{key}"))).collect();
    let find = |key: &str| {
        let is_it = |element: &&Element| element.platform_key.as_deref().unwrap_or(&element.key) == key;
        elements.iter().find(is_it)
    };
    let mut faults = Vec::new();
    for (key, expected) in facts.iter().filter(|(key, _)| !BOTH_NAMES.contains(&key.as_str())) {
        let Some(element) = find(key) else {
            faults.push(format!("{key}: no element"));
            continue;
        };
        let found = platform_names(element);
        for names in expected.difference(&found) {
            faults.push(format!("{key}: no way has\n  {names:?}\n  but\n  {found:?}"));
        }
        for names in found.difference(expected) {
            faults.push(format!("{key}: the platform does not know\n  {names:?}"));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// The names of the ways that hosted platforms know.
fn platform_names(element: &Element) -> BTreeSet<Names> {
    let element = element.clone().as_hosted();
    let conditions: Vec<_> = element.ways.iter().map(|way| way.when.clone()).collect();
    let own = element.has_own_way().then_some(None);
    let when = conditions.iter().cloned().chain(own);
    element.each_way().zip(when).map(|(way, when)| names(&way, when.as_ref(), &conditions)).collect()
}

fn names(way: &Element, when: Option<&Condition>, others: &[Option<Condition>]) -> Names {
    let is_shown = |field: &&Field| match (&field.visible_when, when) {
        (None, _) => true,
        (Some(shown), Some(when)) => shown == when,
        (Some(shown), None) => !others.iter().flatten().any(|other| other == shown),
    };
    let fields: Vec<&Field> = way.fields.iter().filter(is_shown).collect();
    let query = |step: Step| -> BTreeSet<String> {
        let standard = STANDARD_QUERY.iter().filter(|(key, _)| fields.iter().any(|field| field.key == *key));
        let own = fields.iter().filter(|field| field.steps.contains(&step)).flat_map(|field| &field.query);
        standard.map(|(_, name)| (*name).to_owned()).chain(own.cloned()).collect()
    };
    let is_oauth1 = matches!(way.auth, Auth::Oauth1(_)) && way.auth.needs_browser();
    let calls_back = way.needs_browser_for(&crate::values::Values::default());
    let mut oauth_url = if calls_back { query(Step::Url) } else { BTreeSet::new() };
    oauth_url.extend(is_oauth1.then(|| "requestToken".to_owned()));
    let mut provider_data: BTreeSet<String> = way.callback.fixed.keys().cloned().collect();
    let brought = if calls_back || is_oauth1 { way.provider_data() } else { Vec::new() };
    provider_data.extend(brought.into_iter().map(str::to_owned));
    provider_data.extend(way.callback.provider_data.iter().cloned());
    let configuration = fields.iter().filter(|field| field.configuration).map(|field| field.key.clone());
    Names {
        oauth_token: if is_oauth1 { query(Step::Token) } else { BTreeSet::new() },
        oauth_url,
        provider_data,
        configuration: configuration.chain(way.callback.configuration.values().cloned()).collect(),
    }
}
