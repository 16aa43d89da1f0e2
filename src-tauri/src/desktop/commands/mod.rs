//! The calls of the page. build.rs registers and grants every function here that has the attribute of Tauri, so that a
//! command is declared once. Each is handed to the engine.

pub(super) mod connections;
mod desk;
pub(super) mod elements;
mod reported;
pub(super) mod settings;
pub(super) mod sign_ins;
pub(super) mod state;
pub(super) mod workspaces;
