//! Finds the line of a member in the text of an element file, for faults that are found after parsing.

use toml::de::{DeTable, DeValue};

use super::problem::Problem;

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

fn locate(root: &DeTable<'_>, text: &str, at: &str) -> usize {
    let mut segments = at.split('.');
    let mut line = 1;
    let Some((key, mut value)) = segments.next().and_then(|first| root.get_key_value(first)) else {
        return line;
    };
    line = line_of(text, key.span().start);
    for segment in segments {
        match value.get_ref() {
            DeValue::Table(table) => {
                let Some((key, inner)) = table.get_key_value(segment) else { return line };
                line = line_of(text, key.span().start);
                value = inner;
            }
            DeValue::Array(array) => {
                let Some(inner) = segment.parse::<usize>().ok().and_then(|index| array.get(index)) else {
                    return line;
                };
                line = line_of(text, inner.span().start);
                value = inner;
            }
            _ => return line,
        }
    }
    line
}
