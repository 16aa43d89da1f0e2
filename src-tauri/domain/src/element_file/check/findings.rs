//! The faults found so far, and conditions that several checks share.

use crate::element_file::problem::Problem;
use crate::text::visible;

#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Problem>);

impl Findings {
    pub(super) fn add(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.0.push(Problem { line: None, at: at.into(), what: what.into() });
    }

    pub(super) fn require(&mut self, condition: bool, at: impl Into<String>, what: impl Into<String>) {
        if !condition {
            self.add(at, what);
        }
    }
}

/// One line of 1 to `longest` visible characters, without space around it.
pub(super) fn is_line(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count()) && visible(text) == text && text.trim() == text
}

/// Whether a text can be the name of a query or body parameter.
pub(super) fn is_parameter(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
