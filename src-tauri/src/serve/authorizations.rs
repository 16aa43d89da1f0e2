//! Sign-ins that a caller began with `oauth/token` or `oauth/url` and may finish with `POST /instances`. They hold what the
//! exchange needs and the caller does not send: the PKCE verifier (RFC 7636 §4.5), the secret of a request token, the
//! values of the query.
//!
//! In memory only: they are useful for minutes, and after a restart the caller begins again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::element::Element;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;

/// Authorization codes and request tokens live for minutes, users who look for a password need some more.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// Each has about a kilobyte, and some ten with the longest values. More than a script begins in an hour for one user, and
/// than a test begins at once.
const CAPACITY: usize = 4096;

/// In bytes. A value becomes part of an address, and addresses with longer ones fail in browsers and servers.
pub(super) const VALUE_MAX: usize = 2048;

#[derive(Clone, Debug)]
pub(super) struct Authorization {
    pub(super) began: Instant,
    /// The key in the path of the call.
    pub(super) path_key: String,
    pub(super) provider: String,
    pub(super) api_key: String,
    pub(super) callback: String,
    pub(super) state: String,
    /// The other values of the query, by configuration key.
    pub(super) values: BTreeMap<String, String>,
    pub(super) verifier: Option<Verifier>,
    /// For OAuth 1.0a, with its secret, which only `oauth/token` knows.
    pub(super) request_token: Option<(String, Sensitive<String>)>,
}

/// What a body contains of the sign-in that it finishes.
pub(super) struct Criteria<'c> {
    pub(super) element: &'c Element,
    pub(super) api_key: &'c str,
    /// Without it the callback is that of the sign-in.
    pub(super) callback: Option<&'c str>,
    pub(super) state: Option<&'c str>,
    pub(super) request_token: Option<&'c str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchedBy {
    /// The request token, or a state that no other sign-in has.
    Callback,
    /// Application, callback and path key, which others may share; the newest was taken.
    Criteria,
}

/// An authorization that was removed, with its place.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) authorization: Authorization,
    pub(super) matched_by: MatchedBy,
    number: u64,
}

#[derive(Default)]
struct Pending {
    last: u64,
    /// In the order in which they began.
    entries: BTreeMap<u64, Authorization>,
}

#[derive(Default)]
pub(super) struct Authorizations(Mutex<Pending>);

impl Authorizations {
    /// Stores a sign-in; the oldest is dropped when there are too many. For OAuth 1.0a the second call replaces the entry
    /// of the first.
    pub(super) fn remember(&self, mut authorization: Authorization) {
        let mut pending = self.lock();
        if let Some((token, secret)) = &mut authorization.request_token
            && let Some(number) = numbers(&pending, |known| has_token(known, token)).first()
            && let Some(before) = pending.entries.remove(number)
            && secret.expose().is_empty()
        {
            *secret = before.request_token.map(|(_, secret)| secret).unwrap_or_default();
            for (key, value) in before.values {
                authorization.values.entry(key).or_insert(value);
            }
        }
        pending.last += 1;
        let number = pending.last;
        pending.entries.insert(number, authorization);
        while pending.entries.len() > CAPACITY {
            pending.entries.pop_first();
        }
    }

    /// Removes the sign-in that a body finishes: that of its request token; or that of its state if exactly one has it; else
    /// the newest with the same application, callback and path key.
    pub(super) fn take(&self, criteria: &Criteria<'_>) -> Option<Taken> {
        let mut pending = self.lock();
        let element = criteria.element;
        let named: Vec<u64> = match (criteria.request_token, criteria.state) {
            (Some(token), _) => numbers(&pending, |a| has_token(a, token)),
            (None, Some(state)) => {
                // A state may be the key of any element; the verifier of another provider is useless here.
                numbers(&pending, |a| a.state == state && a.provider == element.provider())
            }
            (None, None) => Vec::new(),
        };
        let fits = |a: &Authorization| {
            a.api_key == criteria.api_key
                && criteria.callback.is_none_or(|callback| a.callback == callback)
                && (a.path_key == element.path_key() || a.path_key == element.key)
        };
        let (number, matched_by) = match named.as_slice() {
            [one] => (*one, MatchedBy::Callback),
            _ if criteria.request_token.is_some() => return None,
            _ => (*numbers(&pending, fits).last()?, MatchedBy::Criteria),
        };
        let authorization = pending.entries.remove(&number)?;
        Some(Taken { authorization, matched_by, number })
    }

    /// Puts a sign-in back into its place, when the exchange did not take place or may be repeated.
    pub(super) fn put_back(&self, taken: Taken) {
        self.lock().entries.insert(taken.number, taken.authorization);
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.entries.retain(|_, authorization| authorization.began.elapsed() < LIFE);
        pending
    }
}

fn has_token(authorization: &Authorization, token: &str) -> bool {
    authorization.request_token.as_ref().is_some_and(|(known, _)| known == token)
}

fn numbers(pending: &Pending, fits: impl Fn(&Authorization) -> bool) -> Vec<u64> {
    pending.entries.iter().filter(|(_, known)| fits(known)).map(|(number, _)| *number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::catalog::Catalog;

    fn begun(path_key: &str, state: &str) -> Authorization {
        Authorization {
            began: Instant::now(),
            path_key: path_key.into(),
            provider: if path_key.starts_with("sfdc") { "salesforce" } else { path_key }.into(),
            api_key: "app".into(),
            callback: "https://a.example/auth".into(),
            state: state.into(),
            values: BTreeMap::new(),
            verifier: None,
            request_token: None,
        }
    }

    fn take(all: &Authorizations, element: &str, state: Option<&str>) -> Option<Taken> {
        let catalog = Catalog::shipped();
        all.take(&Criteria {
            element: catalog.find(element).expect("shipped"),
            api_key: "app",
            callback: Some("https://a.example/auth"),
            state,
            request_token: None,
        })
    }

    #[test]
    fn a_unique_state_identifies_its_sign_in() {
        let all = Authorizations::default();
        for state in ["one", "two", "three"] {
            all.remember(begun("zendesk", state));
        }
        let taken = take(&all, "zendesk", Some("two")).expect("pending");
        assert_eq!((taken.authorization.state.as_str(), taken.matched_by), ("two", MatchedBy::Callback));
        let newest = take(&all, "zendesk", Some("two")).expect("another one fits");
        assert_eq!((newest.authorization.state.as_str(), newest.matched_by), ("three", MatchedBy::Criteria));
    }

    #[test]
    fn of_several_sign_ins_with_one_state_the_newest_that_fits_is_taken() {
        let all = Authorizations::default();
        for api_key in ["app", "app", "other"] {
            all.remember(Authorization { api_key: api_key.into(), ..begun("zendesk", "zendesk") });
        }
        all.remember(Authorization { callback: "https://b.example/".into(), ..begun("zendesk", "zendesk") });
        all.remember(begun("ciscospark", "zendesk"));
        let first = take(&all, "zendesk", Some("zendesk")).expect("pending");
        let second = take(&all, "zendesk", None).expect("pending");
        assert!(first.number > second.number);
        assert!(take(&all, "zendesk", None).is_none());
    }

    #[test]
    fn a_sign_in_may_begin_under_the_path_key_of_its_element() {
        let all = Authorizations::default();
        // As in the guides: prepared under one key of the family, finished under another.
        all.remember(begun("sfdc", "sfdcdocuments"));
        all.remember(begun("sfdcdocuments", "sfdc"));
        let documents = take(&all, "sfdcdocuments", Some("sfdcdocuments")).expect("pending");
        assert_eq!(documents.authorization.path_key, "sfdc");
        assert_eq!(take(&all, "sfdc", None).expect("pending").authorization.path_key, "sfdcdocuments");
    }

    #[test]
    fn a_sign_in_that_is_put_back_keeps_its_place() {
        let all = Authorizations::default();
        all.remember(begun("zendesk", "one"));
        all.remember(begun("zendesk", "two"));
        let one = take(&all, "zendesk", Some("one")).expect("pending");
        all.put_back(one);
        assert_eq!(take(&all, "zendesk", None).expect("pending").authorization.state, "two");
        assert_eq!(take(&all, "zendesk", None).expect("pending").authorization.state, "one");
    }

    #[test]
    fn a_request_token_keeps_its_secret_and_the_values_of_its_query() {
        let all = Authorizations::default();
        let with_token = |secret: &str, values: &[(&str, &str)]| Authorization {
            request_token: Some(("token".into(), secret.into())),
            values: values.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            ..begun("desk", "desk")
        };
        all.remember(with_token("s3cret", &[("subdomain", "acme")]));
        all.remember(with_token("", &[]));
        let catalog = Catalog::shipped();
        let criteria = |token| Criteria {
            element: catalog.find("desk").expect("shipped"),
            api_key: "app",
            callback: Some("https://a.example/auth"),
            state: Some("desk"),
            request_token: Some(token),
        };
        assert!(all.take(&criteria("other")).is_none(), "another token is another sign-in");
        let taken = all.take(&criteria("token")).expect("pending");
        assert_eq!(taken.authorization.request_token.expect("kept").1.expose(), "s3cret");
        assert_eq!(taken.authorization.values["subdomain"], "acme");
        assert!(all.take(&criteria("token")).is_none());
    }

    #[test]
    fn a_body_without_callback_finishes_the_newest_sign_in_of_its_application() {
        let all = Authorizations::default();
        let elsewhere = Authorization { callback: "https://b.example/".into(), ..begun("zendesk", "one") };
        all.remember(elsewhere);
        let catalog = Catalog::shipped();
        let element = catalog.find("zendesk").expect("shipped");
        let take = |callback| {
            all.take(&Criteria { element, api_key: "app", callback, state: None, request_token: None })
        };
        assert!(take(Some("https://a.example/auth")).is_none());
        assert_eq!(take(None).expect("pending").authorization.callback, "https://b.example/");
    }

    #[test]
    fn beyond_the_limit_the_oldest_is_dropped() {
        let all = Authorizations::default();
        for number in 0..=CAPACITY {
            all.remember(begun("zendesk", &number.to_string()));
        }
        assert_eq!(all.lock().entries.len(), CAPACITY);
        assert!(
            take(&all, "zendesk", Some("1")).is_some_and(|taken| taken.matched_by == MatchedBy::Callback)
        );
        assert!(
            take(&all, "zendesk", Some("0")).is_some_and(|taken| taken.matched_by == MatchedBy::Criteria)
        );
    }
}
