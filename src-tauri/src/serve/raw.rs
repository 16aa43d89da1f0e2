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
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::API_PATH;
use crate::domain::oauth::percent;
use crate::domain::oauth::token::TokenSet;
use crate::io::http::{Delivery, HttpError};
use crate::io::stream::Outgoing;
use crate::platform::Provider;

/// Begins the product's paths, below [`API_PATH`].
pub(super) const RAW: &str = "/raw";

/// Any verb.
pub(super) async fn forward(State(shared): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let caller = Caller::authenticate(&shared, &head.headers)?;
    let Target { provider, tokens, base, url } = find_target(&shared, &caller, &head).await?;
    let (form, body) = signed_body(&tokens, &caller, &head, body).await?;

    let authorization = provider.authorization(&tokens, head.method.as_str(), &url, &form)?;
    let mut authorization = HeaderValue::from_str(authorization.expose())
        .map_err(|_| Failure::internal("a token of the provider cannot stand in a header"))?;
    authorization.set_sensitive(true);
    let mut headers = end_to_end::filter_request(head.headers);
    headers.insert(header::AUTHORIZATION, authorization);

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
    tokens: TokenSet,
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
    let expired = || Failure::new(Code::SignInExpired).product(provider.product());
    let tokens = item.tokens().cloned().ok_or_else(expired)?;
    let base = ApiBase(provider.api_base(&tokens)?);
    // The router has removed API_PATH.
    let path = head.uri.path().strip_prefix(RAW).unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or(path);
    let elsewhere = || Refusal::bad_request("The path leads out of the API.");
    let url = base.join(path, head.uri.query()).ok_or_else(elsewhere)?;
    Ok(Target { provider, tokens, base, url })
}

/// The fields of a form that is signed, and the body. A form is read whole for that (RFC 5849 §3.4.1.3.1); every other
/// body is streamed.
async fn signed_body(
    tokens: &TokenSet,
    caller: &Caller,
    head: &Parts,
    body: Body,
) -> Result<(Vec<(String, String)>, Option<Body>), Refusal> {
    let has = |name: HeaderName| head.headers.contains_key(name);
    if !has(header::CONTENT_LENGTH) && !has(header::TRANSFER_ENCODING) {
        return Ok((Vec::new(), None));
    }
    let is_form = call::media_type(&head.headers) == "application/x-www-form-urlencoded";
    if tokens.token_secret.is_none() || !is_form {
        return Ok((Vec::new(), Some(body)));
    }
    let whole = call::read_body(body, caller).await?;
    let malformed = || Refusal::bad_request("The body is not the form that it says it is.");
    let text = std::str::from_utf8(&whole).map_err(|_| malformed())?;
    let form = percent::parse_form(text).map_err(|_| malformed())?;
    Ok((form, Some(Body::from(whole))))
}
