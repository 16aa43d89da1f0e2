//! Instances: listed, read, changed, enabled, disabled and removed. Making them is in `create`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::call::Call;
use super::elements::find;
use super::instance_body::InstanceChange;
use super::instance_object::{self, Detail};
use super::refusal::Refusal;
use super::shared::Shared;
use super::{create, page};
use crate::domain::connection::{Connection, folded};
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::engine::Reach;

/// The connection that a call is about: that of the instance id in the path, of the element in the path if there is one;
/// without an id that of the Element token.
pub(super) fn target(shared: &Shared, call: &Call) -> Result<Connection, Refusal> {
    let Some(id) = call.path("id") else { return call.caller.require_element() };
    call.caller.require_platform()?;
    let found = shared.engine.find_by_instance(&shared.workspace, id)?;
    let connection = found.ok_or_else(|| Refusal::not_found("instance", id))?;
    match call.path("element") {
        Some(element) if find(shared, element)?.key != connection.element => {
            Err(Refusal::not_found("instance", id))
        }
        _ => Ok(connection),
    }
}

async fn answer(shared: &Shared, connection: &Connection, detail: Detail) -> Result<Response, Refusal> {
    let item = item(shared, connection).await?;
    Ok(page::json(&instance_object::object(shared, connection, item.as_ref(), detail).await))
}

/// The keychain item of a connection; `None` if it is missing or damaged.
async fn item(shared: &Shared, connection: &Connection) -> Result<Option<Item>, Failure> {
    match shared.engine.item(connection).await {
        Ok(item) => Ok(Some(item)),
        Err(failure) if failure.code == Code::SignInExpired => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// `GET /instances` and `/elements/{element}/instances`: the list, or with an Element token its own instance.
pub(super) async fn list(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    if call.path("element").is_none() && call.caller.is_element() {
        return answer(&shared, &call.caller.require_element()?, Detail::Whole).await;
    }
    call.caller.require_platform()?;
    let element = call.path("element").map(|element| find(&shared, element)).transpose()?;
    let tags = || call.query.iter().filter(|(name, _)| name == "tags[]" || name == "tags");
    let search = call.get("searchText").map(folded);
    let mut all = shared.engine.list_rows(Some(&shared.workspace))?;
    all.retain(|connection| {
        element.as_ref().is_none_or(|element| connection.element == element.key)
            && tags().all(|(_, tag)| connection.tags.contains(tag))
            && search.as_ref().is_none_or(|search| folded(&connection.name).contains(search))
    });
    if all.is_empty() {
        // The platform's answer to an empty list.
        return Err(Refusal::new(StatusCode::NOT_FOUND, "No instances found"));
    }
    // As wide as the largest number, so that the texts sort like the numbers.
    let place =
        |connection: &Connection| format!("{:0>20}", connection.instance.as_deref().unwrap_or_default());
    all.sort_by_key(place);
    let page = page::paginate(&call, all, place)?;
    let detail = if call.get("hydrate") == Some("false") { Detail::Short } else { Detail::Whole };
    let mut values = Vec::with_capacity(page.items.len());
    for connection in &page.items {
        let item = item(&shared, connection).await?;
        values.push(instance_object::object(&shared, connection, item.as_ref(), detail).await);
    }
    Ok(page.into_response(values))
}

pub(super) async fn count(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    call.caller.require_platform()?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for connection in shared.engine.list_rows(Some(&shared.workspace))? {
        *counts.entry(connection.facts.element).or_default() += 1;
    }
    let total: u64 = counts.values().sum();
    Ok(page::json(&json!({ "totalInstances": total, "elementInstances": counts })))
}

pub(super) async fn one(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    answer(&shared, &target(&shared, &call)?, Detail::Whole).await
}

/// `PUT` and `PATCH /instances/{id}`, `/elements/{element}/instances/{id}` and `/instances`. Both change what the body
/// names and leave the rest: a `PUT` must not lose what it omits. What can be refused comes first: the sign-in, then the
/// configuration, then the name.
pub(super) async fn change(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let mut connection = target(&shared, &call)?;
    let mut change = InstanceChange::parse(&call.object().await?)?;
    if let Some(named) = &change.element
        && find(&shared, named)?.key != connection.element
    {
        return Err(Refusal::bad_request("An instance stays one of its element."));
    }
    if change.name.as_deref() == Some("") {
        return Err(Refusal::bad_request("name is empty."));
    }
    // Without its element file an instance can still be renamed.
    let element = find(&shared, &connection.element);
    if let Ok(element) = &element {
        change.configuration.retain(|key, _| !instance_object::is_from_sign_in(element, key));
    }
    if change.provider_data.as_ref().is_some_and(|provided| !provided.is_empty()) {
        let kept =
            item(&shared, &connection).await?.map(|item| item.configuration.clone()).unwrap_or_default();
        let kept = kept.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect();
        connection = create::sign_in(&shared, &element?, &change, kept, Some(&connection)).await?.connection;
    } else if !change.configuration.is_empty() {
        let entries = create::sensitive(change.configuration.clone());
        shared.engine.configure(&connection, &entries).await?;
    }
    if let Some(name) = change.name.as_ref().filter(|name| **name != connection.name) {
        connection = shared.engine.rename(&connection, name).await?;
    }
    if let Some(tags) = change.tags_after(&connection.tags) {
        connection = shared.engine.set_tags(&connection, &tags).await?;
    }
    answer(&shared, &connection, Detail::Whole).await
}

pub(super) async fn delete(State(shared): State<Shared>, call: Call) -> Result<StatusCode, Refusal> {
    shared.engine.remove(&target(&shared, &call)?, Reach::Platform).await?;
    Ok(StatusCode::OK)
}

/// `PUT` enables, `DELETE` disables.
pub(super) async fn set_enabled(
    State(shared): State<Shared>,
    method: Method,
    call: Call,
) -> Result<StatusCode, Refusal> {
    shared.engine.set_enabled(&target(&shared, &call)?, method == Method::PUT).await?;
    Ok(StatusCode::OK)
}
