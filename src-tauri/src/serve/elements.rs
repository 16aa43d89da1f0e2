//! The catalogue.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::{Shared, element_object, number, page};
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
            let found = catalog.iter().find(|element| Some(number::of(&element.key)) == wanted);
            found.cloned().ok_or_else(|| Refusal::not_found("element", key_or_id))
        }
        found => Ok(found?),
    }
}

/// The element in a path, if it is still signed in to in the workspace that is served: what its maker closed can only be
/// practised.
pub(super) fn find_in_use(shared: &Shared, key_or_id: &str) -> Result<Element, Refusal> {
    let element = find(shared, key_or_id)?;
    not_retired(&shared.workspace, &element)?;
    Ok(element)
}

/// Refuses a sign-in that would ask a product which no longer answers.
pub(super) fn not_retired(workspace: &WorkspaceId, element: &Element) -> Result<(), Refusal> {
    if element.retired && *workspace == WorkspaceId::Local {
        let retired = Failure::new(Code::ElementRetired).name(&element.key).product(&element.name);
        return Err(retired.into());
    }
    Ok(())
}

/// What a platform has: elements of one product each.
fn told(catalog: &Catalog) -> impl Iterator<Item = &Element> {
    catalog.iter().filter(|element| !element.generic)
}

/// `GET /elements`.
pub(super) async fn list(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let wanted = call.get("where").map(wanted_key).transpose()?;
    let catalog = shared.engine.catalog();
    let elements: Vec<&Element> =
        told(&catalog).filter(|element| wanted.as_ref().is_none_or(|key| *key == element.key)).collect();
    let page = page::cut(&call, elements, |element| element.key.clone())?;
    let values = page.items.iter().map(|element| element_object::whole(element)).collect();
    Ok(page.answer(values))
}

/// The one condition that clients of the catalogue use: `key = 'x'`.
fn wanted_key(condition: &str) -> Result<String, Refusal> {
    let value = condition.trim().strip_prefix("key").and_then(|rest| rest.trim().strip_prefix('='));
    let quoted = value.and_then(|rest| rest.trim().strip_prefix('\'')?.strip_suffix('\''));
    quoted.map(str::to_owned).ok_or_else(|| Refusal::bad_request("where understands key = '…' only."))
}

/// `GET /elements/keys`.
pub(super) async fn keys(State(shared): State<Shared>, _call: Call) -> Result<Response, Refusal> {
    let keys = told(&shared.engine.catalog()).map(|element| element.key.as_str().into()).collect();
    Ok(page::json(&Value::Array(keys)))
}

/// `GET /elements/{element}`.
pub(super) async fn one(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    _call: Call,
) -> Result<Response, Refusal> {
    Ok(page::json(&element_object::whole(&find(&shared, &element)?)))
}

/// `GET /elements/{element}/configuration`.
pub(super) async fn configuration(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    _call: Call,
) -> Result<Response, Refusal> {
    let element = find(&shared, &element)?;
    let types = element_object::authentication_types(&element);
    Ok(page::json(&json!({
        "configuration": element_object::configuration(&element),
        "providerData": element.provider_data(&element.auth),
        "authenticationTypes": types["options"],
    })))
}

/// `GET /elements/{element}/metadata`.
pub(super) async fn metadata(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    call: Call,
) -> Result<Response, Refusal> {
    let element = find(&shared, &element)?;
    Ok(page::json(&described(&shared, &element, &call)?))
}

/// `GET /elements/metadata`.
pub(super) async fn all_metadata(State(shared): State<Shared>, call: Call) -> Result<Response, Refusal> {
    let catalog = shared.engine.catalog();
    let all = told(&catalog).map(|element| described(&shared, element, &call)).collect::<Result<_, _>>()?;
    Ok(page::json(&Value::Array(all)))
}

fn described(shared: &Shared, element: &Element, call: &Call) -> Result<Value, Refusal> {
    let instances = match call.get("expand") {
        Some("true") => {
            let all = shared.engine.index.connections(Some(&shared.workspace))?;
            Some(all.iter().filter(|connection| connection.element == element.key).count())
        }
        _ => None,
    };
    Ok(element_object::metadata(element, instances))
}

/// `GET /elements/{element}/authentication-types`.
pub(super) async fn authentication_types(
    State(shared): State<Shared>,
    Path(element): Path<String>,
    _call: Call,
) -> Result<Response, Refusal> {
    Ok(page::json(&element_object::authentication_types(&find(&shared, &element)?)))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn what_its_maker_closed_is_signed_in_to_in_practice_only() {
        for element in Catalog::shipped().iter() {
            assert!(not_retired(&WorkspaceId::Practice, element).is_ok(), "{}", element.key);
            let found = not_retired(&WorkspaceId::Local, element).map_err(|refusal| refusal.status());
            let wanted = if element.retired { Err(StatusCode::BAD_REQUEST) } else { Ok(()) };
            assert_eq!(found, wanted, "{}", element.key);
        }
    }
}
