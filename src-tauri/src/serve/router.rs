//! The paths of the API, and what happens around every call.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, put};

use super::raw::RAW;
use super::refusal::{Refusal, add_body};
use super::shared::Shared;
use super::{configuration, create, elements, gate, instances, oauth, ping, raw};
use crate::domain::hosted::API_PATH;
use crate::io::clock;

const REQUEST_ID: HeaderName = HeaderName::from_static("elements-request-id");

pub(super) fn router(shared: Shared) -> Router {
    let changes = || put(instances::change).patch(instances::change).delete(instances::delete);
    let instance = || changes().get(instances::one);
    let enabled = || put(instances::set_enabled).delete(instances::set_enabled);
    let entry = || get(configuration::one).patch(configuration::change);
    let api = Router::new()
        .route("/elements", get(elements::list))
        .route("/elements/keys", get(elements::keys))
        .route("/elements/metadata", get(elements::all_metadata))
        .route("/elements/{element}", get(elements::one))
        .route("/elements/{element}/configuration", get(elements::configuration))
        .route("/elements/{element}/metadata", get(elements::metadata))
        .route("/elements/{element}/authentication-types", get(elements::authentication_types))
        .route("/elements/{element}/oauth/token", get(oauth::token))
        .route("/elements/{element}/oauth/url", get(oauth::url).post(oauth::url))
        .route("/elements/{element}/instances", get(instances::list).post(create::create))
        .route("/elements/{element}/instances/{id}", instance())
        // Without an id in the path, a call is about the instance of its Element token.
        .route("/instances", changes().get(instances::list).post(create::create))
        .route("/instances/count", get(instances::count))
        .route("/instances/enabled", enabled())
        .route("/instances/configuration", get(configuration::list))
        .route("/instances/configuration/{entry}", entry())
        .route("/instances/{id}", instance())
        .route("/instances/{id}/configuration", get(configuration::list))
        .route("/instances/{id}/configuration/{entry}", entry())
        .route("/instances/{id}/enabled", enabled())
        .route("/organizations/me", get(ping::organization))
        .route("/ping", get(ping::ping))
        .route("/hubs/{hub}/ping", get(ping::ping))
        .method_not_allowed_fallback(async || Refusal::wrong_verb())
        // After the fallback above, which must not apply here: every verb is forwarded.
        .route(RAW, any(raw::forward))
        .route(&format!("{RAW}/"), any(raw::forward))
        .route(&format!("{RAW}/{{*path}}"), any(raw::forward));
    Router::new()
        .nest(API_PATH, api)
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "No such call."))
        .layer(middleware::from_fn_with_state(shared.clone(), handle))
        .with_state(shared)
}

/// Answers a call without secrets in one of the few places for them. When all are taken, the oldest gives way.
async fn answer_stranger(shared: &Shared, answer: impl Future<Output = Response>) -> Response {
    let place = shared.strangers.clone().take().await;
    let give_way = async {
        match &place {
            Some(place) => place.give_way().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        response = answer => response,
        () = give_way => {
            let text = "Too many calls without secrets. Show the secrets, or try again.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

/// Checks that the caller may speak to the server at all, then adds the request id, the message of a refusal and a line in
/// the log.
async fn handle(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = hex::encode(clock::random::<12>());
    let method = request.method().clone();
    // The template, never the path, which can hold ids of the product.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.headers_mut().remove(&REQUEST_ID);
    let is_stranger = !request.headers().contains_key(header::AUTHORIZATION);
    let response = match gate::check(&request, &shared.authority) {
        Ok(()) if is_stranger => answer_stranger(&shared, next.run(request)).await,
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let mut response = add_body(response, &id);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    // The answers contain tokens.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    tracing::info!(
        request = %id,
        %method,
        route = route.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "served"
    );
    response
}
