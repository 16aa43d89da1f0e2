//! What answers the calls of the platform API: `oauth/token`, `oauth/url`, `instances`.
//!
//! `provider` talks to a product's own servers, for the platform on this computer; `practice` stands in for them;
//! `hosted` is the client of a platform over HTTPS, and the only place that encodes the API's wire format.

mod calls;
pub mod discovery;
mod dispatch;
pub mod hosted;
pub mod practice;
pub mod provider;
pub mod refusal;
mod sign_in;

pub use crate::domain::hosted::instance::Instance;
pub use calls::{InstanceChange, Issued, NewInstance, NotCreated, OauthToken, OauthUrl, Pairs};
pub use dispatch::{Local, Platform};
pub use hosted::Hosted;
pub use provider::Provider;
pub use sign_in::SignIn;
