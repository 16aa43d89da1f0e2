//! The query of a callback, and a callback that the user pasted.

use std::collections::BTreeSet;

use keyrack_domain::oauth::callback::{Callback, Issuer, Outcome, pasted_query};
use keyrack_domain::text::one_line;
use url::Url;

use crate::assertions::assert_plain;

const STATE: &str = "our-state";
const ISSUER: &str = "https://id.example.com";
const ADDRESS: &str = "https://www.mycoolapp.com/auth?app=1";
const HOST: &str = "www.mycoolapp.com";

/// The documented bounds of a value and of the number of parameters that are passed on.
const LONGEST_VALUE: usize = 8 * 1024;
const MOST_PARAMETERS: usize = 64;

pub fn check(data: &[u8]) {
    let callback = Callback::parse(data);
    check_parameters(data, &callback);
    check_binding(data, &callback);
    check_outcomes(&callback);
    if let Ok(text) = std::str::from_utf8(data) {
        check_pasted(text);
    }
}

/// What is passed on is what another parser reads, within the bounds, and each name once.
fn check_parameters(data: &[u8], callback: &Callback) {
    let pairs: Vec<_> =
        callback.provider_data().into_iter().map(|(name, value)| (name, value.expose().clone())).collect();
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), pairs.len(), "a repeated parameter");
    assert!(pairs.len() <= MOST_PARAMETERS);
    assert!(pairs.iter().all(|(_, value)| value.len() <= LONGEST_VALUE));
    // Some servers separate parameters by these too.
    if !data.iter().any(|byte| b";?#".contains(byte)) {
        let read: Vec<_> = url::form_urlencoded::parse(data).into_owned().collect();
        assert!(pairs.iter().all(|pair| read.contains(pair)));
    }
}

/// A callback is bound by our state or request token, and by nothing else, however ill-formed the rest is.
fn check_binding(data: &[u8], callback: &Callback) {
    let read: String =
        url::form_urlencoded::parse(data).map(|(name, value)| format!("{name}={value}&")).collect();
    assert!(read.contains(STATE) || !callback.binds_oauth2(STATE) && !callback.binds_oauth1(STATE));
    assert!(!callback.binds_oauth2("") && !callback.binds_oauth1(""));
    for (name, binds) in [
        ("state", Callback::binds_oauth2 as fn(&Callback, &str) -> bool),
        ("oauth_token", Callback::binds_oauth1),
        ("denied", Callback::binds_oauth1),
    ] {
        let ours = [data, format!("&{name}={STATE}").as_bytes()].concat();
        assert!(binds(&Callback::parse(&ours), STATE), "not bound by {name}");
    }
}

fn check_outcomes(callback: &Callback) {
    let value = |name: &str| callback.get(name).map(|value| value.expose().as_str());
    let usable = |name: &str| value(name).is_some() && callback.problem(name).is_none();
    let (known, announced) = (Issuer::Known(ISSUER.to_owned()), Issuer::Announced(ISSUER.to_owned()));
    for issuer in [Issuer::Unknown, known, announced] {
        let outcome = callback.outcome_oauth2(&issuer);
        let from_issuer = match &issuer {
            Issuer::Unknown => true,
            Issuer::Known(_) => value("iss").is_none_or(|iss| iss == ISSUER),
            Issuer::Announced(_) => value("iss") == Some(ISSUER),
        };
        let granted = usable("code") && value("error").is_none() && from_issuer;
        assert!(granted || outcome != Outcome::Granted);
        check_error(&outcome);
    }
    let outcome = callback.outcome_oauth1(STATE);
    let granted = usable("oauth_verifier") && usable("oauth_token") && value("oauth_token") == Some(STATE);
    assert!(granted || outcome != Outcome::Granted);
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
    assert!(holds_callback(text), "the callback address is not in the text");
    // Punctuation at the end of what is pasted belongs to the text around it.
    if query.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        assert_eq!(pasted_query(&format!("https://{HOST}/auth?{query}"), ADDRESS), Ok(query));
    }
}

/// Whether the callback address begins somewhere in the text, once its white space and hidden characters are removed.
fn holds_callback(text: &str) -> bool {
    let unmarked = text.replace("\x1b[200~", "").replace("\x1b[201~", "");
    let line: String = one_line(&unmarked).split(' ').collect();
    let begins = |start: &usize| {
        let rest = &line.as_bytes()[*start..];
        ["http", HOST]
            .iter()
            .any(|word| rest.get(..word.len()).is_some_and(|r| r.eq_ignore_ascii_case(word.as_bytes())))
    };
    let is_callback = |url: &Url| {
        (url.scheme(), url.host_str(), url.path()) == ("https", Some(HOST), "/auth")
            && url.port_or_known_default() == Some(443)
    };
    line.char_indices().map(|(start, _)| start).filter(begins).any(|start| {
        let rest = &line[start..];
        [rest.to_owned(), format!("https://{rest}")]
            .iter()
            .filter_map(|text| Url::parse(text).ok())
            .any(|url| is_callback(&url))
    })
}
