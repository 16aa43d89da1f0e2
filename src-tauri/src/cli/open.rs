use std::process::{Command, Stdio};

use super::problem::{Problem, usage};
use crate::domain::error::Failure;
use crate::io::display::{self, NO_DISPLAY};

/// Starts the window program, which is installed beside this program.
pub(super) fn run() -> Result<(), Problem> {
    if !display::is_available() {
        return Err(usage(NO_DISPLAY).into());
    }
    let window = if cfg!(windows) { "keyrack-desktop.exe" } else { "keyrack-desktop" };
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(window)));
    let program = beside.filter(|path| path.exists()).unwrap_or_else(|| window.into());
    let mut command = Command::new(program);
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    spawned.map(drop).map_err(|_| Failure::internal("keyrack-desktop is not installed").into())
}
