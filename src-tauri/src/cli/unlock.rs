//! `keyrack unlock`: has the system ask for the password of the keychain.

use serde_json::json;

use super::context::{Context, block_on};
use super::problem::Problem;
use crate::io::vault::KEYCHAIN_NAME;

pub(super) fn run(context: &Context) -> Result<(), Problem> {
    block_on(context.engine.unlock_keychain())?;
    context.print_or_note(&json!({ "keychain": "ready" }), || format!("The {KEYCHAIN_NAME} is unlocked."));
    Ok(())
}
