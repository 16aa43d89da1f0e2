//! Sign-ins that a caller has begun with `oauth/token` or `oauth/url` and may finish with `POST /instances`. What the
//! exchange needs and the caller does not send waits here: the PKCE verifier (RFC 7636 §4.5), the secret of a request
//! token, the site.
//!
//! In memory only: it is worth something for as long as a person signs in, and a restart asks them to begin again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::element::Element;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;

/// How long one waits. Authorization codes and request tokens live for minutes, people who look for a password for
/// some more; after an hour nobody comes back.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// How many wait at the same time; each has about a kilobyte, and with values as long as they may be some ten. More than
/// a script begins in an hour by one person's clicks, and than a test begins at once. The oldest makes room.
const MOST: usize = 4096;

/// The most bytes of one value that waits. Addresses of more than 2 kB fail in browsers and servers, and each of these
/// stands in one.
pub(super) const VALUE_MAX: usize = 2048;

/// One begun sign-in.
#[derive(Clone, Debug)]
pub(super) struct Authorization {
    /// The element in the path of the call.
    pub(super) path_key: String,
    /// Its authorization server.
    pub(super) provider: String,
    /// The application's public name.
    pub(super) api_key: String,
    /// Where the browser comes back to.
    pub(super) callback: String,
    /// The state in the address.
    pub(super) state: String,
    /// The element's own values in the query, under their configuration keys.
    pub(super) site: BTreeMap<String, String>,
    /// What binds the code.
    pub(super) verifier: Option<Verifier>,
    /// For OAuth 1.0a: the request token and its secret, which only `oauth/token` is told.
    pub(super) request_token: Option<(String, Sensitive<String>)>,
}

/// What a body says of the sign-in that it finishes.
pub(super) struct Wanted<'w> {
    pub(super) element: &'w Element,
    pub(super) api_key: &'w str,
    pub(super) callback: &'w str,
    pub(super) state: Option<&'w str>,
    pub(super) request_token: Option<&'w str>,
}

/// How certain it is that an authorization is the wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// The callback names it.
    Named,
    /// It is the newest that fits.
    Newest,
}

/// An authorization that was taken out, with its place.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) authorization: Authorization,
    pub(super) by: Match,
    number: u64,
    began: Instant,
}

struct Entry {
    authorization: Authorization,
    began: Instant,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    entries: BTreeMap<u64, Entry>,
}

/// All sign-ins that wait.
#[derive(Default)]
pub(super) struct Authorizations(Mutex<Waiting>);

impl Authorizations {
    /// Remembers a sign-in. For OAuth 1.0a the second call replaces what the first one left.
    pub(super) fn remember(&self, mut authorization: Authorization) {
        let mut waiting = self.waiting();
        if let Some((token, secret)) = &mut authorization.request_token {
            let same = |entry: &Entry| has_token(&entry.authorization, token);
            let before = waiting.entries.iter().find(|(_, entry)| same(entry)).map(|(number, _)| *number);
            if let Some(before) = before.and_then(|number| waiting.entries.remove(&number))
                && secret.expose().is_empty()
            {
                let Authorization { request_token, site, .. } = before.authorization;
                *secret = request_token.map(|(_, secret)| secret).unwrap_or_default();
                for (key, value) in site {
                    authorization.site.entry(key).or_insert(value);
                }
            }
        }
        waiting.last += 1;
        let number = waiting.last;
        waiting.entries.insert(number, Entry { authorization, began: Instant::now() });
        while waiting.entries.len() > MOST {
            waiting.entries.pop_first();
        }
    }

    /// Takes out the sign-in that a body finishes: the one of its request token; or the one of its state if exactly one
    /// has that; else the newest with the same application, callback and path key.
    pub(super) fn take(&self, wanted: &Wanted<'_>) -> Option<Taken> {
        let mut waiting = self.waiting();
        let named: Vec<u64> = match (wanted.request_token, wanted.state) {
            (Some(token), _) => numbers(&waiting, |a| has_token(a, token)),
            (None, Some(state)) => {
                // A state may be any element's key, and another provider's verifier is of no use here.
                let of_state =
                    |a: &Authorization| a.state == state && a.provider == wanted.element.provider();
                numbers(&waiting, of_state)
            }
            (None, None) => Vec::new(),
        };
        let fits = |a: &Authorization| {
            a.api_key == wanted.api_key
                && a.callback == wanted.callback
                && (a.path_key == wanted.element.path_key() || a.path_key == wanted.element.key)
        };
        let (number, by) = match named.as_slice() {
            [one] => (*one, Match::Named),
            _ if wanted.request_token.is_some() => return None,
            _ => (*numbers(&waiting, fits).last()?, Match::Newest),
        };
        let Entry { authorization, began } = waiting.entries.remove(&number)?;
        Some(Taken { authorization, by, number, began })
    }

    /// Puts one back into its place: the exchange did not take place, or may be tried again.
    pub(super) fn put_back(&self, taken: Taken) {
        let entry = Entry { authorization: taken.authorization, began: taken.began };
        self.waiting().entries.insert(taken.number, entry);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entries.retain(|_, entry| entry.began.elapsed() < LIFE);
        waiting
    }
}

fn has_token(authorization: &Authorization, token: &str) -> bool {
    authorization.request_token.as_ref().is_some_and(|(known, _)| known == token)
}

/// In the order in which they were begun.
fn numbers(waiting: &Waiting, fits: impl Fn(&Authorization) -> bool) -> Vec<u64> {
    waiting.entries.iter().filter(|(_, e)| fits(&e.authorization)).map(|(number, _)| *number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::catalog::Catalog;

    fn begun(path_key: &str, state: &str) -> Authorization {
        Authorization {
            path_key: path_key.into(),
            provider: if path_key.starts_with("sfdc") { "salesforce" } else { path_key }.into(),
            api_key: "app".into(),
            callback: "https://a.example/auth".into(),
            state: state.into(),
            site: BTreeMap::new(),
            verifier: None,
            request_token: None,
        }
    }

    fn take(all: &Authorizations, element: &str, state: Option<&str>) -> Option<Taken> {
        let catalog = Catalog::shipped();
        all.take(&Wanted {
            element: catalog.find(element).expect("shipped"),
            api_key: "app",
            callback: "https://a.example/auth",
            state,
            request_token: None,
        })
    }

    #[test]
    fn a_state_that_one_sign_in_has_names_it() {
        let all = Authorizations::default();
        for state in ["one", "two", "three"] {
            all.remember(begun("zendesk", state));
        }
        let taken = take(&all, "zendesk", Some("two")).expect("waiting");
        assert_eq!((taken.authorization.state.as_str(), taken.by), ("two", Match::Named));
        let newest = take(&all, "zendesk", Some("two")).expect("another one fits");
        assert_eq!((newest.authorization.state.as_str(), newest.by), ("three", Match::Newest));
    }

    #[test]
    fn of_several_with_the_same_state_the_newest_that_fits_is_taken_and_each_once() {
        let all = Authorizations::default();
        for api_key in ["app", "app", "other"] {
            all.remember(Authorization { api_key: api_key.into(), ..begun("zendesk", "zendesk") });
        }
        all.remember(Authorization { callback: "https://b.example/".into(), ..begun("zendesk", "zendesk") });
        all.remember(begun("ciscospark", "zendesk"));
        let first = take(&all, "zendesk", Some("zendesk")).expect("waiting");
        let second = take(&all, "zendesk", None).expect("waiting");
        assert!(first.number > second.number);
        assert!(take(&all, "zendesk", None).is_none());
    }

    #[test]
    fn the_path_key_counts_not_only_the_elements_own() {
        let all = Authorizations::default();
        // As in the guides: prepared under one key of the family, finished under another.
        all.remember(begun("sfdc", "sfdcdocuments"));
        all.remember(begun("sfdcdocuments", "sfdc"));
        let documents = take(&all, "sfdcdocuments", Some("sfdcdocuments")).expect("waiting");
        assert_eq!(documents.authorization.path_key, "sfdc");
        assert_eq!(take(&all, "sfdc", None).expect("waiting").authorization.path_key, "sfdcdocuments");
    }

    #[test]
    fn what_is_put_back_keeps_its_place() {
        let all = Authorizations::default();
        all.remember(begun("zendesk", "one"));
        all.remember(begun("zendesk", "two"));
        let one = take(&all, "zendesk", Some("one")).expect("waiting");
        all.put_back(one);
        assert_eq!(take(&all, "zendesk", None).expect("waiting").authorization.state, "two");
        assert_eq!(take(&all, "zendesk", None).expect("waiting").authorization.state, "one");
    }

    #[test]
    fn a_request_token_names_its_sign_in_and_keeps_its_secret_and_its_site() {
        let all = Authorizations::default();
        let with_token = |secret: &str, site: &[(&str, &str)]| Authorization {
            request_token: Some(("token".into(), secret.into())),
            site: site.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            ..begun("desk", "desk")
        };
        all.remember(with_token("s3cret", &[("subdomain", "acme")]));
        all.remember(with_token("", &[]));
        let catalog = Catalog::shipped();
        let wanted = |token| Wanted {
            element: catalog.find("desk").expect("shipped"),
            api_key: "app",
            callback: "https://a.example/auth",
            state: Some("desk"),
            request_token: Some(token),
        };
        assert!(all.take(&wanted("other")).is_none(), "another token is another sign-in");
        let taken = all.take(&wanted("token")).expect("waiting");
        assert_eq!(taken.authorization.request_token.expect("kept").1.expose(), "s3cret");
        assert_eq!(taken.authorization.site["subdomain"], "acme");
        assert!(all.take(&wanted("token")).is_none());
    }

    #[test]
    fn the_oldest_makes_room() {
        let all = Authorizations::default();
        for number in 0..=MOST {
            all.remember(begun("zendesk", &number.to_string()));
        }
        assert_eq!(all.waiting().entries.len(), MOST);
        assert!(take(&all, "zendesk", Some("1")).is_some_and(|taken| taken.by == Match::Named));
        assert!(take(&all, "zendesk", Some("0")).is_some_and(|taken| taken.by == Match::Newest));
    }
}
