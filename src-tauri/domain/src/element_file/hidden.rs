//! Finds the texts of an element file that hold characters which do not show: they could drive a terminal, or make one
//! text look like another.

use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use crate::text::is_visible;

/// Checks every member and every text, so that a new member needs no check of its own.
pub(super) fn check(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Ok(root) = DeTable::parse(text) {
        check_table(root.get_ref(), "", &mut problems);
    }
    problems
}

fn check_table(table: &DeTable<'_>, at: &str, problems: &mut Vec<Problem>) {
    for (key, value) in table {
        let key = key.get_ref();
        let at = if at.is_empty() { key.to_string() } else { format!("{at}.{key}") };
        require_visible(key, &at, problems);
        check_value(value.get_ref(), &at, problems);
    }
}

fn check_value(value: &DeValue<'_>, at: &str, problems: &mut Vec<Problem>) {
    match value {
        DeValue::String(text) => require_visible(text, at, problems),
        DeValue::Table(table) => check_table(table, at, problems),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_value(item.get_ref(), &format!("{at}.{index}"), problems);
            }
        }
        _ => {}
    }
}

fn require_visible(text: &str, at: &str, problems: &mut Vec<Problem>) {
    if !is_visible(text) {
        let what = "this text holds a character that does not show".to_owned();
        problems.push(Problem { line: None, at: at.to_owned(), what });
    }
}
