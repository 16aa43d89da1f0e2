//! The endpoints of both protocols: the decision on a consent page, and the account behind a token.

use axum::Form;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::answers::{self, error_page, redirect};
use super::shared::{ACCOUNT, PendingDecision, Shared, header_text};
use super::{oauth1, oauth2};
use crate::io::clock;

/// In bytes.
const LARGEST_BODY: usize = 64 * 1024;

#[derive(Deserialize)]
pub(super) struct DecisionForm {
    request: String,
    decision: String,
}

/// Sends the browser to the callback. The handle is random and works once, which prevents forged and repeated decisions.
pub(super) async fn decide(State(shared): State<Shared>, Form(form): Form<DecisionForm>) -> Response {
    let Some(pending) = shared.decisions.remove(&form.request) else {
        return error_page("This page was used already. Start again from Keyrack.");
    };
    let allowed = form.decision == "allow";
    let target = match pending {
        PendingDecision::OAuth2(request) => oauth2::callback_url(&shared, &request, allowed),
        PendingDecision::OAuth1 { token } => oauth1::callback_url(&shared, &token, allowed),
    };
    target.map_or_else(error_page, |url| redirect(&url))
}

/// `POST /{product}/session`: a token for any user name and password.
pub(super) async fn session(State(shared): State<Shared>, Path(product): Path<String>) -> Response {
    let token = clock::random_token();
    match shared.store.accept_key(&product, &token) {
        Ok(()) => answers::json(&json!({ "session": token })),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `/{product}/me`. The credential may stand wherever the product wants it.
pub(super) async fn me(State(shared): State<Shared>, request: Request) -> Response {
    let authorization = header_text(request.headers(), &header::AUTHORIZATION).to_owned();
    let signed = authorization.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("oauth "))
        && oauth1::is_valid(&shared, request.uri(), &authorization);
    let is_valid = signed || carries_key(&shared, request).await;
    if !is_valid {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        let body = answers::json(&json!({ "error": "invalid_token" }));
        return (StatusCode::UNAUTHORIZED, challenge, body).into_response();
    }
    let (name, email) = ACCOUNT;
    answers::json(&json!({ "id": "practice-1", "name": name, "email": email }))
}

/// Whether a header, the query or the body has a valid key.
async fn carries_key(shared: &Shared, request: Request) -> bool {
    let (head, body) = request.into_parts();
    let mut texts: Vec<String> =
        head.headers.values().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    texts.extend(texts.iter().filter_map(|text| user_of(text)).flatten().collect::<Vec<_>>());
    let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    texts.extend(query.map(|(_, value)| value.into_owned()));
    if let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await {
        let form = url::form_urlencoded::parse(&body);
        texts.extend(form.map(|(_, value)| value.into_owned()));
        if let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(&body) {
            texts.extend(members.values().filter_map(|value| value.as_str().map(str::to_owned)));
        }
    }
    let is_mark = |c: char| c.is_whitespace() || "=\",:".contains(c);
    texts.iter().any(|text| {
        let words = std::iter::once(text.as_str()).chain(text.split(is_mark));
        words.filter(|word| !word.is_empty()).any(|word| oauth2::is_valid(shared, word))
    })
}

/// The user name and password of HTTP Basic.
fn user_of(header: &str) -> Option<[String; 2]> {
    let encoded = header.strip_prefix("Basic ")?;
    let joined = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = joined.split_once(':')?;
    Some([user.to_owned(), password.to_owned()])
}
