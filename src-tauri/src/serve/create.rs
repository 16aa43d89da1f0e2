//! `POST /instances`: what the caller's callback brought becomes an instance. A new sign-in to an existing one goes the
//! same way.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;

use super::authorizations::{Match, Taken, Wanted};
use super::call::Call;
use super::elements::{find, not_retired};
use super::instance_body::InstanceChange;
use super::instance_object::Detail;
use super::refusal::Refusal;
use super::{Shared, instance_object, page};
use crate::domain::connection::Connection;
use crate::domain::element::{API_KEY, Auth, CALLBACK_URL, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, FilledForm, Problem};
use crate::domain::sensitive::Sensitive;
use crate::engine::{Created, NewConnection};
use crate::platform::Pairs;

/// `POST /instances`.
pub(super) async fn create(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    call.caller.platform()?;
    let change = InstanceChange::read(&call.object().await?)?;
    let named = change.element.clone().ok_or_else(|| missing("element"))?;
    created(&shared, &find(&shared, &named)?, &change).await
}

/// `POST /elements/{element}/instances`: the body need not name the element.
pub(super) async fn create_of(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    call.caller.platform()?;
    let change = InstanceChange::read(&call.object().await?)?;
    let element = find(&shared, &element)?;
    if let Some(named) = &change.element
        && find(&shared, named)?.key != element.key
    {
        return Err(Refusal::bad_request("The body names another element than the path."));
    }
    created(&shared, &element, &change).await
}

async fn created(shared: &Shared, element: &Element, change: &InstanceChange) -> Result<Response, Refusal> {
    if change.name.as_deref().unwrap_or_default().is_empty() {
        return Err(missing("name"));
    }
    let Created { connection, item } = sign_in(shared, element, change, BTreeMap::new(), None).await?;
    Ok(page::json(&instance_object::object(shared, &connection, Some(&item), Detail::Whole).await))
}

fn missing(member: &str) -> Refusal {
    Refusal::bad_request(format!("Missing: {member}."))
}

/// Signs in with what the callback brought: to a new connection, or again to one. `kept` is the configuration that the
/// body only changes.
pub(super) async fn sign_in(
    shared: &Shared,
    element: &Element,
    change: &InstanceChange,
    kept: BTreeMap<String, String>,
    again: Option<&Connection>,
) -> Result<Created, Refusal> {
    not_retired(&shared.workspace, element)?;
    let provided = change.provider_data.clone().unwrap_or_default();
    let mut configuration = kept;
    configuration.extend(change.configuration.clone());
    configuration.retain(|key, _| !instance_object::is_brought(element, key));
    for (name, key) in &element.callback.configuration {
        if let Some(value) = provided.get(name) {
            configuration.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    let given = |key: &str| configuration.get(key).map(String::as_str).unwrap_or_default();
    let taken = shared.authorizations.take(&Wanted {
        element,
        api_key: given(API_KEY),
        callback: given(CALLBACK_URL),
        state: provided.get("state").map(String::as_str),
        request_token: provided.get("oauth_token").map(String::as_str),
    });
    let prepared = prepare(element, change, provided, configuration, taken.as_ref());
    let new = match prepared {
        Ok(new) => new,
        Err(refusal) => {
            // Nothing was spent: the caller mends the body and sends it again.
            put_back(shared, taken);
            return Err(refusal);
        }
    };
    let made = match again {
        None => shared.engine.create(&shared.workspace, new).await,
        Some(connection) => shared.engine.create_again(connection, new).await,
    };
    made.map_err(|failure| {
        if may_be_tried_again(&failure, taken.as_ref()) {
            put_back(shared, taken);
        }
        Refusal::from(failure)
    })
}

/// A provider that cannot be asked has spent nothing. And one that refused a code which only seemed to be of this
/// sign-in has said nothing of the sign-in itself: its own code may still come.
fn may_be_tried_again(failure: &Failure, taken: Option<&Taken>) -> bool {
    failure.code.is_temporary()
        || failure.code == Code::KeychainLocked
        || taken.is_some_and(|taken| taken.by == Match::Newest)
}

fn put_back(shared: &Shared, taken: Option<Taken>) {
    if let Some(taken) = taken {
        shared.authorizations.put_back(taken);
    }
}

/// The call of the platform, complete: with the site of the query where the body forgets it, and the secret of the
/// request token. Everything that is missing is named at once.
fn prepare(
    element: &Element,
    change: &InstanceChange,
    mut provided: BTreeMap<String, String>,
    mut configuration: BTreeMap<String, String>,
    taken: Option<&Taken>,
) -> Result<NewConnection, Refusal> {
    if let Some(taken) = taken {
        for (key, value) in &taken.authorization.site {
            if element.field(key).is_some() {
                configuration.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        if let Some((_, secret)) = &taken.authorization.request_token
            && !secret.expose().is_empty()
        {
            provided.entry("secret".to_owned()).or_insert_with(|| secret.expose().clone());
        }
    }
    let checked = form::check_call(element, &configuration);
    let auth = match &checked {
        Ok(values) => element.auth_for(values),
        Err(_) => &element.auth,
    };
    if checked.is_ok() && !auth.needs_browser() {
        let text =
            "This computer keeps accounts that are signed in to with a browser; this element has none.";
        return Err(Refusal::bad_request(text));
    }
    let lacking = element.provider_data(auth);
    let lacking: Vec<_> =
        lacking.into_iter().filter(|name| provided.get(*name).is_none_or(String::is_empty)).collect();
    let sign_in = (!lacking.is_empty()).then(|| not_signed_in(auth, &lacking));
    let values = match (checked, sign_in) {
        (Ok(values), None) => values,
        (Ok(_), Some(text)) => return Err(Refusal::bad_request(text)),
        (Err(problems), sign_in) => {
            let only_missing = problems.iter().all(|problem| problem.problem == Problem::Required);
            let refusal = Refusal::of_entries("configuration entries", &problems, str::to_owned);
            return Err(match sign_in.filter(|_| only_missing) {
                Some(text) => refusal.and(&text),
                None => refusal,
            });
        }
    };
    let pairs = |map: BTreeMap<String, String>| -> Pairs {
        map.into_iter().map(|(name, value)| (name, Sensitive::new(value))).collect()
    };
    Ok(NewConnection {
        form: FilledForm { element: element.clone(), values },
        name: change.name.clone().unwrap_or_default(),
        tags: change.tags_after(&[]).unwrap_or_default(),
        provided: pairs(provided),
        configuration: pairs(configuration).into_iter().collect(),
        verifier: taken.and_then(|taken| taken.authorization.verifier.clone()),
    })
}

/// The platform's own sentence where it is known.
fn not_signed_in(auth: &Auth, lacking: &[&str]) -> String {
    let what = match auth {
        Auth::Oauth2(_) if lacking.contains(&"code") => "an OAuth code".to_owned(),
        _ => format!("{} in providerData", lacking.join(", ")),
    };
    format!("You must provide {what} in order to create an instance of this element")
}
