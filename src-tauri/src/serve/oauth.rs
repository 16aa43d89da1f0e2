//! `oauth/token` and `oauth/url`: what a caller needs before the browser opens.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::authorizations::{Authorization, VALUE_MAX, hash_secret};
use super::call::{Call, first};
use super::credentials::Caller;
use super::elements::{Prepared, find_prepared};
use super::instance_body::text;
use super::page;
use super::refusal::Refusal;
use super::shared::Shared;
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element, STANDARD_QUERY, Step, WAY};
use crate::domain::form::{self, FilledForm};
use crate::domain::oauth::percent;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;

/// The most bytes of all values of a call, percent-encoded: what the provider's own part leaves of the 8 KiB that an
/// address may have.
const VALUES_MAX: usize = 7 * 1024;

/// `GET /elements/{element}/oauth/token`: a request token, OAuth 1.0a only.
pub(super) async fn token(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let prepared = find_prepared(&shared, &call, call.get("state"))?;
    let preparation = Preparation::parse(&call.caller, prepared, &call.query, Step::Token)?;
    if !matches!(preparation.form.auth(), Auth::Oauth1(_)) {
        return Err(Refusal::bad_request("This element does not use OAuth 1: begin with oauth/url."));
    }
    let provider = shared.engine.local(&shared.workspace).bind(preparation.form.clone()).await?;
    let issued = provider.request_token(&preparation.state).await?;
    let answer = json!({ "token": issued.token, "secret": issued.secret.expose() });
    let request_token = Some((issued.token, issued.secret));
    shared.authorizations.remember(preparation.into_authorization(None, request_token));
    Ok(page::json(&answer))
}

/// `GET` or `POST /elements/{element}/oauth/url`: the address for the browser.
pub(super) async fn url(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let mut query = Vec::new();
    if call.has_body {
        // With POST the same values are members of a JSON object.
        let body = call.object().await?;
        query.extend(body.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))));
    }
    query.extend(call.query.iter().cloned());
    let prepared = find_prepared(&shared, &call, first(&query, "state"))?;
    let preparation = Preparation::parse(&call.caller, prepared, &query, Step::Url)?;
    if matches!(preparation.form.auth(), Auth::Oauth1(_)) && preparation.request_token.is_none() {
        return Err(Refusal::bad_request("Missing parameters: requestToken."));
    }
    if !preparation.form.auth().needs_browser() {
        return Err(Refusal::bad_request("This element does not sign in with a browser."));
    }
    let Preparation { form, state, request_token, scope, .. } = preparation.clone();
    let element = form.element.key.clone();
    let provider = shared.engine.local(&shared.workspace).bind(form).await?;
    let url = provider.authorization_url(&state, request_token.as_deref(), scope)?;
    // The secret of the request token was stored by oauth/token.
    let request_token = request_token.map(|token| (token, Sensitive::default()));
    shared.authorizations.remember(preparation.into_authorization(url.verifier, request_token));
    Ok(page::json(&json!({ "oauthUrl": url.oauth_url, "element": element })))
}

/// The checked parameters of a call.
#[derive(Clone)]
struct Preparation {
    showed_secrets: bool,
    path_key: String,
    /// Without the fields that the query does not carry.
    form: FilledForm,
    state: String,
    request_token: Option<String>,
    /// Replaces the scope of the element.
    scope: Option<String>,
    given: BTreeMap<String, String>,
}

impl Preparation {
    fn parse(
        caller: &Caller,
        prepared: Prepared,
        query: &[(String, String)],
        step: Step,
    ) -> Result<Self, Refusal> {
        let Prepared { element, path_key } = prepared;
        let of_all_ways = with_all_fields(&element);
        check_length(&of_all_ways, query)?;
        let own = |name: &str| first(query, name).map(str::to_owned);
        let request_token = own("requestToken");
        let mut given = form::read_query(&of_all_ways, query);
        if step == Step::Token || request_token.is_some() {
            choose_oauth1(&element, &mut given);
        }
        let way = first(query, WAY);
        let named = |key: &str| {
            let given = given.get(key).map(String::as_str);
            if key == WAY { way.or(given) } else { given }
        };
        let unknown = || Refusal::bad_request(format!("The element has no way with this name: {WAY}."));
        // Without a name, the way that signs in with a browser.
        let with_browser = || element.each_way().find(|element| element.auth.needs_browser());
        let chosen = element.in_way(named).ok_or_else(unknown)?;
        let fits = way.is_some() || given.contains_key(WAY) || chosen.auth.needs_browser();
        let element = if fits { chosen } else { with_browser().unwrap_or(chosen) };
        // The body that finishes this sign-in need not name it again.
        given.extend(element.way.clone().map(|way| (WAY.to_owned(), way)));
        let values = form::check_partial(&element, &given, step).map_err(|problems| {
            Refusal::for_entries("parameters", &problems, |key| parameter(&element, key))
        })?;
        Ok(Self {
            showed_secrets: caller.showed_secrets(),
            // The platform's default. It protects nothing: a careful caller sends a random one.
            state: own("state").unwrap_or_else(|| path_key.clone()),
            path_key,
            form: FilledForm { element, values },
            request_token,
            scope: own("scope"),
            given,
        })
    }

    fn into_authorization(
        mut self,
        verifier: Option<Verifier>,
        request_token: Option<(String, Sensitive<String>)>,
    ) -> Authorization {
        let mut take = |key: &str| self.given.remove(key).unwrap_or_default();
        let api_secret = Sensitive::new(take(API_SECRET));
        Authorization {
            began: Instant::now(),
            showed_secrets: self.showed_secrets,
            used: false,
            path_key: self.path_key,
            provider: self.form.element.provider().to_owned(),
            api_key: take(API_KEY),
            api_secret: hash_secret(api_secret.expose()),
            callback: take(CALLBACK_URL),
            state: self.state,
            values: self.given,
            verifier,
            request_token,
        }
    }
}

/// A request token exists in OAuth 1.0a only. So it chooses that way to sign in, if the query does not.
fn choose_oauth1(element: &Element, given: &mut BTreeMap<String, String>) {
    let is_oauth1 = |auth: &Auth| matches!(auth, Auth::Oauth1(_));
    if is_oauth1(&element.auth) {
        return;
    }
    let Some(way) = element.ways.iter().find(|way| is_oauth1(&way.auth) && way.auth.needs_browser()) else {
        return;
    };
    let (field, value) = match &way.when {
        Some(when) => (&*when.field, &when.is),
        None => (WAY, &way.key),
    };
    given.entry(field.to_owned()).or_insert_with(|| value.clone());
}

/// The element with the fields of all its ways.
fn with_all_fields(element: &Element) -> Element {
    let mut all = element.clone();
    for field in element.each_way().flat_map(|way| way.fields) {
        if all.field(&field.key).is_none() {
            all.fields.push(field);
        }
    }
    all
}

/// These calls need no secret, so the length of what is stored, or becomes part of an address, is limited.
fn check_length(element: &Element, query: &[(String, String)]) -> Result<(), Refusal> {
    // A message contains known names only.
    let is_known = |name: &str| {
        ["state", "scope", "requestToken"].contains(&name)
            || STANDARD_QUERY.iter().any(|(_, standard)| *standard == name)
            || element.fields.iter().any(|field| field.query.iter().any(|own| own == name))
    };
    let known = || query.iter().filter(|(name, _)| is_known(name));
    if let Some((name, _)) = known().find(|(_, value)| value.len() > VALUE_MAX) {
        return Err(Refusal::bad_request(format!("{name} has more than {VALUE_MAX} bytes.")));
    }
    if known().map(|(_, value)| percent::encode(value).len()).sum::<usize>() > VALUES_MAX {
        let names: Vec<_> = known().map(|(name, _)| name.as_str()).collect();
        let text = format!("Together, percent-encoded, more than {VALUES_MAX} bytes: {}.", names.join(", "));
        return Err(Refusal::bad_request(text));
    }
    Ok(())
}

/// The name of a configuration key in the query.
fn parameter(element: &Element, key: &str) -> String {
    let standard = STANDARD_QUERY.iter().find(|(known, _)| *known == key).map(|(_, name)| (*name).to_owned());
    let own = || element.field(key).and_then(|field| field.query.first().cloned());
    standard.or_else(own).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two ways to sign in; the field that chooses is not a parameter, and neither is the required shop.
    const BOOKS: &str = r#"
key = "books"
name = "Books"
initials = "BO"
category = "Tests"
gives = "Invoices"
access = ["Reading invoices"]

[auth.oauth2]
authorization_endpoint = "https://books.example/authorize"
token_endpoint = "https://books.example/token"

[[variants]]
when = { field = "authentication.type", is = "oauth1" }

[variants.auth.oauth1]
request_token_endpoint = "https://books.example/request"
authorization_endpoint = "https://books.example/authorize1"
token_endpoint = "https://books.example/access"

[[fields]]
key = "authentication.type"
label = "Way"
type = "select"
options = [{ value = "oauth1", label = "OAuth 1.0a" }, { value = "oauth2", label = "OAuth 2" }]
default = "oauth2"
example = "oauth2"

[[fields]]
key = "shop.id"
label = "Shop"
example = "acme"

[[fields]]
key = "oauth.api.key"
label = "Client ID"
example = "books"

[[fields]]
key = "oauth.api.secret"
label = "Secret"
example = "practice-secret"
secret = true

[[fields]]
key = "oauth.callback.url"
label = "Callback URL"
example = "http://localhost:14747/callback/books"
type = "address"
"#;

    fn parse(query: &[(&str, &str)], step: Step) -> Result<Preparation, Refusal> {
        let element = Element::parse(BOOKS).expect("valid");
        let standard = [("apiKey", "app"), ("apiSecret", "s3cret"), ("callbackUrl", "https://a.example/")];
        let query: Vec<_> =
            standard.iter().chain(query).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let prepared = Prepared { element, path_key: "books".to_owned() };
        Preparation::parse(&Caller::default(), prepared, &query, step)
    }

    #[test]
    fn a_field_that_is_no_parameter_is_not_required_yet() {
        let preparation = parse(&[], Step::Url).expect("complete for this step");
        assert!(matches!(preparation.form.auth(), Auth::Oauth2(_)));
        let authorization = preparation.into_authorization(None, None);
        assert_eq!(authorization.callback, "https://a.example/");
        assert_eq!(authorization.values, BTreeMap::new(), "no secret is stored");
    }

    #[test]
    fn a_request_token_chooses_oauth_1_0a() {
        let token = [("requestToken", "t")];
        for (query, step) in [(&[][..], Step::Token), (&token[..], Step::Url)] {
            let preparation = parse(query, step).expect("complete for this step");
            assert!(matches!(preparation.form.auth(), Auth::Oauth1(_)), "{step:?}");
            let values = preparation.into_authorization(None, None).values;
            assert_eq!(
                values.into_iter().collect::<Vec<_>>(),
                [("authentication.type".to_owned(), "oauth1".to_owned())]
            );
        }
    }
}
