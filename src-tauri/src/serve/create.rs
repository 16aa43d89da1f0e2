//! `POST /instances`: the parameters of the caller's callback become an instance. A new sign-in to an existing instance
//! works the same way.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;

use super::authorizations::{Criteria, MatchedBy, Taken, UnknownState, hash_secret};
use super::call::Call;
use super::elements::{check_not_retired, find};
use super::instance_body::InstanceChange;
use super::instance_object::Detail;
use super::refusal::Refusal;
use super::shared::Shared;
use super::{instance_object, page};
use crate::domain::connection::Connection;
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element, Grant, WAY};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, FilledForm, Problem};
use crate::domain::sensitive::Sensitive;
use crate::engine::{Created, NewConnection};
use crate::platform::Pairs;

/// `POST /instances`, and `/elements/{element}/instances`, whose body need not name the element.
pub(super) async fn create(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    call.caller.require_platform()?;
    let change = InstanceChange::parse(&call.object().await?)?;
    let in_body = change.element.as_deref();
    let named = call.path("element").or(in_body).ok_or_else(|| missing("element"))?;
    let element = find(&shared, named)?;
    if let Some(in_body) = in_body
        && find(&shared, in_body)?.key != element.key
    {
        return Err(Refusal::bad_request("The body names another element than the path."));
    }
    if change.name.as_deref().unwrap_or_default().is_empty() {
        return Err(missing("name"));
    }
    let Created { connection, item } = sign_in(&shared, &element, &change, BTreeMap::new(), None).await?;
    Ok(page::json(&instance_object::object(&shared, &connection, Some(&item), Detail::Whole).await))
}

fn missing(member: &str) -> Refusal {
    Refusal::bad_request(format!("Missing: {member}."))
}

/// Signs in with the parameters of the callback: to a new connection, or again to one. The body changes the configuration in
/// `kept`.
pub(super) async fn sign_in(
    shared: &Shared,
    element: &Element,
    change: &InstanceChange,
    kept: BTreeMap<String, String>,
    again: Option<&Connection>,
) -> Result<Created, Refusal> {
    check_not_retired(&shared.workspace, element)?;
    let mut body = SignInBody {
        element,
        provided: change.provider_data.clone().unwrap_or_default(),
        configuration: kept.into_iter().chain(change.configuration.clone()).collect(),
    };
    // A connection keeps its way unless the caller names another.
    if let Some(way) = again.and_then(|connection| connection.way.clone()) {
        body.configuration.entry(WAY.to_owned()).or_insert(way);
    }
    body.configuration.retain(|key, _| !instance_object::is_from_sign_in(element, key));
    let taken = shared.authorizations.take(&body.criteria()).map_err(|UnknownState| {
        Refusal::bad_request("No sign-in waits with this state. Begin again with oauth/url.")
    })?;
    if taken.as_ref().is_some_and(|taken| taken.authorization.used) {
        return Err(code_used(element));
    }
    if let Some(taken) = &taken {
        body.complete(taken);
    }
    let verifier = taken.as_ref().and_then(|taken| taken.authorization.verifier.clone());
    let form = match body.check().and_then(|form| require_verifier(form, verifier.is_some())) {
        Ok(form) => form,
        Err(refusal) => {
            // The exchange did not begin: the caller corrects the body and sends it again.
            put_back(shared, taken);
            return Err(refusal);
        }
    };
    body.configuration.remove(WAY);
    let new = NewConnection {
        form,
        name: change.name.clone().unwrap_or_default(),
        tags: change.tags_after(&[]).unwrap_or_default(),
        provided: sensitive(body.provided),
        configuration: sensitive(body.configuration).into_iter().collect(),
        verifier,
    };
    let made = shared.engine.create(&shared.workspace, again, new).await;
    made.map_err(|failure| {
        if may_retry(&failure, taken.as_ref()) {
            put_back(shared, taken);
        }
        Refusal::from(failure)
    })
}

/// As the provider would refuse it. It is not asked: one that sees a code again ends the tokens of the first exchange
/// (RFC 6749 §4.1.2).
fn code_used(element: &Element) -> Refusal {
    let detail = "invalid_grant: the code of this sign-in was exchanged before";
    Failure::new(Code::AuthorizationExpired).product(&element.name).detail(detail).into()
}

/// Whether a browser brings a code.
fn calls_back(form: &FilledForm) -> bool {
    form.element.needs_browser_for(&form.values)
}

/// A code is not exchanged without the verifier of its challenge: nothing would bind it to this sign-in.
fn require_verifier(form: FilledForm, is_known: bool) -> Result<FilledForm, Refusal> {
    match form.auth() {
        Auth::Oauth2(oauth2) if calls_back(&form) && oauth2.uses_pkce() && !is_known => {
            Err(Refusal::bad_request(
                "No sign-in waits for this code. Begin with oauth/url, and send its state in providerData.",
            ))
        }
        _ => Ok(form),
    }
}

/// A provider that was not reached has not used up the code. If the sign-in of a refused code was only guessed, its own
/// code may still come.
fn may_retry(failure: &Failure, taken: Option<&Taken>) -> bool {
    failure.code.is_temporary()
        || failure.code == Code::KeychainLocked
        || taken.is_some_and(|taken| taken.matched_by == MatchedBy::Criteria)
}

fn put_back(shared: &Shared, taken: Option<Taken>) {
    if let Some(taken) = taken {
        shared.authorizations.put_back(&taken);
    }
}

pub(super) fn sensitive(map: BTreeMap<String, String>) -> Pairs {
    map.into_iter().map(|(name, value)| (name, Sensitive::new(value))).collect()
}

/// What a body contains for a sign-in.
struct SignInBody<'e> {
    element: &'e Element,
    provided: BTreeMap<String, String>,
    configuration: BTreeMap<String, String>,
}

impl SignInBody<'_> {
    fn criteria(&self) -> Criteria<'_> {
        let provided = |name: &str| self.provided.get(name).map(String::as_str);
        let given = |key: &str| self.configuration.get(key).map(String::as_str);
        Criteria {
            element: self.element,
            api_key: given(API_KEY).unwrap_or_default(),
            api_secret: given(API_SECRET).and_then(hash_secret),
            callback: given(CALLBACK_URL).filter(|url| !url.is_empty()),
            state: provided("state"),
            request_token: provided("oauth_token"),
        }
    }

    /// Adds what the body lacks and the sign-in began with: its callback, the values of its query and the secret of its
    /// request token.
    fn complete(&mut self, taken: &Taken) {
        let authorization = &taken.authorization;
        let callback = (CALLBACK_URL, &authorization.callback);
        let values = authorization.values.iter().filter(|_| taken.may_complete());
        let begun = values.map(|(key, value)| (key.as_str(), value)).chain([callback]);
        let begun: Vec<_> = begun.collect();
        // The way first: it decides which fields there are.
        if let Some((_, way)) = begun.iter().find(|(key, _)| *key == WAY) {
            self.configuration.entry(WAY.to_owned()).or_insert_with(|| (*way).clone());
        }
        let named = |key: &str| self.configuration.get(key).map(String::as_str);
        let element = self.element.in_way(named).unwrap_or_else(|| self.element.clone());
        for (key, value) in begun.into_iter().filter(|(key, _)| element.field(key).is_some()) {
            self.configuration.entry(key.to_owned()).or_insert_with(|| value.clone());
        }
        if let Some((_, secret)) = &authorization.request_token
            && !secret.expose().is_empty()
        {
            self.provided.entry("secret".to_owned()).or_insert_with(|| secret.expose().clone());
        }
    }

    /// The whole form. A refusal names everything that is missing.
    fn check(&self) -> Result<FilledForm, Refusal> {
        let given = |key: &str| self.configuration.get(key).map(String::as_str);
        let unknown = || Refusal::bad_request(format!("The element has no way with this name: {WAY}."));
        let element = self.element.in_way(given).ok_or_else(unknown)?;
        let checked = form::check_call(&element, &self.configuration);
        let checked = checked.map(|values| FilledForm { element: element.clone(), values });
        let auth = &element.auth;
        let mut lacking = element.provider_data();
        lacking.retain(|name| !element.callback.fixed.contains_key(*name));
        if checked.as_ref().is_ok_and(|form| !calls_back(form) && form.grant() != Grant::DeviceCode)
            && matches!(auth, Auth::Oauth2(_))
        {
            lacking.retain(|name| *name != "code");
        }
        lacking.retain(|name| self.provided.get(*name).is_none_or(String::is_empty));
        let lacking = (!lacking.is_empty()).then(|| missing_sign_in(auth, &lacking));
        match (checked, lacking) {
            (Ok(form), None) => Ok(form),
            (Ok(_), Some(text)) => Err(Refusal::bad_request(text)),
            (Err(problems), lacking) => {
                let only_missing = problems.iter().all(|problem| problem.problem == Problem::Required);
                let refusal = Refusal::for_entries("configuration entries", &problems, str::to_owned);
                Err(match lacking.filter(|_| only_missing) {
                    Some(text) => refusal.with_sentence(&text),
                    None => refusal,
                })
            }
        }
    }
}

/// The platform's message, where it is known.
fn missing_sign_in(auth: &Auth, lacking: &[&str]) -> String {
    let what = match auth {
        Auth::Oauth2(_) if lacking.contains(&"code") => "an OAuth code".to_owned(),
        _ => format!("{} in providerData", lacking.join(", ")),
    };
    format!("You must provide {what} in order to create an instance of this element")
}
