//! `keyrack unlock`: has the system ask for the password of the keychain.

use serde_json::json;

use super::print;
use super::problem::Problem;
use crate::domain::error::Failure;
use crate::engine::open_paths;
use crate::io::vault::{KEYCHAIN_NAME, Prompting, Vault};

/// Needs no index: one that is damaged is built again from an unlocked keychain.
pub(super) fn run(json: bool) -> Result<(), Problem> {
    let vault = Vault::new(&open_paths()?.home_id, Prompting::Allowed);
    vault.unlock().map_err(Failure::from)?;
    if json {
        print::json(&json!({ "keychain": "ready" }));
    } else {
        print::note(&format!("The {KEYCHAIN_NAME} is unlocked."));
    }
    Ok(())
}
