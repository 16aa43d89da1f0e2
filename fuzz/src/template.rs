//! An address with holes, and the values that fill them: the first line is the template, the second the value of
//! `{text}`, then those of `{host}`, `{origin}` and `{whole}`.

use std::collections::BTreeMap;

use keyrack_domain::element::Element;
use keyrack_domain::form::{self, Values};
use keyrack_domain::template::{Place, Template};
use url::Url;

/// Fields that accept as much as their type allows.
const LAX: &str = r#"
key = "lax"
name = "Lax"
initials = "LX"
category = "Test"
gives = "Nothing"
access = []
auth = { custom = {} }
fields = [
  { key = "text", label = "Text", example = "acme", required = false, max_length = 4000 },
  { key = "host", label = "Host", example = "a.example.com", type = "host", host_suffix = ".example.com", required = false },
  { key = "origin", label = "Origin", example = "https://example.com", type = "origin", required = false },
  { key = "whole", label = "Whole", example = "https://example.com/a", type = "address", required = false },
]
"#;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(5, '\n');
    let Some(Ok(template)) = lines.next().map(str::parse::<Template>) else { return };
    assert_eq!(template.as_str().parse().as_ref(), Ok(&template));
    let given = ["text", "host", "origin", "whole"].into_iter().zip(lines);
    let given = given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let Some(values) = accepted(&given) else { return };
    match template.fill(&values) {
        Ok(url) => check_filled(&template, &values, &url),
        Err(error) => assert!(error.to_string().len() <= 1100),
    }
}

fn accepted(given: &BTreeMap<String, String>) -> Option<Values> {
    let element: Element = toml::from_str(LAX).expect("the element above");
    form::check(&element, given, &BTreeMap::new()).ok()
}

fn check_filled(template: &Template, values: &Values, url: &Url) {
    let as_text = template.fill_text(values).expect("filled before");
    assert_eq!(Url::parse(&as_text).as_ref(), Ok(url));
    assert_eq!(template.origin(values).expect("filled before").origin(), url.origin());
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    let local = matches!(url.host_str(), Some("localhost" | "[::1]")) || is_loopback(url);
    assert!(url.scheme() == "https" || url.scheme() == "http" && local);
    let holes = template.holes();
    if holes.first().is_some_and(|(_, place)| *place == Place::Whole) {
        assert_eq!(values.get("whole"), Some(as_text.as_str()));
        return;
    }
    check_host(template, values, url, &holes);
    check_rest(template, url);
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host(), Some(url::Host::Ipv4(address)) if address.is_loopback())
}

/// The host is the one of the template, or of the one field that may choose it.
fn check_host(template: &Template, values: &Values, url: &Url, holes: &[(&str, Place)]) {
    let host = url.host_str().expect("a host");
    match holes.first() {
        Some((_, Place::Origin)) => {
            assert_eq!(Some(url.origin().ascii_serialization().as_str()), values.get("origin"));
        }
        Some((_, Place::Host)) => {
            assert_eq!(Some(host), values.get("host"));
            assert!(host.ends_with(".example.com"));
        }
        _ => {
            let (_, rest) = template.as_str().split_once("://").expect("a scheme");
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            let written = match authority.rfind(':') {
                Some(at) if !authority.ends_with(']') => &authority[..at],
                _ => authority,
            };
            // What follows the last hole is fixed, and a value adds no label.
            let (tail, has_hole) = match written.rsplit_once('}') {
                Some((_, tail)) => (tail, true),
                None => (written, false),
            };
            assert!(if has_hole { host.ends_with(tail) } else { host == tail }, "{host} for {written}");
            assert_eq!(host.split('.').count(), dots_outside_holes(written) + 1, "{host} for {written}");
        }
    }
}

fn dots_outside_holes(text: &str) -> usize {
    let outside = text.split('{').map(|part| part.rsplit('}').next().unwrap_or_default());
    outside.map(|part| part.matches('.').count()).sum()
}

/// Values add neither path segments nor query parameters.
fn check_rest(template: &Template, url: &Url) {
    let text = template.as_str();
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let (before_query, query) = match rest.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (rest, None),
    };
    let slashes = before_query.matches('/').count().max(1);
    assert_eq!(url.path().matches('/').count(), slashes, "{url}");
    assert_eq!(url.query().is_some(), query.is_some(), "{url}");
    let names = |query: &str| -> Vec<String> {
        query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_owned()).collect()
    };
    let filled = names(url.query().unwrap_or_default());
    assert_eq!(filled.len(), names(query.unwrap_or_default()).len(), "{url}");
}
