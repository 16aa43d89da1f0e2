//! The endpoints of both protocols: the decision on a consent page, and the account behind a token.

use axum::Form;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::answers::{self, error_page, redirect};
use super::shared::{ACCOUNT, PendingDecision, Shared, header_text};
use super::{oauth1, oauth2};

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

/// `GET /{product}/me`.
pub(super) async fn me(State(shared): State<Shared>, request: Request) -> Response {
    let authorization = header_text(request.headers(), &header::AUTHORIZATION);
    let is_valid = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            oauth2::is_valid(&shared, token.trim())
        }
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("oauth") => {
            oauth1::is_valid(&shared, request.uri(), authorization)
        }
        _ => false,
    };
    if !is_valid {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        let body = answers::json(&json!({ "error": "invalid_token" }));
        return (StatusCode::UNAUTHORIZED, challenge, body).into_response();
    }
    let (name, email) = ACCOUNT;
    answers::json(&json!({ "id": "practice-1", "name": name, "email": email }))
}
