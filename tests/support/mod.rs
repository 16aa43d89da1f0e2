//! What the tests through the real programs stand on: a private D-Bus session with a real keyring, a home, the
//! program in it, and a person with or without a real browser. Nothing here replaces a part of the program.

// Each test target uses a part of this.
#![allow(dead_code)]

pub mod browser;
pub mod chance;
#[cfg(feature = "desktop")]
pub mod display;
pub mod golden;
pub mod home;
pub mod http;
pub mod keyrack;
pub mod person;
pub mod platform;
pub mod scripted;
pub mod servers;
pub mod session;
pub mod visitor;
#[cfg(feature = "desktop")]
pub mod window;

use std::time::Duration;

/// When something that should happen within a second or two is held to have failed. Generous: the machines that run
/// tests are small and shared.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often a test that hunts for races repeats itself: once, and in `make soak` many times.
pub fn rounds() -> u32 {
    rounds_of(1, 40)
}

/// The same where these numbers are asked for.
pub fn rounds_of(usual: u32, soak: u32) -> u32 {
    if std::env::var_os("KEYRACK_SOAK").is_some() { soak } else { usual }
}
