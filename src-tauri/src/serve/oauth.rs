//! `oauth/token` and `oauth/url`: what a caller needs before the browser opens.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use super::Shared;
use super::authorizations::{Authorization, VALUE_MAX};
use super::call::Call;
use super::elements::find_in_use;
use super::instance_body::text;
use super::page;
use super::refusal::Refusal;
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element, STANDARD_QUERY};
use crate::domain::form::{self, FieldProblem, FilledForm, Problem};
use crate::domain::oauth::percent;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;

/// The most bytes of all values of a call as they stand in an address: of the 8 KiB that may be opened, what the
/// provider's own part leaves.
const VALUES_MAX: usize = 7 * 1024;

/// `GET /elements/{element}/oauth/token`: a request token, OAuth 1.0a only.
pub(super) async fn token(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    let element = find_in_use(&shared, &element)?;
    let asked = Asked::read(&element, call.query)?;
    if !matches!(asked.form.auth(), Auth::Oauth1(_)) {
        return Err(Refusal::bad_request("This element does not use OAuth 1: begin with oauth/url."));
    }
    let provider = shared.engine.local(&shared.workspace).bind(asked.form.clone()).await?;
    let issued = provider.request_token(&asked.state).await?;
    let answer = json!({ "token": issued.token, "secret": issued.secret.expose() });
    shared.authorizations.remember(asked.begun(None, Some((issued.token, issued.secret))));
    Ok(page::json(&answer))
}

/// `GET` or `POST /elements/{element}/oauth/url`: the address that the browser opens.
pub(super) async fn url(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    let element = find_in_use(&shared, &element)?;
    let mut query = Vec::new();
    if call.has_body() {
        // As POST, the same values are members of a JSON object.
        query.extend(
            call.object().await?.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))),
        );
    }
    query.extend(call.query);
    let asked = Asked::read(&element, query)?;
    if matches!(asked.form.auth(), Auth::Oauth1(_)) && asked.request_token.is_none() {
        return Err(missing_parameter("requestToken"));
    }
    if !asked.form.auth().needs_browser() {
        return Err(Refusal::bad_request("This element does not sign in with a browser."));
    }
    let provider = shared.engine.local(&shared.workspace).bind(asked.form.clone()).await?;
    let request_token = asked.request_token.clone();
    let answer = provider.authorization_url(&asked.state, request_token.as_deref(), asked.scope.clone())?;
    let told = told_element(&shared, &element, &asked.state);
    // The secret of the request token was remembered by oauth/token.
    let request_token = request_token.map(|token| (token, Sensitive::default()));
    shared.authorizations.remember(asked.begun(answer.verifier, request_token));
    Ok(page::json(&json!({ "oauthUrl": answer.oauth_url, "element": told })))
}

/// What was asked for, checked.
struct Asked {
    form: FilledForm,
    state: String,
    request_token: Option<String>,
    /// Another scope than the element's own.
    scope: Option<String>,
    given: BTreeMap<String, String>,
}

impl Asked {
    fn read(element: &Element, query: Vec<(String, String)>) -> Result<Self, Refusal> {
        within_bounds(element, &query)?;
        let given = form::read_query(element, &query);
        let values = form::check_call(element, &given).map_err(|problems| {
            Refusal::of_entries("parameters", &problems, |key| parameter(element, key))
        })?;
        let sent = |wanted: &str| {
            let found = query.iter().find(|(name, value)| name == wanted && !value.is_empty());
            found.map(|(_, value)| value.clone())
        };
        Ok(Self {
            form: FilledForm { element: element.clone(), values },
            // The platform's own default. It protects no one: a caller that cares sends a random one.
            state: sent("state").unwrap_or_else(|| element.key.clone()),
            request_token: sent("requestToken"),
            scope: sent("scope"),
            given,
        })
    }

    fn begun(
        mut self,
        verifier: Option<Verifier>,
        request_token: Option<(String, Sensitive<String>)>,
    ) -> Authorization {
        let mut own = |key: &str| self.given.remove(key).unwrap_or_default();
        // The secret does not wait here: the caller sends it again.
        drop(Sensitive::new(own(API_SECRET)));
        Authorization {
            path_key: self.form.element.key.clone(),
            provider: self.form.element.provider().to_owned(),
            api_key: own(API_KEY),
            callback: own(CALLBACK_URL),
            state: self.state,
            site: self.given,
            verifier,
            request_token,
        }
    }
}

/// Nobody need show a secret here, so what is kept, or goes into an address, may not be of any length.
fn within_bounds(element: &Element, query: &[(String, String)]) -> Result<(), Refusal> {
    // A name is repeated only if it is one of ours.
    let ours = |name: &str| {
        ["state", "scope", "requestToken"].contains(&name)
            || STANDARD_QUERY.iter().any(|(_, standard)| *standard == name)
            || element.fields.iter().any(|field| field.query.iter().any(|own| own == name))
    };
    let ours = || query.iter().filter(|(name, _)| ours(name));
    if let Some((name, _)) = ours().find(|(_, value)| value.len() > VALUE_MAX) {
        return Err(Refusal::bad_request(format!("{name} has more than {VALUE_MAX} bytes.")));
    }
    if ours().map(|(_, value)| percent::encode(value).len()).sum::<usize>() > VALUES_MAX {
        let names: Vec<_> = ours().map(|(name, _)| name.as_str()).collect();
        let text = format!("Together, percent-encoded, more than {VALUES_MAX} bytes: {}.", names.join(", "));
        return Err(Refusal::bad_request(text));
    }
    Ok(())
}

/// The name in the query of a configuration key.
fn parameter(element: &Element, key: &str) -> String {
    let standard = STANDARD_QUERY.iter().find(|(known, _)| *known == key).map(|(_, name)| (*name).to_owned());
    let own = || element.field(key).and_then(|field| field.query.first().cloned());
    standard.or_else(own).unwrap_or_else(|| key.to_owned())
}

fn missing_parameter(name: &str) -> Refusal {
    let problem = FieldProblem { key: name.to_owned(), problem: Problem::Required };
    Refusal::of_entries("parameters", &[problem], str::to_owned)
}

/// Which element the sign-in is for: the one that `state` names if it is prepared under this path, else the one in the
/// path.
fn told_element(shared: &Shared, element: &Element, state: &str) -> String {
    let catalog = shared.engine.catalog();
    let named = catalog.find(state).ok().filter(|named| named.path_key() == element.key);
    named.map_or(&element.key, |named| &named.key).clone()
}
