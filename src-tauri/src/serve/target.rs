//! The connection that a call is about.

use super::call::Call;
use super::elements::find;
use super::refusal::Refusal;
use super::shared::Shared;
use crate::domain::connection::Connection;

/// The connection whose instance id is in the path, of the element in the path if there is one; without an id that of the
/// Element token.
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
