//! A fault in an element file, and the line of its member, for faults that are found after parsing.

use std::fmt;

use toml::de::{DeTable, DeValue};

use crate::text::without_hidden;

/// A fault in an element file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file, counted from 1, if the text is known.
    pub line: Option<usize>,
    /// The member at fault, such as `fields.2.pattern`.
    pub at: String,
    /// A sentence without a full stop.
    pub what: String,
}

impl Problem {
    /// A fault of this member of a file, with its line.
    pub fn at(text: &str, at: &str, what: String) -> Self {
        let line = DeTable::parse(text).ok().map(|root| locate(&root.into_inner(), text, at));
        Self { line, at: at.to_owned(), what }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, what, .. } = self;
        // Both quote the file.
        f.write_str(&without_hidden(&if at.is_empty() { what.clone() } else { format!("{at}: {what}") }))
    }
}

/// The line, counted from 1, of the byte at `offset`.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Adds to each problem the line of its member, or of the nearest one around it.
pub(super) fn with_lines(text: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let Ok(root) = DeTable::parse(text) else { return problems };
    let root = root.into_inner();
    problems
        .into_iter()
        .map(|problem| Problem { line: Some(locate(&root, text, &problem.at)), ..problem })
        .collect()
}

/// The line of the member at this path, or of the nearest one around it.
fn locate(root: &DeTable<'_>, text: &str, at: &str) -> usize {
    let mut segments = at.split('.');
    let member = segments.next().and_then(|first| root.get_key_value(first));
    let Some((key, mut value)) = member else { return 1 };
    let mut offset = key.span().start;
    for segment in segments {
        let inner = match value.get_ref() {
            DeValue::Table(table) => table.get_key_value(segment).map(|(key, inner)| (key.span(), inner)),
            DeValue::Array(items) => segment
                .parse()
                .ok()
                .and_then(|index: usize| items.get(index))
                .map(|inner| (inner.span(), inner)),
            _ => None,
        };
        let Some((span, inner)) = inner else { break };
        (offset, value) = (span.start, inner);
    }
    line_of(text, offset)
}
