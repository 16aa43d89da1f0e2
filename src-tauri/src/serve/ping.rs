//! Tests of the secrets: those of the organization, and those of an instance up to its provider.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::call::Call;
use super::instance_object::OWNER;
use super::refusal::Refusal;
use super::shared::Shared;
use super::{date, page};
use crate::engine::WorkspaceId;
use crate::io::clock;

pub(super) async fn organization(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    call.caller.require_platform()?;
    let name = if shared.workspace == WorkspaceId::Practice { "Practice" } else { "This computer" };
    Ok(page::json(&json!({ "id": OWNER, "name": name, "active": true })))
}

/// Calls the provider, with a token that is renewed first if needed. A hub in the path is ignored, as at the platform.
pub(super) async fn ping(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let connection = call.caller.require_element()?;
    shared.engine.test(&connection).await?;
    let now = date::format_ms(clock::now_ms());
    Ok(page::json(&json!({ "dateTime": now, "endpoint": connection.element })))
}
