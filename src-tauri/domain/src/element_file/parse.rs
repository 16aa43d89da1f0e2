//! Parsing an element file.

use toml::de::DeTable;

use super::hidden;
use super::problem::{Problem, line_of, with_lines};
use super::shape;
use crate::element::{Element, NEWEST_FORMAT};
use crate::text;

impl Element {
    /// Parses an element file strictly: unknown members are faults, and so are characters that do not show and all that
    /// [`Element::check`] finds.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        if let Some(problem) = newer_format(text) {
            return Err(vec![problem]);
        }
        let mut element: Self = toml::from_str(text).map_err(|error| {
            let problems = with_lines(text, shape::check(text));
            if !problems.is_empty() {
                return problems;
            }
            let line = error.span().map(|span| line_of(text, span.start));
            vec![Problem { line, at: String::new(), what: error.message().to_owned() }]
        })?;
        if element.initials.is_empty() {
            element.initials = text::initials(&element.name);
        }
        let mut problems = missing_auth(text, &element);
        problems.extend(element.check().err().unwrap_or_default());
        if element.ways.is_empty() {
            element.add_standard_fields();
        }
        problems.extend(hidden::check(text));
        if problems.is_empty() { Ok(element) } else { Err(with_lines(text, problems)) }
    }

    /// As [`Element::parse`]; a `path_key` must also be the key of an element.
    pub fn parse_among(text: &str, is_element: impl Fn(&str) -> bool) -> Result<Self, Vec<Problem>> {
        let element = Self::parse(text)?;
        let Some(path_key) = element.path_key.as_deref() else { return Ok(element) };
        if path_key == element.key || is_element(path_key) {
            return Ok(element);
        }
        let what = format!("no element has the key {path_key}; add its file first, or remove path_key");
        Err(vec![Problem::at(text, "path_key", what)])
    }
}

/// The fault of a file that a later version of the program reads. Its other words may be unknown here.
fn newer_format(text: &str) -> Option<Problem> {
    let root = DeTable::parse(text).ok()?.into_inner();
    let (key, value) = root.get_key_value("format")?;
    let format = value.get_ref().as_integer()?.as_str().parse::<u32>().ok()?;
    let what = format!(
        "this file is written in format {format}; this version reads up to format {NEWEST_FORMAT}. Update Keyrack"
    );
    let line = Some(line_of(text, key.span().start));
    (format > NEWEST_FORMAT).then(|| Problem { line, at: "format".to_owned(), what })
}

/// An element needs `auth`, or `ways` that have it.
fn missing_auth(text: &str, element: &Element) -> Vec<Problem> {
    let has_table = DeTable::parse(text).is_ok_and(|root| root.get_ref().contains_key("auth"));
    if has_table || !element.ways.is_empty() {
        return Vec::new();
    }
    let what = "auth is missing: a table such as [auth.api_key] says how to connect".to_owned();
    vec![Problem { line: None, at: String::new(), what }]
}
