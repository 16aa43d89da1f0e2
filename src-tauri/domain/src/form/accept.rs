//! What a field accepts, and how a pasted value becomes the part that was asked for.

use regex_lite::{Regex, RegexBuilder};

use super::problem::Problem;
use crate::address::{self, authority, split_authority};
use crate::element::{Element, Field};
use crate::host;
use crate::values::FieldKind;

/// Bounds the memory of a compiled pattern: element files also come from other people.
const PATTERN_SIZE: usize = 64 * 1024;

/// Room for the longest field that a file may declare, in UTF-8, within a pasted address.
const MOST_BYTES: usize = 40_000;

/// Cuts white space off both ends, and the invisible characters that come along when copying from web pages.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}'))
}

/// Whether the field takes this text as it stands.
pub fn accepts(element: &Element, field: &Field, text: &str) -> bool {
    tidy(element, field, text).is_ok_and(|tidy| tidy == text)
}

/// The value in the form in which it is kept, or what is wrong with it.
pub(super) fn tidy(element: &Element, field: &Field, text: &str) -> Result<String, Problem> {
    // Before anything is parsed: far more than any field accepts, even around a part that would be cut out.
    if text.len() > MOST_BYTES {
        return Err(Problem::TooLong);
    }
    // A line break inside could end a header or a log entry; only a field of lines has them.
    let allowed = |c: char| field.kind == FieldKind::Lines && matches!(c, '\n' | '\r' | '\t');
    if text.contains(|c: char| c.is_control() && !allowed(c)) {
        return Err(Problem::Malformed);
    }
    let too_long = |text: &str| text.chars().count() > field.max_length;
    match of_kind(element, field, text) {
        Ok(tidy) if too_long(&tidy) => Err(Problem::TooLong),
        Err(Problem::Malformed) if too_long(text) => Err(Problem::TooLong),
        result => result,
    }
}

fn of_kind(element: &Element, field: &Field, text: &str) -> Result<String, Problem> {
    match field.kind {
        FieldKind::Text => plain(element, field, text),
        // Pasted from elsewhere, lines may end in two ways; a key is read with either.
        FieldKind::Lines => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
        FieldKind::Select if field.options.iter().any(|option| option.value == text) => Ok(text.to_owned()),
        FieldKind::Toggle if text == "true" || text == "false" => Ok(text.to_owned()),
        FieldKind::Select | FieldKind::Toggle => Err(Problem::NotAnOption),
        FieldKind::Address => address::parse(text).map(|_| text.to_owned()).ok_or(Problem::Malformed),
        FieldKind::Origin => origin(text),
        FieldKind::Host => {
            let (name, path) = split_authority(text);
            let name = name.to_ascii_lowercase();
            let below = field.host_suffix.as_deref().is_some_and(|suffix| host::is_below(&name, suffix));
            if below && matches!(path, "" | "/") { Ok(name) } else { Err(Problem::Malformed) }
        }
    }
}

fn plain(element: &Element, field: &Field, text: &str) -> Result<String, Problem> {
    let mut part = cut(field, text).to_owned();
    if element.is_host_part(&field.key) {
        part.make_ascii_lowercase();
    }
    // A pattern that does not compile accepts nothing: the element's own check has refused it before.
    let matches = field
        .pattern
        .as_deref()
        .is_none_or(|pattern| whole_pattern(pattern).is_ok_and(|p| p.is_match(&part)));
    if matches && !part.is_empty() { Ok(part) } else { Err(Problem::Malformed) }
}

/// `https://acme.zendesk.com/agent` where `acme` is wanted: whatever surrounds the part, if its prefix or suffix is
/// there, is cut.
fn cut<'t>(field: &Field, text: &'t str) -> &'t str {
    if !field.suffix.is_empty() {
        if let Some(part) = without_suffix(authority(text), &field.suffix) {
            return part;
        }
        if let Some(part) = without_suffix(text, &field.suffix) {
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

fn origin(text: &str) -> Result<String, Problem> {
    let url = address::parse(text).ok_or(Problem::Malformed)?;
    // A path would be dropped, and with it the place of a product that is not installed at the root.
    let bare = url.path() == "/" && url.query().is_none();
    if bare && url.scheme() == "https" {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(Problem::Malformed)
    }
}

/// The pattern, made to match whole values only.
pub fn whole_pattern(pattern: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_SIZE).build()
}
