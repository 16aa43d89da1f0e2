//! The account behind a token of either protocol.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answers;
use super::shared::{ACCOUNT, Shared};
use super::{oauth1, oauth2};

/// `GET /{product}/me`.
pub(super) async fn me(State(shared): State<Shared>, request: Request) -> Response {
    let header = request.headers().get(header::AUTHORIZATION);
    let authorization = header.and_then(|h| h.to_str().ok()).unwrap_or_default();
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
