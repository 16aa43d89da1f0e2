//! The index: one SQLite file that several processes may have open at once. Secrets are in the vault, never here.

mod attempts;
mod connections;
mod error;
mod file;
mod removals;
mod settings;
#[cfg(test)]
mod tests;
mod workspaces;

pub use attempts::OpenAttempt;
pub use error::IndexError;
pub use file::Index;
pub use settings::Setting;
pub use workspaces::HostedRow;
