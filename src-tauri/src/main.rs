//! The desktop program.
// No console window behind ours on Windows.
#![cfg_attr(windows, windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    keyrack::desktop::run()
}
