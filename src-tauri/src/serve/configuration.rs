//! The configuration of an instance, entry by entry.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::Value;

use super::call::Call;
use super::elements::find;
use super::instance_body::text;
use super::instance_object::{self, Entry};
use super::refusal::Refusal;
use super::{Shared, instances, page};
use crate::domain::connection::Connection;
use crate::domain::element::Element;
use crate::domain::hosted::is_masked;
use crate::domain::sensitive::Sensitive;

/// `GET /instances/{id}/configuration`.
pub(super) async fn list(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    listed(&shared, &instances::by_id(&shared, &call, &id)?).await
}

/// `GET /instances/configuration`.
pub(super) async fn list_own(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    listed(&shared, &call.caller.connection()?).await
}

async fn listed(shared: &Shared, connection: &Connection) -> Result<Response, Refusal> {
    let (element, entries) = entries(shared, connection).await?;
    Ok(page::json(&Value::Array(entries.iter().map(|entry| entry.object(&element)).collect())))
}

/// `GET /instances/{id}/configuration/{entry}`.
pub(super) async fn one(
    State(shared): State<Shared>,
    Path((id, entry)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Refusal> {
    told(&shared, &instances::by_id(&shared, &call, &id)?, &entry).await
}

/// `GET /instances/configuration/{entry}`.
pub(super) async fn one_own(
    State(shared): State<Shared>,
    Path(entry): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    told(&shared, &call.caller.connection()?, &entry).await
}

/// `PATCH /instances/{id}/configuration/{entry}`.
pub(super) async fn change(
    State(shared): State<Shared>,
    Path((id, entry)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Refusal> {
    let connection = instances::by_id(&shared, &call, &id)?;
    changed(&shared, &connection, &entry, &call).await
}

/// `PATCH /instances/configuration/{entry}`.
pub(super) async fn change_own(
    State(shared): State<Shared>,
    Path(entry): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    changed(&shared, &call.caller.connection()?, &entry, &call).await
}

async fn changed(
    shared: &Shared,
    connection: &Connection,
    wanted: &str,
    call: &Call,
) -> Result<Response, Refusal> {
    let body = call.object().await?;
    let value = body.get("propertyValue").and_then(text);
    let value = value.ok_or_else(|| Refusal::bad_request("Missing: propertyValue."))?;
    let (element, entries) = entries(shared, connection).await?;
    let entry = found(&element, &entries, wanted)?;
    if !is_masked(&value) && !instance_object::is_brought(&element, &entry.key) {
        let entry = vec![(entry.key.clone(), Sensitive::new(value))];
        shared.engine.configure(connection, &entry).await?;
    }
    told(shared, connection, wanted).await
}

async fn told(shared: &Shared, connection: &Connection, wanted: &str) -> Result<Response, Refusal> {
    let (element, entries) = entries(shared, connection).await?;
    Ok(page::json(&found(&element, &entries, wanted)?.object(&element)))
}

async fn entries(shared: &Shared, connection: &Connection) -> Result<(Element, Vec<Entry>), Refusal> {
    let element = find(shared, &connection.element)?;
    let item = shared.engine.item(connection).await?;
    let entries = instance_object::configuration(shared, &element, &item).await;
    Ok((element, entries))
}

/// By its number, as listed, or by its key.
fn found<'e>(element: &Element, entries: &'e [Entry], wanted: &str) -> Result<&'e Entry, Refusal> {
    let fits = |entry: &&Entry| entry.key == wanted || wanted.parse() == Ok(entry.number(element));
    entries.iter().find(fits).ok_or_else(|| Refusal::not_found("configuration", wanted))
}
