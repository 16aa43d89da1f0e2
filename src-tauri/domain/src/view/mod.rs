//! What the window and `--json` may see: plain values without a secret.

mod attempt;
mod connection;
mod element;
mod import;
mod keychain;
mod removal;
mod settings;
mod state;
#[cfg(test)]
mod types_ts;
mod workspace;

pub use attempt::AttemptView;
pub use connection::{ConnectionView, Revocation};
pub use element::{AuthView, ConnectRequest, ElementView, FieldView};
pub use import::{ImportView, InstanceView, NotImported};
pub use keychain::{KeychainState, KeychainView};
pub use removal::{RemovedView, Revoked, TestView};
pub use settings::{Appearance, CertificateView, SettingsView};
pub use state::State;
pub use workspace::{PresetView, WorkspaceKind, WorkspaceRequest, WorkspaceView};
