//! Checks whether each field can be asked for and sent as the file says.

use std::collections::BTreeSet;

use super::findings::{Findings, is_line, is_parameter};
use crate::element::{
    Condition, Derived, Element, Field, FieldKind, MOST_LENGTH, RESERVED_QUERY, STANDARD_QUERY,
};
use crate::values::CALLBACK_PREFIX;
use crate::{form, host};

pub(super) fn check(element: &Element, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (index, field) in element.fields.iter().enumerate() {
        let at = |member: &str| format!("fields.{index}.{member}");
        findings.require(seen.insert(&field.key), at("key"), format!("the key {} stands twice", field.key));
        let named = field.key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let what = "a key has only letters, digits, . _ and -";
        findings.require(named && is_line(&field.key, 64), at("key"), what);
        let free = !field.key.starts_with(CALLBACK_PREFIX);
        findings.require(free, at("key"), "keys that begin with callback. stand for callback values");
        findings.require(is_line(&field.label, 80), at("label"), "a label is one line of 1 to 80 characters");
        kind(field, &at, findings);
        values(element, field, &at, findings);
        query(field, &at, findings);
        if let Some(when) = &field.visible_when {
            check_condition(element, index, when, &at("visible_when"), findings);
        }
    }
}

/// The members that only some types of field have.
fn kind(field: &Field, at: &impl Fn(&str) -> String, findings: &mut Findings) {
    let kind = field.kind;
    if kind == FieldKind::Select {
        findings.require(!field.options.is_empty(), at("type"), "a select needs options");
    } else {
        findings.require(field.options.is_empty(), at("options"), "only a select has options");
    }
    let values: BTreeSet<_> = field.options.iter().map(|option| &option.value).collect();
    findings.require(values.len() == field.options.len(), at("options"), "an option stands twice");
    let meant = matches!(kind, FieldKind::Select | FieldKind::Toggle) || field.means.is_empty();
    findings.require(meant, at("means"), "only a select or toggle has values that stand for others");
    for value in field.means.keys() {
        let known = match kind {
            FieldKind::Toggle => ["true", "false"].contains(&value.as_str()),
            _ => field.options.iter().any(|option| option.value == *value),
        };
        findings.require(known, at("means"), format!("the field never has the value {value}"));
    }
    match (&field.host_suffix, kind) {
        (Some(suffix), FieldKind::Host) => {
            let what = "a host_suffix is a dot and a domain, such as .example.com";
            findings.require(host::is_suffix(suffix), at("host_suffix"), what);
        }
        (None, FieldKind::Host) => findings.add(at("type"), "a host needs a host_suffix"),
        (Some(_), _) => findings.add(at("host_suffix"), "only a host has a host_suffix"),
        (None, _) => {}
    }
    if let Some(pattern) = &field.pattern {
        findings.require(kind == FieldKind::Text, at("pattern"), "only text has a pattern");
        if let Err(error) = form::whole_pattern(pattern) {
            findings.add(at("pattern"), format!("the pattern is not a regular expression: {error}"));
        }
    }
    if !field.suffix.is_empty() {
        findings.require(kind == FieldKind::Text, at("suffix"), "only text has a suffix");
    }
    if !field.prefix.is_empty() {
        let prefixed = matches!(kind, FieldKind::Text | FieldKind::Host);
        findings.require(prefixed, at("prefix"), "only text and host have a prefix");
    }
}

/// The values that the file states, and the bounds of others.
fn values(element: &Element, field: &Field, at: &impl Fn(&str) -> String, findings: &mut Findings) {
    let lengths = 1..=MOST_LENGTH;
    findings.require(lengths.contains(&field.max_length), at("max_length"), format!("at most {MOST_LENGTH}"));
    if field.secret {
        let text = matches!(field.kind, FieldKind::Text | FieldKind::Lines);
        findings.require(text, at("secret"), "only text can be secret");
        let stated = field.default.is_some() || field.empty_means.is_some();
        findings.require(!stated, at("default"), "a secret is not written into a file");
    }
    if let Some(derived) = &field.derived {
        derived_from(element, field, derived, &at("derived"), findings);
    }
    let optional = !field.required || field.empty_means.is_none();
    findings.require(optional, at("empty_means"), "a required field is never empty");
    for (member, text) in [
        ("example", Some(&field.example)),
        ("default", field.default.as_ref()),
        ("empty_means", field.empty_means.as_ref()),
    ] {
        let accepted = text.is_none_or(|text| form::accepts(element, field, text));
        findings.require(accepted, at(member), "the form would not accept this value");
    }
}

fn query(field: &Field, at: &impl Fn(&str) -> String, findings: &mut Findings) {
    findings.require(!field.steps.is_empty(), at("steps"), "a field without steps has no query either");
    let standard = STANDARD_QUERY.iter().any(|(key, _)| *key == field.key);
    findings.require(!standard || field.query.is_empty(), at("query"), "the platform API names this one");
    for name in &field.query {
        let free = is_parameter(name) && !RESERVED_QUERY.contains(&name.as_str());
        findings.require(free, at("query"), format!("{name} is not a free parameter name"));
    }
}

/// A derived value replaces an empty one, so no other replacement is possible; it is made of entered values only.
fn derived_from(element: &Element, field: &Field, derived: &Derived, at: &str, findings: &mut Findings) {
    let alone = !field.required && field.default.is_none() && field.empty_means.is_none();
    findings.require(alone, at, "a derived field is not required and has neither default nor empty_means");
    findings.require(!field.secret, at, "a secret is not made of other values");
    for hole in derived.holes() {
        match element.field(hole) {
            None => findings.add(at, format!("there is no field {hole}")),
            Some(other) if other.secret => {
                findings.add(at, format!("{hole} is secret and stays in its own field"));
            }
            // All derived fields are filled in one pass.
            Some(other) if other.derived.is_some() => findings.add(at, format!("{hole} is itself derived")),
            Some(_) => {}
        }
    }
}

/// A condition names a field before the one at `index`, and a value that it can have.
pub(super) fn check_condition(
    element: &Element,
    index: usize,
    when: &Condition,
    at: &str,
    findings: &mut Findings,
) {
    match element.fields[..index].iter().find(|field| field.key == when.field) {
        None => findings.add(format!("{at}.field"), format!("there is no earlier field {}", when.field)),
        Some(field) if field.secret => findings.add(format!("{at}.field"), "a secret decides nothing"),
        Some(field) => {
            let possible = form::accepts(element, field, &when.is);
            findings.require(possible, format!("{at}.is"), format!("{} never has this value", when.field));
        }
    }
}
