//! The desktop program.
// No console window behind ours on Windows.
#![cfg_attr(windows, windows_subsystem = "windows")]

fn main() {
    keyrack::desktop::run();
}
