//! The platform on this computer.

use super::practice::Practice;
use super::provider::Provider;
use crate::domain::error::Failure;
use crate::domain::form::FilledForm;
use crate::io::http::Http;

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
    /// Errors: [`Code::FormInvalid`](crate::domain::error::Code::FormInvalid) for an optional field that an address
    /// needs; a keychain or index that the practice provider cannot use.
    pub async fn bind(&self, form: FilledForm) -> Result<Provider, Failure> {
        match &self.practice {
            Some(practice) => Provider::practice(form, &self.http, practice).await,
            None => Provider::real(form, &self.http),
        }
    }
}
