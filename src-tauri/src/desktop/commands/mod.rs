//! The calls of the page. build.rs registers and grants each function that has the attribute of Tauri.

pub(super) mod connections;
pub(super) mod elements;
pub(super) mod own_elements;
mod reported;
pub(super) mod settings;
pub(super) mod sign_ins;
pub(super) mod state;
pub(super) mod workspaces;
