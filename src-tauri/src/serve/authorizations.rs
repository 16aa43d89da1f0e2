//! Sign-ins that a caller began with `oauth/token` or `oauth/url` and may finish with `POST /instances`. They hold what the
//! exchange needs and the caller does not send: the PKCE verifier (RFC 7636 §4.5), the secret of a request token, the
//! values of the query.
//!
//! In memory only: they are useful for minutes, and after a restart the caller begins again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::domain::element::Element;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;

/// Authorization codes and request tokens live for minutes, users who look for a password need some more.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// The bytes that sign-ins of callers who showed the secrets may take, and those of others, which evict only each other.
/// Each has about half a kilobyte, and some ten with the longest values: more than a script begins in an hour for one user.
const ROOM: usize = 16 * 1024 * 1024;
const ROOM_WITHOUT_SECRETS: usize = 4 * 1024 * 1024;

/// In bytes. A value becomes part of an address, and addresses with longer ones fail in browsers and servers.
pub(super) const VALUE_MAX: usize = 2048;

#[derive(Clone, Debug)]
pub(super) struct Authorization {
    pub(super) began: Instant,
    /// Whether the call showed the secrets of this server. Anybody can make the others.
    pub(super) showed_secrets: bool,
    /// Whether its code was exchanged before.
    pub(super) used: bool,
    /// The key in the path of the call.
    pub(super) path_key: String,
    pub(super) provider: String,
    pub(super) api_key: String,
    /// SHA-256 of the application's secret; its caller sends the secret again.
    pub(super) api_secret: Option<[u8; 32]>,
    pub(super) callback: String,
    pub(super) state: String,
    /// The other values of the query, by configuration key.
    pub(super) values: BTreeMap<String, String>,
    pub(super) verifier: Option<Verifier>,
    /// For OAuth 1.0a, with its secret, which only `oauth/token` knows.
    pub(super) request_token: Option<(String, Sensitive<String>)>,
}

impl Authorization {
    /// About the bytes that it takes.
    fn size(&self) -> usize {
        let values = self.values.iter().flat_map(|(key, value)| [key, value]);
        let token = self.request_token.iter().flat_map(|(token, secret)| [token, secret.expose()]);
        let own = [&self.path_key, &self.provider, &self.api_key, &self.callback, &self.state];
        let texts = values.chain(token).chain(own);
        size_of::<Self>() + texts.map(|text| size_of::<String>() + text.len()).sum::<usize>()
    }
}

/// SHA-256 of an application's secret, unless it is empty, as that of a public client.
pub(super) fn hash_secret(secret: &str) -> Option<[u8; 32]> {
    (!secret.is_empty()).then(|| Sha256::digest(secret.as_bytes()).into())
}

/// What a body contains of the sign-in that it finishes. Its caller showed the secrets.
pub(super) struct Criteria<'c> {
    pub(super) element: &'c Element,
    pub(super) api_key: &'c str,
    pub(super) api_secret: Option<[u8; 32]>,
    /// Without it the callback is that of the sign-in.
    pub(super) callback: Option<&'c str>,
    pub(super) state: Option<&'c str>,
    pub(super) request_token: Option<&'c str>,
}

impl Criteria<'_> {
    /// Whether the call that began a sign-in had the application's secret.
    fn knew_secret(&self, authorization: &Authorization) -> bool {
        self.api_secret.is_some() && authorization.api_secret == self.api_secret
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchedBy {
    /// The request token, or a state that no other sign-in has.
    Callback,
    /// Application, callback and path key, which others may share; the newest was taken.
    Criteria,
}

/// No sign-in has the state of a body: it was never begun here, or was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownState;

/// An authorization that was taken, with its place.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) authorization: Authorization,
    pub(super) matched_by: MatchedBy,
    number: u64,
}

impl Taken {
    /// Whether the values of its query may complete a body, and with them decide where the application's secret is sent:
    /// those of a call that showed no secrets only if the callback named it.
    pub(super) fn may_complete(&self) -> bool {
        self.authorization.showed_secrets || self.matched_by == MatchedBy::Callback
    }
}

#[derive(Default)]
struct Pending {
    last: u64,
    /// In the order in which they began.
    entries: BTreeMap<u64, Authorization>,
    /// The bytes of those without and with secrets.
    sizes: [usize; 2],
}

#[derive(Default)]
pub(super) struct Authorizations(Mutex<Pending>);

impl Authorizations {
    /// Stores a sign-in; the oldest of its kind are dropped when they take too much room. For OAuth 1.0a the second call
    /// replaces the entry of the first, except that one without secrets does not replace one with them.
    pub(super) fn remember(&self, mut authorization: Authorization) {
        let mut pending = self.lock();
        if let Some((token, secret)) = &mut authorization.request_token
            && let Some(number) = numbers(&pending, |known| has_token(known, token)).first()
        {
            if pending.entries[number].showed_secrets && !authorization.showed_secrets {
                return;
            }
            let before = pending.remove(*number);
            if let Some(before) = before.filter(|_| secret.expose().is_empty()) {
                *secret = before.request_token.map(|(_, secret)| secret).unwrap_or_default();
                for (key, value) in before.values {
                    authorization.values.entry(key).or_insert(value);
                }
            }
        }
        pending.add(authorization);
    }

    /// Takes the sign-in that a body finishes: that of its request token; or that of its state if exactly one has it; else
    /// the newest with the same application, callback and path key. A sign-in of a caller who showed no secrets is only
    /// taken by its request token, by an unguessable state, or if it had the application's secret.
    pub(super) fn take(&self, criteria: &Criteria<'_>) -> Result<Option<Taken>, UnknownState> {
        let mut pending = self.lock();
        let named = pending.named(criteria)?;
        let (number, matched_by) = match named.as_slice() {
            [one] => (*one, MatchedBy::Callback),
            _ if criteria.request_token.is_some() => return Ok(None),
            _ => match pending.newest(criteria) {
                Some(number) => (number, MatchedBy::Criteria),
                None => return Ok(None),
            },
        };
        let taken = pending.entries.get_mut(&number).map(|authorization| {
            let taken = Taken { authorization: authorization.clone(), matched_by, number };
            authorization.used = true;
            taken
        });
        Ok(taken)
    }

    /// Makes a sign-in usable again, when the exchange did not take place or may be repeated.
    pub(super) fn put_back(&self, taken: &Taken) {
        if let Some(authorization) = self.lock().entries.get_mut(&taken.number) {
            authorization.used = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((number, oldest)) = pending.entries.first_key_value()
            && oldest.began.elapsed() >= LIFE
        {
            let number = *number;
            pending.remove(number);
        }
        pending
    }
}

impl Pending {
    /// The sign-ins that have the request token or the state of a body, of the kind that counts most.
    fn named(&self, criteria: &Criteria<'_>) -> Result<Vec<u64>, UnknownState> {
        let element = criteria.element;
        let state = match (criteria.request_token, criteria.state) {
            (Some(token), _) => return Ok(numbers(self, |a| !a.used && has_token(a, token))),
            (None, Some(state)) => state,
            (None, None) => return Ok(Vec::new()),
        };
        // A state may be the key of any element; the verifier of another provider is useless here.
        let has_state = |a: &Authorization| a.state == state && a.provider == element.provider();
        if numbers(self, has_state).is_empty() {
            return Err(UnknownState);
        }
        // The default of the API, which names no sign-in.
        let is_guessable = [&element.key, element.path_key(), element.provider()].contains(&state);
        let is_trusted = |a: &Authorization| a.showed_secrets || !is_guessable || criteria.knew_secret(a);
        let kinds = [(true, false), (true, true), (false, false), (false, true)];
        let of_kind = kinds.into_iter().map(|kind| {
            numbers(self, |a| (a.showed_secrets, a.used) == kind && has_state(a) && is_trusted(a))
        });
        Ok(of_kind.into_iter().find(|found| !found.is_empty()).unwrap_or_default())
    }

    fn newest(&self, criteria: &Criteria<'_>) -> Option<u64> {
        let element = criteria.element;
        let fits = |a: &Authorization| {
            !a.used
                && a.api_key == criteria.api_key
                && criteria.callback.is_none_or(|callback| a.callback == callback)
                && (a.path_key == element.path_key() || a.path_key == element.key)
        };
        let newest = numbers(self, |a| a.showed_secrets && fits(a)).pop();
        newest.or_else(|| numbers(self, |a| criteria.knew_secret(a) && fits(a)).pop())
    }

    /// Adds one, and drops the oldest of its kind while they take too much room.
    fn add(&mut self, authorization: Authorization) {
        let kind = authorization.showed_secrets;
        let room = if kind { ROOM } else { ROOM_WITHOUT_SECRETS };
        self.sizes[usize::from(kind)] += authorization.size();
        self.last += 1;
        self.entries.insert(self.last, authorization);
        while self.sizes[usize::from(kind)] > room
            && let Some(oldest) = self.entries.iter().find(|(_, a)| a.showed_secrets == kind)
        {
            let number = *oldest.0;
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u64) -> Option<Authorization> {
        let removed = self.entries.remove(&number)?;
        self.sizes[usize::from(removed.showed_secrets)] -= removed.size();
        Some(removed)
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
            showed_secrets: true,
            used: false,
            path_key: path_key.into(),
            provider: if path_key.starts_with("sfdc") { "salesforce" } else { path_key }.into(),
            api_key: "app".into(),
            api_secret: None,
            callback: "https://a.example/auth".into(),
            state: state.into(),
            values: BTreeMap::new(),
            verifier: None,
            request_token: None,
        }
    }

    /// One that anybody could have begun.
    fn begun_without_secrets(path_key: &str, state: &str) -> Authorization {
        Authorization { showed_secrets: false, ..begun(path_key, state) }
    }

    fn try_take(
        all: &Authorizations,
        element: &str,
        state: Option<&str>,
    ) -> Result<Option<Taken>, UnknownState> {
        let catalog = Catalog::shipped();
        all.take(&Criteria {
            element: catalog.find(element).expect("shipped"),
            api_key: "app",
            api_secret: hash_secret("s3cret"),
            callback: Some("https://a.example/auth"),
            state,
            request_token: None,
        })
    }

    fn take(all: &Authorizations, element: &str, state: Option<&str>) -> Option<Taken> {
        try_take(all, element, state).expect("no unknown state")
    }

    #[test]
    fn a_unique_state_identifies_its_sign_in() {
        let all = Authorizations::default();
        for state in ["one", "two", "three"] {
            all.remember(begun("zendesk", state));
        }
        let taken = take(&all, "zendesk", Some("two")).expect("pending");
        assert_eq!((taken.authorization.state.as_str(), taken.matched_by), ("two", MatchedBy::Callback));
        let again = take(&all, "zendesk", Some("two")).expect("known");
        assert_eq!((again.authorization.state.as_str(), again.authorization.used), ("two", true));
        assert_eq!(try_take(&all, "zendesk", Some("four")).expect_err("not begun"), UnknownState);
        let newest = take(&all, "zendesk", None).expect("another one fits");
        assert_eq!((newest.authorization.state.as_str(), newest.matched_by), ("three", MatchedBy::Criteria));
    }

    #[test]
    fn a_sign_in_with_secrets_is_taken_before_any_without_them() {
        for state in [None, Some("zendesk"), Some("unguessable")] {
            let all = Authorizations::default();
            all.remember(begun("zendesk", state.unwrap_or("zendesk")));
            for state in ["zendesk", "unguessable", "other"] {
                let api_secret = hash_secret("s3cret");
                all.remember(Authorization { api_secret, ..begun_without_secrets("zendesk", state) });
            }
            assert!(take(&all, "zendesk", state).expect("pending").authorization.showed_secrets, "{state:?}");
        }
    }

    #[test]
    fn a_sign_in_without_secrets_completes_a_body_only_if_its_unguessable_state_came_back() {
        let knows_secret = Authorization {
            api_secret: hash_secret("s3cret"),
            ..begun_without_secrets("zendesk", "zendesk")
        };
        for (authorization, state, completes) in [
            (begun_without_secrets("zendesk", "unguessable"), Some("unguessable"), Some(true)),
            (begun_without_secrets("zendesk", "unguessable"), None, None),
            (begun_without_secrets("zendesk", "zendesk"), Some("zendesk"), None),
            (begun_without_secrets("zendesk", "zendesk"), None, None),
            (knows_secret.clone(), Some("zendesk"), Some(true)),
            (knows_secret.clone(), None, Some(false)),
            (Authorization { api_secret: hash_secret("guess"), ..knows_secret }, None, None),
        ] {
            let all = Authorizations::default();
            all.remember(authorization);
            let taken = take(&all, "zendesk", state);
            assert_eq!(taken.map(|taken| taken.may_complete()), completes, "{state:?}");
        }
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
        all.put_back(&one);
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
            api_secret: None,
            callback: Some("https://a.example/auth"),
            state: Some("desk"),
            request_token: Some(token),
        };
        // Anybody who saw the token could send it with another site.
        let site = BTreeMap::from([("subdomain".to_owned(), "attacker".to_owned())]);
        all.remember(Authorization { showed_secrets: false, values: site, ..with_token("", &[]) });
        let take = |token| all.take(&criteria(token)).expect("not by its state");
        assert!(take("other").is_none(), "another token is another sign-in");
        let taken = take("token").expect("pending");
        assert_eq!(taken.authorization.request_token.expect("kept").1.expose(), "s3cret");
        assert_eq!(taken.authorization.values["subdomain"], "acme");
        assert!(take("token").is_none());
    }

    #[test]
    fn a_body_without_callback_finishes_the_newest_sign_in_of_its_application() {
        let all = Authorizations::default();
        let elsewhere = Authorization { callback: "https://b.example/".into(), ..begun("zendesk", "one") };
        all.remember(elsewhere);
        let catalog = Catalog::shipped();
        let element = catalog.find("zendesk").expect("shipped");
        let take = |callback| {
            let application = Criteria {
                element,
                api_key: "app",
                api_secret: None,
                callback,
                state: None,
                request_token: None,
            };
            all.take(&application).expect("no state")
        };
        assert!(take(Some("https://a.example/auth")).is_none());
        assert_eq!(take(None).expect("pending").authorization.callback, "https://b.example/");
    }

    #[test]
    fn sign_ins_without_secrets_evict_only_each_other() {
        let all = Authorizations::default();
        let long = "s".repeat(VALUE_MAX);
        all.remember(begun("zendesk", "ours"));
        let count = ROOM_WITHOUT_SECRETS / VALUE_MAX + 2;
        for number in 0..count {
            all.remember(begun_without_secrets("zendesk", &format!("{number}-{long}")));
        }
        assert!(
            all.lock().entries.values().map(Authorization::size).sum::<usize>()
                <= ROOM_WITHOUT_SECRETS + 1024
        );
        let is_known = |number: usize| try_take(&all, "zendesk", Some(&format!("{number}-{long}"))).is_ok();
        assert!(!is_known(0) && is_known(count - 1));
        assert_eq!(take(&all, "zendesk", Some("ours")).expect("kept").matched_by, MatchedBy::Callback);
    }
}
