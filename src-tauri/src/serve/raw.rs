//! `…/raw/{path}`: a call to the product's own API, with a token that the caller never sees. It goes only below the address
//! at which the API begins; the answer is forwarded as it is.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use url::Url;

use super::api_base::ApiBase;
use super::credentials::Caller;
use super::refusal::{Forwarded, Refusal};
use super::shared::Shared;
use super::{call, end_to_end};
use crate::domain::call::CallParts;
use crate::domain::credential::Credential;
use crate::domain::error::Failure;
use crate::domain::hosted::API_PATH;
use crate::domain::http::form_text;
use crate::domain::oauth::percent;
use crate::io::http::{Delivery, HttpError};
use crate::io::stream::Outgoing;
use crate::platform::Provider;

/// Begins the product's paths, below [`API_PATH`].
pub(super) const RAW: &str = "/raw";

/// Any verb.
pub(super) async fn forward(State(shared): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let caller = Caller::authenticate(&shared, &head.headers)?;
    let Target { provider, credential, base, mut url } = find_target(&shared, &caller, &head).await?;
    let carried = provider.form().call_parts(&credential);
    if !carried.query.is_empty() {
        // A parameter of the caller must not come before ours.
        url = without_carried(url, &carried);
        let carried = carried.query.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()));
        url.query_pairs_mut().extend_pairs(carried);
    }
    let Forwardable { form, body, rewritten } =
        read_form(&credential, &carried, &caller, &head, body).await?;

    let parts = provider.call_parts(&credential, head.method.as_str(), &url, &form)?;
    let mut headers = end_to_end::filter_request(head.headers);
    for (name, value) in &parts.headers {
        let unfit = || Failure::internal("a credential of the provider cannot stand in a header");
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(name.as_str()).map_err(|_| unfit())?, value);
    }

    if let Some((kind, length)) = rewritten {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CONTENT_LENGTH, length.into());
        headers.remove(header::TRANSFER_ENCODING);
    }
    let outgoing = Outgoing { method: head.method, url: url.clone(), headers, body };
    let product = provider.product();
    let answer = shared.engine.http.forward(outgoing).await.map_err(|error| match error {
        // In every other call a time-out is `Code::ProviderUnreachable`.
        HttpError::Unreachable { delivery: Delivery::TimedOut, .. } => {
            let text = format!("{product} does not answer in time.");
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, text)
        }
        error => Failure::from(error).product(product).into(),
    })?;

    let mut headers = end_to_end::filter_response(answer.headers);
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    // The caller does not get the credential, which a redirect may repeat.
    let location = location.map(|there| match url.join(there) {
        Ok(there) if !carried.query.is_empty() => without_carried(there, &carried).to_string(),
        _ => there.to_owned(),
    });
    if let Some(there) = location.as_ref().filter(|_| !carried.query.is_empty())
        && let Ok(there) = HeaderValue::from_str(there)
    {
        headers.insert(header::LOCATION, there);
    }
    let location = location.as_deref();
    if let Some(here) = location.and_then(|there| base.location(there, &url, &format!("{API_PATH}{RAW}")))
        && let Ok(here) = HeaderValue::from_str(&here)
    {
        headers.insert(header::LOCATION, here);
    }
    let mut response = Response::new(Body::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = headers;
    response.extensions_mut().insert(Forwarded);
    Ok(response)
}

/// Where a call goes, and with what.
struct Target {
    provider: Provider,
    credential: Credential,
    base: ApiBase,
    url: Url,
}

async fn find_target(shared: &Shared, caller: &Caller, head: &Parts) -> Result<Target, Refusal> {
    let connection = caller.require_element()?;
    if matches!(head.method, Method::CONNECT | Method::TRACE) {
        // Neither is a call of an API, and TRACE would return the secrets (RFC 9110 §9.3.8).
        return Err(Refusal::wrong_verb());
    }
    let item = shared.engine.fresh_item(&connection).await?;
    let provider = shared.engine.provider_of(&item).await?;
    let base = ApiBase(provider.api_base(&item.credential).await?);
    let credential = item.credential;
    // The router has removed API_PATH.
    let path = head.uri.path().strip_prefix(RAW).unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or(path);
    let elsewhere = || Refusal::bad_request("The path leads out of the API.");
    let url = base.join(path, head.uri.query()).ok_or_else(elsewhere)?;
    Ok(Target { provider, credential, base, url })
}

/// A body as it is forwarded.
struct Forwardable {
    /// The fields of a form that is signed (RFC 5849 §3.4.1.3.1).
    form: Vec<(String, String)>,
    body: Option<Body>,
    /// The type and the length of a body that was changed.
    rewritten: Option<(&'static str, usize)>,
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A body is read whole where it is a form that is signed, or where the product wants the credential in it; every other body
/// is streamed.
async fn read_form(
    credential: &Credential,
    carried: &CallParts,
    caller: &Caller,
    head: &Parts,
    body: Body,
) -> Result<Forwardable, Refusal> {
    let has = |name: HeaderName| head.headers.contains_key(name);
    let has_body = has(header::CONTENT_LENGTH) || has(header::TRANSFER_ENCODING);
    let kind = call::media_type(&head.headers);
    let is_signed = credential.tokens().is_some_and(|tokens| tokens.token_secret.is_some());
    let adds_json = !carried.json.is_empty() && (kind == JSON || !has_body);
    let adds_form = !carried.form.is_empty() && (kind == FORM || !has_body);
    let may_have_body = !matches!(head.method, Method::GET | Method::HEAD);
    let unchanged = |body| Ok(Forwardable { form: Vec::new(), body, rewritten: None });
    if !has_body && !(may_have_body && (adds_json || adds_form)) {
        return unchanged(None);
    }
    let is_read = adds_json || adds_form || (is_signed && kind == FORM);
    if !is_read {
        return unchanged(Some(body));
    }
    let whole = call::read_body(body, caller).await?;
    if adds_json {
        let text = with_members(if whole.is_empty() { b"{}" } else { &whole }, carried)?;
        let rewritten = Some((JSON, text.len()));
        return Ok(Forwardable { form: Vec::new(), body: Some(Body::from(text)), rewritten });
    }
    let malformed = || Refusal::bad_request("The body is not the form that it says it is.");
    let mut text = std::str::from_utf8(&whole).map_err(|_| malformed())?.to_owned();
    if adds_form {
        let separator = if text.is_empty() { "" } else { "&" };
        text = format!("{text}{separator}{}", form_text(&carried.form).expose());
    }
    let form = percent::parse_form(&text).map_err(|_| malformed())?;
    let rewritten = adds_form.then_some((FORM, text.len()));
    Ok(Forwardable { form, body: Some(Body::from(text)), rewritten })
}

/// The address without the parameters that calls carry.
fn without_carried(mut url: Url, carried: &CallParts) -> Url {
    let is_carried = |name: &str| carried.query.iter().any(|(known, _)| known == name);
    // Otherwise it stays byte for byte.
    if url.query_pairs().any(|(name, _)| is_carried(&name)) {
        let rest: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| !is_carried(name)).collect();
        url.set_query(None);
        if !rest.is_empty() {
            url.query_pairs_mut().extend_pairs(rest);
        }
    }
    url
}

/// A JSON object with what the product wants in it.
fn with_members(body: &[u8], carried: &CallParts) -> Result<String, Refusal> {
    let malformed = || Refusal::bad_request("The body is not the JSON object that this product takes.");
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).map_err(|_| malformed())?;
    let added = carried.json.iter();
    object.extend(added.map(|(name, value)| (name.clone(), value.expose().as_str().into())));
    serde_json::to_string(&object).map_err(|_| malformed())
}
