//! The faults found so far, and small judgements that several checks share.

use crate::element_file::problem::Problem;

pub(super) struct Findings(pub(super) Vec<Problem>);

impl Findings {
    pub(super) fn add(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.0.push(Problem { line: None, at: at.into(), what: what.into() });
    }

    pub(super) fn unless(&mut self, fine: bool, at: impl Into<String>, what: impl Into<String>) {
        if !fine {
            self.add(at, what);
        }
    }
}

pub(super) fn is_line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control) && text.trim() == text
}

pub(super) fn is_parameter(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
