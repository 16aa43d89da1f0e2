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
        let carried = carried.query.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()));
        url.query_pairs_mut().extend_pairs(carried);
    }
    let (form, body) = read_form(&credential, &carried, &caller, &head, body).await?;

    let parts = provider.call_parts(&credential, head.method.as_str(), &url, &form)?;
    let mut headers = end_to_end::filter_request(head.headers);
    for (name, value) in &parts.headers {
        let unfit = || Failure::internal("a credential of the provider cannot stand in a header");
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(name.as_str()).map_err(|_| unfit())?, value);
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

/// The fields of a form that is signed, and the body. A body is read whole where it is a form that is signed
/// (RFC 5849 §3.4.1.3.1), or where the product wants the credential in it; every other body is streamed.
async fn read_form(
    credential: &Credential,
    carried: &CallParts,
    caller: &Caller,
    head: &Parts,
    body: Body,
) -> Result<(Vec<(String, String)>, Option<Body>), Refusal> {
    let has = |name: HeaderName| head.headers.contains_key(name);
    if !has(header::CONTENT_LENGTH) && !has(header::TRANSFER_ENCODING) {
        return Ok((Vec::new(), None));
    }
    let kind = call::media_type(&head.headers);
    let is_signed = credential.tokens().is_some_and(|tokens| tokens.token_secret.is_some());
    if kind == "application/json" && !carried.json.is_empty() {
        let whole = call::read_body(body, caller).await?;
        return Ok((Vec::new(), Some(Body::from(with_members(&whole, carried)?))));
    }
    let is_form = kind == "application/x-www-form-urlencoded";
    let is_read = is_signed || !carried.form.is_empty();
    if !is_form || !is_read {
        return Ok((Vec::new(), Some(body)));
    }
    let mut whole = call::read_body(body, caller).await?;
    let malformed = || Refusal::bad_request("The body is not the form that it says it is.");
    if !carried.form.is_empty() {
        let added: Vec<_> =
            carried.form.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
        let separator = if whole.is_empty() { "" } else { "&" };
        let text = std::str::from_utf8(&whole).map_err(|_| malformed())?;
        whole = format!("{text}{separator}{}", percent::form_encode(&added)).into();
    }
    let text = std::str::from_utf8(&whole).map_err(|_| malformed())?;
    let form = percent::parse_form(text).map_err(|_| malformed())?;
    Ok((form, Some(Body::from(whole))))
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
