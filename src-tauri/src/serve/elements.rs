//! The catalogue.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::shared::Shared;
use super::{element_object, number, page};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::engine::WorkspaceId;
use crate::io::catalog::Catalog;

/// The element in a path: by key, else by number.
pub(super) fn find(shared: &Shared, key_or_id: &str) -> Result<Element, Refusal> {
    match shared.engine.element(key_or_id) {
        Err(failure) if failure.code == Code::ElementUnknown => {
            let wanted = key_or_id.parse::<u32>().ok();
            let catalog = shared.engine.catalog();
            let found = catalog.iter().find(|element| Some(number::number_of(&element.key)) == wanted);
            found.cloned().ok_or_else(|| Refusal::not_found("element", key_or_id))
        }
        found => Ok(found?),
    }
}

/// The element in the path of a call.
fn target(shared: &Shared, call: &Call) -> Result<Element, Refusal> {
    find(shared, call.path("element").unwrap_or_default())
}

/// An element, and the key under which its sign-in is prepared.
pub(super) struct Prepared {
    pub(super) element: Element,
    pub(super) path_key: String,
}

/// The element that a call of `oauth/token` or `oauth/url` prepares. Several elements may share the key in the path, which
/// need not be one of theirs: `state` may name one of them.
pub(super) fn find_prepared(shared: &Shared, call: &Call, state: Option<&str>) -> Result<Prepared, Refusal> {
    let key_or_id = call.path("element").unwrap_or_default();
    let found = find(shared, key_or_id);
    let path_key = found.as_ref().map_or(key_or_id, |element| &element.key).to_owned();
    let catalog = shared.engine.catalog();
    let prepared = || catalog.iter().filter(|element| element.path_key() == path_key);
    let named = state.and_then(|state| prepared().find(|element| element.key == state));
    let element = match (named, found) {
        (Some(named), _) => named.clone(),
        (None, Ok(found)) => found,
        (None, Err(refusal)) => {
            let only = prepared().next().filter(|_| prepared().count() == 1);
            only.cloned().ok_or(refusal)?
        }
    };
    check_not_retired(&shared.workspace, &element)?;
    Ok(Prepared { element, path_key })
}

/// Refuses a sign-in to a product that no longer answers, or not here; it can only be practised.
pub(super) fn check_not_retired(workspace: &WorkspaceId, element: &Element) -> Result<(), Refusal> {
    let code = match element {
        _ if *workspace != WorkspaceId::Local => return Ok(()),
        Element { retired: true, .. } => Code::ElementRetired,
        Element { historical: true, .. } => Code::ElementHistorical,
        _ => return Ok(()),
    };
    Err(Failure::new(code).name(&element.key).product(&element.name).into())
}

/// The elements of one product each, which are all that a platform has.
fn products(catalog: &Catalog) -> impl Iterator<Item = &Element> {
    catalog.iter().filter(|element| !element.generic)
}

pub(super) async fn list(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let wanted = call.get("where").map(wanted_key).transpose()?;
    let catalog = shared.engine.catalog();
    let elements: Vec<&Element> =
        products(&catalog).filter(|element| wanted.as_ref().is_none_or(|key| *key == element.key)).collect();
    let page = page::paginate(&call, elements, |element| element.key.clone())?;
    let values = page.items.iter().map(|element| element_object::full(element)).collect();
    Ok(page.into_response(values))
}

/// The one condition that clients of the catalogue use: `key = 'x'`.
fn wanted_key(condition: &str) -> Result<String, Refusal> {
    let value = condition.trim().strip_prefix("key").and_then(|rest| rest.trim().strip_prefix('='));
    let quoted = value.and_then(|rest| rest.trim().strip_prefix('\'')?.strip_suffix('\''));
    quoted.map(str::to_owned).ok_or_else(|| Refusal::bad_request("where understands key = '…' only."))
}

pub(super) async fn keys(State(shared): State<Shared>, _call: Call) -> Result<Response, Refusal> {
    let keys = products(&shared.engine.catalog()).map(|element| element.key.as_str().into()).collect();
    Ok(page::json(&Value::Array(keys)))
}

pub(super) async fn one(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    Ok(page::json(&element_object::full(&target(&shared, &call)?)))
}

pub(super) async fn configuration(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let element = target(&shared, &call)?;
    let types = element_object::authentication_types(&element);
    Ok(page::json(&json!({
        "configuration": element_object::configuration(&element),
        "providerData": element_object::usual_way(&element).provider_data(),
        "authenticationTypes": types["options"],
    })))
}

pub(super) async fn metadata(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let element = target(&shared, &call)?;
    Ok(page::json(&metadata_of(&shared, &element, &call)?))
}

pub(super) async fn all_metadata(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let catalog = shared.engine.catalog();
    let all =
        products(&catalog).map(|element| metadata_of(&shared, element, &call)).collect::<Result<_, _>>()?;
    Ok(page::json(&Value::Array(all)))
}

fn metadata_of(shared: &Shared, element: &Element, call: &Call) -> Result<Value, Refusal> {
    let instances = match call.get("expand") {
        Some("true") => {
            let all = shared.engine.list_rows(Some(&shared.workspace))?;
            Some(all.iter().filter(|connection| connection.element == element.key).count())
        }
        _ => None,
    };
    Ok(element_object::metadata(element, instances))
}

pub(super) async fn authentication_types(
    State(shared): State<Shared>,
    call: Call,
) -> Result<Response, Refusal> {
    Ok(page::json(&element_object::authentication_types(&target(&shared, &call)?)))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn a_retired_or_historical_element_can_only_be_practised() {
        for element in Catalog::shipped().iter() {
            assert!(check_not_retired(&WorkspaceId::Practice, element).is_ok(), "{}", element.key);
            let found = check_not_retired(&WorkspaceId::Local, element).map_err(|refusal| refusal.status());
            let wanted =
                if element.retired || element.historical { Err(StatusCode::BAD_REQUEST) } else { Ok(()) };
            assert_eq!(found, wanted, "{}", element.key);
        }
    }
}
