//! Parsing an element file.

use super::hidden;
use super::problem::{Problem, line_of, with_lines};
use super::shape;
use crate::element::Element;

impl Element {
    /// Parses an element file strictly: unknown members are faults, and so are characters that do not show and all that
    /// [`Element::check`] finds.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let element: Self = toml::from_str(text).map_err(|error| {
            let problems = with_lines(text, shape::check(text));
            if !problems.is_empty() {
                return problems;
            }
            let line = error.span().map(|span| line_of(text, span.start));
            vec![Problem { line, at: String::new(), what: error.message().to_owned() }]
        })?;
        let mut problems = element.check().err().unwrap_or_default();
        problems.extend(hidden::check(text));
        if problems.is_empty() { Ok(element) } else { Err(with_lines(text, problems)) }
    }

    /// As [`Element::parse`]; a `path_key` must also be the key of an element.
    pub fn parse_among(text: &str, is_element: impl Fn(&str) -> bool) -> Result<Self, Vec<Problem>> {
        let element = Self::parse(text)?;
        let path_key = element.path_key();
        if path_key == element.key || is_element(path_key) {
            return Ok(element);
        }
        let what = format!("no element has the key {path_key}; add its file first, or remove path_key");
        let problem = Problem { line: None, at: "path_key".to_owned(), what };
        Err(with_lines(text, vec![problem]))
    }
}
