//! The query of a callback, and a callback that the user pasted.

use std::collections::BTreeSet;

use keyrack_domain::oauth::callback::{Callback, Issuer, Outcome, pasted_query};
use url::Url;

use crate::assertions::assert_plain;

const STATE: &str = "our-state";
const ISSUER: &str = "https://id.example.com";
const ADDRESS: &str = "https://www.mycoolapp.com/auth?app=1";

/// The documented bounds of a query, a value and the number of parameters.
const LONGEST_QUERY: usize = 16 * 1024;
const LONGEST_VALUE: usize = 8 * 1024;
const MOST_PARAMETERS: usize = 64;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(callback) = Callback::parse(text) {
        check_parameters(text, &callback);
        check_binding(text, &callback);
        check_outcomes(&callback);
    }
    check_pasted(text);
}

fn pairs(callback: &Callback) -> Vec<(String, String)> {
    callback.provider_data().into_iter().map(|(name, value)| (name, value.expose().clone())).collect()
}

/// What is passed on is what another parser reads, within the bounds, and each name once.
fn check_parameters(text: &str, callback: &Callback) {
    let pairs = pairs(callback);
    let read: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    assert_eq!(pairs, read);
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), pairs.len(), "a repeated parameter");
    assert!(pairs.len() <= MOST_PARAMETERS);
    assert!(text.len() <= LONGEST_QUERY && pairs.iter().all(|(_, value)| value.len() <= LONGEST_VALUE));
}

/// A callback is bound by our state or request token, and by nothing else.
fn check_binding(text: &str, callback: &Callback) {
    let value = |name: &str| callback.get(name).map(|value| value.expose().as_str());
    assert_eq!(callback.binds_oauth2(STATE), value("state") == Some(STATE));
    let names_token = value("oauth_token") == Some(STATE) || value("denied") == Some(STATE);
    assert_eq!(callback.binds_oauth1(STATE), names_token);
    assert!(!callback.binds_oauth2("") && !callback.binds_oauth1(""));

    let has_room = text.len() + 32 <= LONGEST_QUERY && text.split('&').count() < MOST_PARAMETERS;
    for (name, binds) in
        [("state", Callback::binds_oauth2 as fn(&Callback, &str) -> bool), ("denied", Callback::binds_oauth1)]
    {
        let ours = Callback::parse(&format!("{text}&{name}={STATE}"));
        if let Ok(ours) = &ours {
            assert!(binds(ours, STATE), "not bound by {name}");
        }
        let is_free = pairs(callback).iter().all(|(known, _)| known != name);
        assert!(is_free || ours.is_err(), "{name} is repeated");
        assert!(ours.is_ok() || !is_free || !has_room, "{name} is refused");
    }
}

fn check_outcomes(callback: &Callback) {
    let value = |name: &str| callback.get(name).map(|value| value.expose().as_str());
    let (known, announced) = (Issuer::Known(ISSUER.to_owned()), Issuer::Announced(ISSUER.to_owned()));
    for issuer in [Issuer::Unknown, known, announced] {
        let outcome = callback.outcome_oauth2(&issuer);
        let granted = outcome == Outcome::Granted;
        assert!(!granted || value("code").is_some() && value("error").is_none());
        let from_issuer = match &issuer {
            Issuer::Unknown => true,
            Issuer::Known(_) => value("iss").is_none_or(|iss| iss == ISSUER),
            Issuer::Announced(_) => value("iss") == Some(ISSUER),
        };
        assert_eq!(outcome == Outcome::IssuerMismatch, !from_issuer);
        check_error(&outcome);
    }
    let outcome = callback.outcome_oauth1(STATE);
    let has_verifier = value("oauth_verifier").is_some() && value("oauth_token") == Some(STATE);
    assert!(outcome != Outcome::Granted || has_verifier);
    check_error(&outcome);
}

/// The provider's words are bounded plain text.
fn check_error(outcome: &Outcome) {
    if let Outcome::ProviderError { error, description } = outcome {
        assert!(!error.is_empty());
        assert_plain(error, 64);
        assert_plain(description.as_deref().unwrap_or("x"), 300);
        assert_ne!(description.as_deref(), Some(""));
    }
}

/// A pasted address leads to an answer only if it is the callback address.
fn check_pasted(text: &str) {
    let Ok(query) = pasted_query(text, ADDRESS) else { return };
    assert!(!query.is_empty() && !query.contains('#'));
    assert!(query.bytes().all(|byte| byte.is_ascii_graphic()));
    let address = text.trim();
    let url = Url::parse(address).ok().filter(Url::has_host);
    let url = url.or_else(|| Url::parse(&format!("https://{address}")).ok()).expect("an address");
    assert_eq!((url.scheme(), url.host_str(), url.path()), ("https", Some("www.mycoolapp.com"), "/auth"));
    assert_eq!(url.port_or_known_default(), Some(443));
    assert_eq!(pasted_query(&format!("https://www.mycoolapp.com/auth?{query}"), ADDRESS), Ok(query));
}
