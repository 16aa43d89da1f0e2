//! The answer to a consent page.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::answers::{error_page, redirect};
use super::pending::PendingDecision;
use super::shared::Shared;
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
