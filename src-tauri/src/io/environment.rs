//! What other programs that this one starts learn from its environment.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Withholds a variable, which holds a secret, from the programs that are started from now on. The default browser of
/// Windows is started by the system and inherits it all the same.
pub fn withhold(variable: &str) {
    SECRETS.lock().unwrap_or_else(PoisonError::into_inner).push(variable.to_owned());
}

pub(super) fn remove_secrets(command: &mut Command) {
    for variable in SECRETS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        command.env_remove(variable);
    }
}
