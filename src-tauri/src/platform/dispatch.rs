//! The platform that answers for a workspace.

use super::practice::Practice;
use super::{Hosted, InstanceChange, Provider, SignIn};
use crate::domain::connection::Facts;
use crate::domain::error::{Code, Failure};
use crate::domain::form::FilledForm;
use crate::io::http::Http;

#[derive(Clone)]
pub enum Platform {
    Local(Local),
    Hosted(Hosted),
}

/// The platform on this computer. In the practice workspace the built-in provider answers for every product.
#[derive(Clone)]
pub struct Local {
    http: Http,
    practice: Option<Practice>,
}

impl Local {
    /// The HTTP client notes the requests from here on, for a report.
    pub fn new(http: &Http, practice: Option<Practice>) -> Self {
        Self { http: http.with_journal(), practice }
    }

    /// The provider that this form signs in at.
    ///
    /// Errors: [`Code::FormInvalid`] for an optional field that an address needs; those of the practice provider.
    pub async fn bind(&self, form: FilledForm) -> Result<Provider, Failure> {
        match &self.practice {
            Some(practice) => Provider::practice(form, &self.http, practice).await,
            None => Provider::real(form, &self.http),
        }
    }
}

impl Platform {
    pub async fn sign_in(&self, form: FilledForm) -> Result<SignIn, Failure> {
        Ok(match self {
            Self::Local(local) => SignIn::Provider(Box::new(local.bind(form).await?)),
            Self::Hosted(hosted) => SignIn::Hosted(Box::new(hosted.clone()), Box::new(form)),
        })
    }

    /// Renames or tags an instance. On this computer there is nothing to ask.
    pub async fn change(&self, connection: &Facts, change: &InstanceChange) -> Result<(), Failure> {
        let Some((hosted, id)) = self.instance(connection)? else { return Ok(()) };
        let changed = hosted.patch(id, change).await;
        changed.map(drop).map_err(|failure| failure.name(&connection.name))
    }

    /// Switches an instance on or off. On this computer there is nothing to ask.
    pub async fn set_enabled(&self, connection: &Facts, enabled: bool) -> Result<(), Failure> {
        let Some((hosted, id)) = self.instance(connection)? else { return Ok(()) };
        hosted.set_enabled(id, enabled).await.map_err(|failure| failure.name(&connection.name))
    }

    /// Deletes the instance of a connection, and so ends its access. `false` on this computer: there the provider does.
    pub async fn delete(&self, connection: &Facts) -> Result<bool, Failure> {
        let Some((hosted, id)) = self.instance(connection)? else { return Ok(false) };
        hosted.delete(id).await.map(|()| true).map_err(|failure| failure.name(&connection.name))
    }

    /// The instance of a connection at a hosted platform; `None` on this computer.
    fn instance<'a>(&'a self, connection: &'a Facts) -> Result<Option<(&'a Hosted, &'a str)>, Failure> {
        let Self::Hosted(hosted) = self else { return Ok(None) };
        let gone = || Failure::new(Code::InstanceGone).name(&connection.name);
        Ok(Some((hosted, connection.instance.as_deref().ok_or_else(gone)?)))
    }
}
