//! Tests of the command line program: the real binary, real sockets, a real keyring and, where it matters, a real browser.

// The keyring and the bus that these tests start are those of Linux.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod again;
mod callback;
mod callback_values;
mod catalogue;
mod connecting;
mod discovery;
mod elements;
mod faults;
mod forms;
mod fresh;
mod full_disk;
mod golden;
mod hosted;
mod hostile;
mod keychain;
mod keys;
mod killed;
mod lost_index;
mod mixup;
mod names;
mod network;
mod output;
mod private;
mod prompts;
mod providers;
mod race;
mod serve;
mod terminal;
mod tokens;
mod version;
