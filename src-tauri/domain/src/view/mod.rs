//! What the window and `--json` may see: plain values without a secret.

mod attempt;
mod connection;
mod element;
mod results;
mod state;
#[cfg(test)]
mod types_ts;
mod workspace;

pub use crate::hosted::Preset as PresetView;
pub use attempt::AttemptView;
pub use connection::{ConnectionView, Revocation};
pub use element::{AuthView, ConnectRequest, ElementProblem, ElementView, FieldView, Reach, WayView};
pub use results::{ImportView, InstanceView, NotImported, RemovedView, Revoked, TestView};
pub use state::{Appearance, CertificateView, KeychainState, KeychainView, SettingsView, State};
pub use workspace::{WorkspaceKind, WorkspaceRequest, WorkspaceView};
