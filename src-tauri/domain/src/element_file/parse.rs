//! Parsing an element file.

use super::problem::Problem;
use super::{check, lines, shape};
use crate::element::Element;

impl Element {
    /// Parses an element file strictly: unknown members are faults, and so is all that [`Element::check`] finds. Each
    /// problem has its line.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let element: Self = toml::from_str(text).map_err(|error| {
            let problems = lines::with_lines(text, shape::check(text));
            if !problems.is_empty() {
                return problems;
            }
            let line = error.span().map(|span| lines::line_of(text, span.start));
            vec![Problem { line, at: String::new(), what: error.message().to_owned() }]
        })?;
        match element.check() {
            Ok(()) => Ok(element),
            Err(problems) => Err(lines::with_lines(text, problems)),
        }
    }

    /// Checks whether the parts of the file fit together and every address in it is safe.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        check::check(self)
    }
}
