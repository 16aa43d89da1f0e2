//! Instances: listed, looked at, changed, switched and removed. Making them is in `create`.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::call::Call;
use super::elements::find;
use super::instance_body::InstanceChange;
use super::instance_object::{self, Detail};
use super::refusal::Refusal;
use super::{Shared, create, page};
use crate::domain::connection::{Connection, folded};
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::sensitive::Sensitive;
use crate::engine::Reach;

/// The instance of a connection, as an answer.
pub(super) async fn answer(
    shared: &Shared,
    connection: &Connection,
    detail: Detail,
) -> Result<Response, Refusal> {
    let item = item(shared, connection).await?;
    Ok(page::json(&instance_object::object(shared, connection, item.as_ref(), detail).await))
}

/// What the keychain holds for a connection; `None` if that is nothing, or damaged.
pub(super) async fn item(shared: &Shared, connection: &Connection) -> Result<Option<Item>, Failure> {
    match shared.engine.item(connection).await {
        Ok(item) => Ok(Some(item)),
        Err(failure) if failure.code == Code::SignInExpired => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The connection behind the id in a path.
pub(super) fn by_id(shared: &Shared, call: &Call, id: &str) -> Result<Connection, Refusal> {
    call.caller.platform()?;
    let found = shared.engine.index.find_by_instance(&shared.workspace, id)?;
    found.ok_or_else(|| Refusal::not_found("instance", id))
}

/// The same, if it is one of the element in the path.
fn of(shared: &Shared, call: &Call, element: &str, id: &str) -> Result<Connection, Refusal> {
    let connection = by_id(shared, call, id)?;
    if find(shared, element)?.key == connection.element {
        Ok(connection)
    } else {
        Err(Refusal::not_found("instance", id))
    }
}

/// `GET /instances`: the list, or with an Element token its own instance.
pub(super) async fn list(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    if call.caller.is_element() {
        return answer(&shared, &call.caller.connection()?, Detail::Whole).await;
    }
    listed(&shared, &call, None).await
}

/// `GET /elements/{element}/instances`.
pub(super) async fn list_of(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    call.caller.platform()?;
    let key = find(&shared, &element)?.key.clone();
    listed(&shared, &call, Some(&key)).await
}

async fn listed(shared: &Shared, call: &Call, element: Option<&str>) -> Result<Response, Refusal> {
    call.caller.platform()?;
    let tags: Vec<&str> = call
        .query
        .iter()
        .filter(|(name, _)| name == "tags[]" || name == "tags")
        .map(|(_, v)| v.as_str())
        .collect();
    let words = call.get("searchText").map(folded);
    let mut all = shared.engine.index.connections(Some(&shared.workspace))?;
    all.retain(|connection| {
        element.is_none_or(|key| connection.element == key)
            && tags.iter().all(|tag| connection.tags.iter().any(|own| own == tag))
            && words.as_ref().is_none_or(|words| folded(&connection.name).contains(words))
    });
    if all.is_empty() {
        // The platform's own way of saying that a list is empty.
        return Err(Refusal::new(StatusCode::NOT_FOUND, "No instances found"));
    }
    // As wide as the largest number, so that texts are in the order of numbers.
    let place =
        |connection: &Connection| format!("{:0>20}", connection.instance.as_deref().unwrap_or_default());
    all.sort_by_key(place);
    let page = page::cut(call, all, place)?;
    let detail = if call.get("hydrate") == Some("false") { Detail::Short } else { Detail::Whole };
    let mut values = Vec::with_capacity(page.items.len());
    for connection in &page.items {
        let item = item(shared, connection).await?;
        values.push(instance_object::object(shared, connection, item.as_ref(), detail).await);
    }
    Ok(page.answer(values))
}

/// `GET /instances/count`.
pub(super) async fn count(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    call.caller.platform()?;
    let mut of_elements: BTreeMap<String, u64> = BTreeMap::new();
    for connection in shared.engine.index.connections(Some(&shared.workspace))? {
        *of_elements.entry(connection.facts.element).or_default() += 1;
    }
    let total: u64 = of_elements.values().sum();
    Ok(page::json(&json!({ "totalInstances": total, "elementInstances": of_elements })))
}

/// `GET /instances/{id}`.
pub(super) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    answer(&shared, &by_id(&shared, &call, &id)?, Detail::Whole).await
}

/// `GET /elements/{element}/instances/{id}`.
pub(super) async fn get_of(
    State(shared): State<Shared>,
    Path((element, id)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Refusal> {
    answer(&shared, &of(&shared, &call, &element, &id)?, Detail::Whole).await
}

/// `PUT` and `PATCH /instances/{id}`.
pub(super) async fn change(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    let connection = by_id(&shared, &call, &id)?;
    changed(&shared, &call, connection).await
}

/// `PUT` and `PATCH /elements/{element}/instances/{id}`.
pub(super) async fn change_of(
    State(shared): State<Shared>,
    Path((element, id)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Refusal> {
    let connection = of(&shared, &call, &element, &id)?;
    changed(&shared, &call, connection).await
}

/// `PUT` and `PATCH /instances`: those of the Element token.
pub(super) async fn change_own(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let connection = call.caller.connection()?;
    changed(&shared, &call, connection).await
}

/// What is named changes and the rest stays, with either verb: a `PUT` that leaves something out must not lose it. What
/// can be refused comes first: the sign-in, then the configuration, then the name.
async fn changed(shared: &Shared, call: &Call, mut connection: Connection) -> Result<Response, Refusal> {
    let mut change = InstanceChange::read(&call.object().await?)?;
    if let Some(named) = &change.element
        && find(shared, named)?.key != connection.element
    {
        return Err(Refusal::bad_request("An instance stays one of its element."));
    }
    if change.name.as_deref() == Some("") {
        return Err(Refusal::bad_request("name is empty."));
    }
    // One whose element file is gone can still be renamed.
    let element = find(shared, &connection.element);
    if let Ok(element) = &element {
        change.configuration.retain(|key, _| !instance_object::is_brought(element, key));
    }
    if change.provider_data.as_ref().is_some_and(|provided| !provided.is_empty()) {
        let kept =
            item(shared, &connection).await?.map(|item| item.configuration.clone()).unwrap_or_default();
        let kept = kept.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect();
        connection = create::sign_in(shared, &element?, &change, kept, Some(&connection)).await?.connection;
    } else if !change.configuration.is_empty() {
        let entries = change.configuration.iter();
        let entries = entries.map(|(key, value)| (key.clone(), Sensitive::new(value.clone()))).collect();
        shared.engine.configure(&connection, &entries).await?;
    }
    if let Some(name) = change.name.as_ref().filter(|name| **name != connection.name) {
        connection = shared.engine.rename(&connection, name).await?;
    }
    if let Some(tags) = change.tags_after(&connection.tags) {
        connection = shared.engine.set_tags(&connection, &tags).await?;
    }
    answer(shared, &connection, Detail::Whole).await
}

/// `DELETE /instances/{id}`.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    deleted(&shared, &by_id(&shared, &call, &id)?).await
}

/// `DELETE /elements/{element}/instances/{id}`.
pub(super) async fn delete_of(
    State(shared): State<Shared>,
    Path((element, id)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Refusal> {
    deleted(&shared, &of(&shared, &call, &element, &id)?).await
}

/// `DELETE /instances`: the one of the Element token.
pub(super) async fn delete_own(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    deleted(&shared, &call.caller.connection()?).await
}

async fn deleted(shared: &Shared, connection: &Connection) -> Result<Response, Refusal> {
    shared.engine.remove(connection, Reach::Platform).await?;
    Ok(StatusCode::OK.into_response())
}

/// `PUT /instances/{id}/enabled`.
pub(super) async fn enable(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    switched(&shared, &by_id(&shared, &call, &id)?, true).await
}

/// `DELETE /instances/{id}/enabled`.
pub(super) async fn disable(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    switched(&shared, &by_id(&shared, &call, &id)?, false).await
}

/// `PUT /instances/enabled`.
pub(super) async fn enable_own(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    switched(&shared, &call.caller.connection()?, true).await
}

/// `DELETE /instances/enabled`.
pub(super) async fn disable_own(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    switched(&shared, &call.caller.connection()?, false).await
}

async fn switched(shared: &Shared, connection: &Connection, on: bool) -> Result<Response, Refusal> {
    shared.engine.set_enabled(connection, on).await?;
    Ok(StatusCode::OK.into_response())
}
