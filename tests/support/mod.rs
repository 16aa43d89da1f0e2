//! Fixtures for tests of the real programs: a private D-Bus session with a real keyring, a home, the program in it, and a
//! user with or without a real browser. Nothing here replaces a part of the program.

// Each test target uses a part of these modules.
#![allow(dead_code)]

pub mod attackers;
pub mod browser;
#[cfg(feature = "desktop")]
pub mod display;
pub mod elements;
pub mod golden;
pub mod home;
pub mod http;
pub mod keyrack;
pub mod platform;
pub mod prompting_keyring;
pub mod random;
pub mod scripted;
pub mod servers;
pub mod session;
pub mod user;
pub mod visitor;
#[cfg(feature = "desktop")]
pub mod window;

use std::time::Duration;

/// Everything that is waited for should happen within a second or two; test machines are small and shared.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// How often a test for races runs: once, and many times in `make soak`.
pub fn rounds() -> u32 {
    rounds_of(1, 40)
}

/// `usual`, or `soak` in `make soak`.
pub fn rounds_of(usual: u32, soak: u32) -> u32 {
    if std::env::var_os("KEYRACK_SOAK").is_some() { soak } else { usual }
}
