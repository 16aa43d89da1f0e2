//! The configuration of an instance, entry by entry.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::call::Call;
use super::elements::find;
use super::instance_body::text;
use super::instance_object::{self, Entry};
use super::instances::target;
use super::page;
use super::refusal::Refusal;
use super::shared::Shared;
use crate::domain::connection::Connection;
use crate::domain::element::Element;
use crate::domain::hosted::is_masked;
use crate::domain::sensitive::Sensitive;

pub(super) async fn list(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let (element, entries) = entries(&shared, &target(&shared, &call)?).await?;
    Ok(page::json(&Value::Array(entries.iter().map(|entry| entry.object(&element)).collect())))
}

pub(super) async fn one(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    answer(&shared, &target(&shared, &call)?, &call).await
}

pub(super) async fn change(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let connection = target(&shared, &call)?;
    let body = call.object().await?;
    let value = body.get("propertyValue").and_then(text);
    let value = value.ok_or_else(|| Refusal::bad_request("Missing: propertyValue."))?;
    let (element, entries) = entries(&shared, &connection).await?;
    let entry = find_entry(&element, &entries, &call)?;
    if !is_masked(&value) && !instance_object::is_from_sign_in(&element, &entry.key) {
        let entry = vec![(entry.key.clone(), Sensitive::new(value))];
        shared.engine.configure(&connection, &entry).await?;
    }
    answer(&shared, &connection, &call).await
}

async fn answer(shared: &Shared, connection: &Connection, call: &Call) -> Result<Response, Refusal> {
    let (element, entries) = entries(shared, connection).await?;
    Ok(page::json(&find_entry(&element, &entries, call)?.object(&element)))
}

async fn entries(shared: &Shared, connection: &Connection) -> Result<(Element, Vec<Entry>), Refusal> {
    let element = find(shared, &connection.element)?;
    let item = shared.engine.item(connection).await?;
    let entries = instance_object::configuration(shared, &element, &item).await;
    Ok((element, entries))
}

/// The entry in the path, by its number or its key.
fn find_entry<'e>(element: &Element, entries: &'e [Entry], call: &Call) -> Result<&'e Entry, Refusal> {
    let wanted = call.path("entry").unwrap_or_default();
    let fits = |entry: &&Entry| entry.key == wanted || wanted.parse() == Ok(entry.number(element));
    entries.iter().find(fits).ok_or_else(|| Refusal::not_found("configuration", wanted))
}
