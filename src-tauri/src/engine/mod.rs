//! The order of steps, shared by the window, the command line and `keyrack serve`: `start` and `prepare` run steps 1 to 7
//! of the flow, `finish` and `keep` steps 8 to 12; `reconcile` finishes or undoes what a killed program left behind.

mod ahead;
mod change;
mod create;
mod describe;
mod device;
mod finish;
mod forms;
mod guard;
mod hosted_workspaces;
mod import;
mod keep;
mod locks;
mod own_elements;
mod platforms;
mod prepare;
mod queries;
mod reconcile;
mod reconcile_attempt;
mod remove;
mod restore;
mod shared;
mod signing_in;
mod start;
mod tasks;
mod test;
#[cfg(test)]
mod tests;
mod token;
mod views;
mod workspace;
mod workspace_secrets;

pub use crate::domain::workspace::WorkspaceId;
pub use create::{Created, NewConnection};
pub use finish::{Controls, Paste};
pub use forms::DEFAULT_PORT;
pub use keep::{Ending, Unsaved};
pub use remove::Reach;
pub use restore::{Repair, Restored};
pub use shared::{Engine, open_paths};
pub use signing_in::{Browser, SigningIn, open_browser};
pub use start::attempt_life;
pub use token::{Cached, DEFAULT_MIN_TTL, Renewal, RenewalOutcome};
pub use workspace::Workspace;
