use serde::Serialize;
use tauri::AppHandle;

use crate::desktop::app::report_change;
use crate::domain::error::{Code, Failure};
use crate::io::clock;

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

/// Answers a command that changes something. The page reads the state again after a failure too: a status may change.
pub(super) fn answer_change<T>(app: &AppHandle, result: Result<T, Failure>) -> Answer<T> {
    report_change(app);
    Ok(result?)
}
