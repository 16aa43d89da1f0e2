//! Requests as flat tables, so that each part of one is compared by its name.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use super::facts::Right;
use crate::domain::oauth::percent;
use crate::scripted::Seen;

/// `method`, `address`, and each `query`, `header` and `body` with its name. What a header holds that authenticates with
/// more than one value has a row each: `basic user`, `signed oauth_token`.
pub(super) type Table = BTreeMap<String, String>;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

/// Headers that say nothing about the product.
const TRANSPORT: [&str; 4] = ["host", "user-agent", "accept-encoding", "content-length"];

/// Differs in each signed request.
pub(super) const FRESH: [&str; 3] = ["oauth_nonce", "oauth_signature", "oauth_timestamp"];

pub(super) fn of_address(address: &str) -> Table {
    let mut url: Url = address.parse().expect("an address");
    let query = url.query_pairs().into_owned();
    let mut table: Table = query.map(|(name, value)| (format!("query {name}"), value)).collect();
    url.set_query(None);
    table.insert("address".to_owned(), url.into());
    table
}

/// A request that the scripted server received.
pub(super) fn of_request(seen: &Seen) -> Table {
    let mut table = of_address(&format!("https:/{}", seen.target));
    table.insert("method".to_owned(), seen.method.clone());
    // Anything is accepted where nothing is said.
    let says_nothing =
        |name: &str, value: &str| TRANSPORT.contains(&name) || (name, value) == ("accept", "*/*");
    for (name, value) in seen.headers.iter().filter(|(name, value)| !says_nothing(name, value)) {
        table.insert(format!("header {name}"), value.clone());
    }
    split_authorization(&mut table);
    let is_json = seen.header("content-type") == Some(JSON);
    let members: Vec<(String, String)> = match seen.body.as_str() {
        "" => Vec::new(),
        body if is_json => {
            let members: BTreeMap<String, Value> = serde_json::from_str(body).expect("an object");
            let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            members.into_iter().map(|(name, value)| (name, text(value))).collect()
        }
        body => percent::parse_form(body).expect("a form"),
    };
    table.extend(members.into_iter().map(|(name, value)| (format!("body {name}"), value)));
    table
}

fn split_authorization(table: &mut Table) {
    let Some(value) = table.get("header authorization").cloned() else { return };
    if let Some(pair) = value.strip_prefix("Basic ") {
        let pair = String::from_utf8(STANDARD.decode(pair).expect("Base64")).expect("UTF-8");
        let (user, password) = pair.split_once(':').expect("a pair");
        table.insert("basic user".to_owned(), user.to_owned());
        table.insert("basic password".to_owned(), password.to_owned());
    } else if let Some(parameters) =
        value.strip_prefix("OAuth ").filter(|value| value.contains("oauth_nonce"))
    {
        for (name, value) in parameters.split(',').filter_map(|pair| pair.trim().split_once('=')) {
            let value = percent::decode(value.trim_matches('"')).expect("encoded");
            let value = if FRESH.contains(&name) { String::new() } else { value };
            table.insert(format!("signed {name}"), value);
        }
    } else {
        return;
    }
    table.remove("header authorization");
}

/// What a request is compared with.
#[derive(Default)]
pub(super) struct Expected(pub(super) BTreeMap<String, Right>);

impl Expected {
    /// A request to an address, which may have a query.
    pub(super) fn request(method: &str, address: &Right) -> Self {
        let mut expected = Self::default();
        expected.set("method", method);
        // Alternatives have no query.
        let Right::One(address) = address else {
            expected.0.insert("address".to_owned(), address.clone());
            return expected;
        };
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            expected.set(&format!("query {name}"), value);
        }
        expected.set("address", address);
        expected
    }

    pub(super) fn set(&mut self, name: &str, right: impl Into<Right>) {
        self.0.insert(name.to_owned(), right.into());
    }

    pub(super) fn extend(&mut self, place: &str, rows: &BTreeMap<String, Right>) {
        let named = |name: &str| {
            format!("{place} {}", if place == "header" { name.to_lowercase() } else { name.to_owned() })
        };
        self.0.extend(rows.iter().map(|(name, right)| (named(name), right.clone())));
    }

    /// What differs, by the name of each part. `known` fills in the holes that have its names.
    pub(super) fn differences(&self, sent: &Table, known: &BTreeMap<&'static str, String>) -> Vec<String> {
        let fill =
            |text: &str| known.iter().fold(text.to_owned(), |text, (hole, value)| text.replace(hole, value));
        let mut differences = Vec::new();
        for (name, right) in &self.0 {
            let sent = sent.get(name).map(String::as_str);
            let right: Vec<_> = right.texts().map(|right| right.map(fill)).collect();
            let fits = right.iter().any(|right| match (right, sent) {
                (Some(right), Some(sent)) => fits(right, sent),
                (right, sent) => right.is_none() && sent.is_none(),
            });
            if !fits {
                let [sent, right] = [vec![sent.map(str::to_owned)], right].map(|texts| shown(&texts));
                differences.push(format!("{name} is {sent} in place of {right}"));
            }
        }
        let unexpected = sent.iter().filter(|(name, _)| !self.0.contains_key(*name));
        differences.extend(unexpected.map(|(name, value)| format!("{name} is sent, as {value:?}")));
        differences
    }
}

fn shown(texts: &[Option<String>]) -> String {
    let shown =
        texts.iter().map(|text| text.as_ref().map_or("nothing".to_owned(), |text| format!("{text:?}")));
    shown.collect::<Vec<_>>().join(" or ")
}

/// Compares a text with a pattern, in which a hole such as `{site}` matches one word of an address.
fn fits(right: &str, sent: &str) -> bool {
    let Some((before, rest)) = right.split_once('{') else { return right == sent };
    let hole =
        rest.split_once('}').filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    match (hole, sent.strip_prefix(before)) {
        (_, None) => false,
        (None, Some(sent)) => sent.strip_prefix('{').is_some_and(|sent| fits(rest, sent)),
        (Some((_, after)), Some(sent)) => {
            let ends =
                (1..=sent.len()).filter(|end| sent.is_char_boundary(*end) && !sent[..*end].contains('/'));
            ends.into_iter().any(|end| fits(after, &sent[end..]))
        }
    }
}
