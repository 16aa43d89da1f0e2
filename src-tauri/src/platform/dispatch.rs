//! The platform that answers for a workspace.

use super::{Hosted, InstanceChange, Local, SignIn};
use crate::domain::connection::Facts;
use crate::domain::error::{Code, Failure};
use crate::domain::form::FilledForm;

/// The platform that answers for a workspace.
#[derive(Clone)]
pub enum Platform {
    /// This computer, for the real providers or for practice.
    Local(Local),
    Hosted(Hosted),
}

impl Platform {
    /// Begins a sign-in with a form.
    pub async fn sign_in(&self, form: FilledForm) -> Result<SignIn, Failure> {
        Ok(match self {
            Self::Local(local) => SignIn::Provider(Box::new(local.bind(form).await?)),
            Self::Hosted(hosted) => SignIn::Hosted(Box::new(hosted.clone()), Box::new(form)),
        })
    }

    /// Renames or tags an instance. On this computer there is nothing to ask.
    pub async fn change(&self, connection: &Facts, change: &InstanceChange) -> Result<(), Failure> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Hosted(hosted) => {
                let changed = hosted.patch(instance_of(connection)?, change).await;
                changed.map(drop).map_err(|failure| failure.name(&connection.name))
            }
        }
    }

    /// Switches an instance on or off. On this computer there is nothing to ask.
    pub async fn set_enabled(&self, connection: &Facts, enabled: bool) -> Result<(), Failure> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Hosted(hosted) => {
                let changed = hosted.set_enabled(instance_of(connection)?, enabled).await;
                changed.map_err(|failure| failure.name(&connection.name))
            }
        }
    }

    /// Deletes the instance of a connection, which ends its access. Returns whether this platform did: on this computer
    /// access ends at the provider.
    pub async fn delete(&self, connection: &Facts) -> Result<bool, Failure> {
        match self {
            Self::Local(_) => Ok(false),
            Self::Hosted(hosted) => {
                let deleted = hosted.delete(instance_of(connection)?).await;
                deleted.map(|()| true).map_err(|failure| failure.name(&connection.name))
            }
        }
    }
}

fn instance_of(connection: &Facts) -> Result<&str, Failure> {
    let gone = || Failure::new(Code::InstanceGone).name(&connection.name);
    connection.instance.as_deref().ok_or_else(gone)
}
