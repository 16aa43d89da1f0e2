//! A failure of a command, and how the program ends with it.

use super::print;
use super::sentence::sentence;
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};

pub(super) struct Problem {
    failure: Failure,
    /// Labels the fields of the failure.
    element: Option<Box<Element>>,
    /// Whether the result contains the failure already.
    printed: bool,
}

impl Problem {
    /// A failure of an element's form or sign-in.
    pub(super) fn with_element(failure: Failure, element: &Element) -> Self {
        Self { failure, element: Some(Box::new(element.clone())), printed: false }
    }

    /// A failure that the printed result contains.
    pub(super) fn printed(failure: Failure) -> Self {
        Self { failure, element: None, printed: true }
    }

    /// Prints the failure, unless it was printed, and returns the exit status of its code.
    pub(super) fn report(&self, json: bool) -> u8 {
        let failure = &self.failure;
        match failure.code {
            Code::Internal => {
                tracing::error!(detail = failure.detail.as_deref().unwrap_or_default(), "internal");
            }
            _ => tracing::info!(code = %failure, "ended"),
        }
        if self.printed {
        } else if json {
            print::json(&serde_json::json!({ "error": failure }));
        } else {
            print::note(&format!("keyrack: {}", sentence(failure, self.element.as_deref())));
        }
        failure.code.exit_status()
    }
}

/// A wrong argument, in words for the user.
pub(super) fn usage(detail: impl Into<String>) -> Failure {
    Failure::new(Code::Usage).detail(detail)
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { failure, element: None, printed: false }
    }
}
