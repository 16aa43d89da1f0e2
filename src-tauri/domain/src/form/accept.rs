//! What a field accepts, and how the expected part is cut out of a pasted value.

use regex_lite::{Regex, RegexBuilder};

use super::problem::Problem;
use crate::address::{self, authority, split_authority};
use crate::element::{Element, Field};
use crate::host;
use crate::key_end::parse_day;
use crate::values::FieldKind;

/// Bounds the memory of a compiled pattern: element files may come from others.
const PATTERN_SIZE: usize = 64 * 1024;

/// The longest field that a file may declare, in UTF-8, within a pasted address.
const MOST_BYTES: usize = 40_000;

/// Removes white space at both ends, and the invisible characters that copying from web pages adds.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}'))
}

/// Whether the field takes this text unchanged.
pub fn accepts(element: &Element, field: &Field, text: &str) -> bool {
    normalize(element, field, text).is_ok_and(|normalized| normalized == text)
}

/// The normalized value.
pub(super) fn normalize(element: &Element, field: &Field, text: &str) -> Result<String, Problem> {
    // Checked before anything is parsed.
    if text.len() > MOST_BYTES {
        return Err(Problem::TooLong);
    }
    // A line break could end a header or a log entry; only `lines` may have them.
    let allowed = |c: char| field.kind == FieldKind::Lines && matches!(c, '\n' | '\r' | '\t');
    if text.contains(|c: char| c.is_control() && !allowed(c)) {
        return Err(Problem::Malformed);
    }
    let too_long = |text: &str| text.chars().count() > field.max_length;
    match normalize_kind(element, field, text) {
        Ok(normalized) if too_long(&normalized) => Err(Problem::TooLong),
        Err(Problem::Malformed) if too_long(text) => Err(Problem::TooLong),
        result => result,
    }
}

fn normalize_kind(element: &Element, field: &Field, text: &str) -> Result<String, Problem> {
    match field.kind {
        FieldKind::Text => normalize_text(element, field, text),
        // Either line ending may be pasted.
        FieldKind::Lines => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
        FieldKind::Select if field.options.iter().any(|option| option.value == text) => Ok(text.to_owned()),
        FieldKind::Toggle if text == "true" || text == "false" => Ok(text.to_owned()),
        FieldKind::Select | FieldKind::Toggle => Err(Problem::NotAnOption),
        FieldKind::Day => parse_day(text).map(|_| text.to_owned()).ok_or(Problem::Malformed),
        FieldKind::Address => address::parse(text).map(|_| text.to_owned()).ok_or(Problem::Malformed),
        FieldKind::Origin => normalize_origin(text),
        FieldKind::Base => normalize_base(text),
        FieldKind::Host => {
            let (name, path) = split_authority(text);
            let name = name.to_ascii_lowercase();
            let below = field.host_suffix.as_deref().is_some_and(|suffix| host::is_below(&name, suffix));
            if below && matches!(path, "" | "/") { Ok(name) } else { Err(Problem::Malformed) }
        }
    }
}

fn normalize_text(element: &Element, field: &Field, text: &str) -> Result<String, Problem> {
    let mut part = strip_affixes(field, text).to_owned();
    if element.is_host_part(&field.key) {
        part.make_ascii_lowercase();
    }
    // A pattern that does not compile accepts nothing; the check of element files refuses it.
    let matches = field
        .pattern
        .as_deref()
        .is_none_or(|pattern| whole_pattern(pattern).is_ok_and(|p| p.is_match(&part)));
    if matches && !part.is_empty() { Ok(part) } else { Err(Problem::Malformed) }
}

/// Cuts the prefix and suffix of the field, and all around them: `https://acme.zendesk.com/agent` becomes `acme`.
fn strip_affixes<'t>(field: &Field, text: &'t str) -> &'t str {
    if !field.suffix.is_empty() {
        let part = [authority(text), text].into_iter().find_map(|text| without_suffix(text, &field.suffix));
        if let Some(part) = part {
            return part;
        }
    }
    match text.get(..field.prefix.len()) {
        Some(head) if !head.is_empty() && head.eq_ignore_ascii_case(&field.prefix) => &text[head.len()..],
        _ => text,
    }
}

fn without_suffix<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(suffix.len())?;
    text.get(at..).filter(|tail| tail.eq_ignore_ascii_case(suffix)).map(|_| &text[..at])
}

fn normalize_origin(text: &str) -> Result<String, Problem> {
    let url = address::parse(text).ok_or(Problem::Malformed)?;
    // A path would be dropped, but a product may be installed below it.
    let bare = url.path() == "/" && url.query().is_none();
    if bare && url.scheme() == "https" {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(Problem::Malformed)
    }
}

/// A pasted address of a server below a path, without a slash at its end.
fn normalize_base(text: &str) -> Result<String, Problem> {
    let url = address::parse(text).filter(|url| url.scheme() == "https").ok_or(Problem::Malformed)?;
    let bare = url.query().is_none() && !url.path().split('/').any(|segment| segment == "..");
    let base = format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
    if bare { Ok(base) } else { Err(Problem::Malformed) }
}

/// Compiles a pattern that matches whole values only.
pub fn whole_pattern(pattern: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_SIZE).build()
}
