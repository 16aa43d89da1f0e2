use serde::Serialize;

use crate::domain::error::{Code, Failure};
use crate::io::clock;

/// The result of a command.
pub type Answer<T> = Result<T, Reported>;

/// A failure on its way to the window. A bug gets a number, under which the log has more.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Reported(Failure);

impl From<Failure> for Reported {
    fn from(mut failure: Failure) -> Self {
        if failure.code == Code::Internal {
            let report = clock::random_id()[..8].to_owned();
            tracing::error!(%report, detail = failure.detail.as_deref().unwrap_or_default(), "internal");
            failure.report = Some(report);
        }
        Self(failure)
    }
}
