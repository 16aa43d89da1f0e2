//! Whether each field can be asked for and sent as the file says.

use std::collections::BTreeSet;

use super::findings::{Findings, is_line, is_parameter};
use crate::element::{Condition, Derived, Element, Field, FieldKind, MOST_LENGTH, STANDARD_QUERY};
use crate::values::CALLBACK_PREFIX;
use crate::{form, host};

/// Names in the query of `oauth/token` and `oauth/url` that the platform API keeps for itself.
const RESERVED_QUERY: [&str; 5] = ["apiKey", "apiSecret", "callbackUrl", "requestToken", "state"];

pub(super) fn fields(element: &Element, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (index, field) in element.fields.iter().enumerate() {
        let at = |member: &str| format!("fields.{index}.{member}");
        findings.unless(seen.insert(&field.key), at("key"), format!("the key {} stands twice", field.key));
        let named = field.key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        findings.unless(
            named && is_line(&field.key, 64),
            at("key"),
            "a key has only letters, digits, . _ and -",
        );
        findings.unless(
            !field.key.starts_with(CALLBACK_PREFIX),
            at("key"),
            "keys that begin with callback. stand for callback values",
        );
        findings.unless(is_line(&field.label, 80), at("label"), "a label is one line of 1 to 80 characters");
        one_field(element, field, index, findings);
        if let Some(when) = &field.visible_when {
            condition(element, when, index, &at("visible_when"), findings);
        }
    }
}

fn one_field(element: &Element, field: &Field, index: usize, findings: &mut Findings) {
    let at = |member: &str| format!("fields.{index}.{member}");
    let kind = field.kind;
    if kind == FieldKind::Select {
        findings.unless(!field.options.is_empty(), at("type"), "a select needs options");
    } else {
        findings.unless(field.options.is_empty(), at("options"), "only a select has options");
    }
    let values: BTreeSet<_> = field.options.iter().map(|option| &option.value).collect();
    findings.unless(values.len() == field.options.len(), at("options"), "an option stands twice");
    match (&field.host_suffix, kind) {
        (Some(suffix), FieldKind::Host) => {
            let what = "a host_suffix is a dot and a domain, such as .example.com";
            findings.unless(host::is_suffix(suffix), at("host_suffix"), what);
        }
        (None, FieldKind::Host) => findings.add(at("type"), "a host needs a host_suffix"),
        (Some(_), _) => findings.add(at("host_suffix"), "only a host has a host_suffix"),
        (None, _) => {}
    }
    if let Some(pattern) = &field.pattern {
        findings.unless(kind == FieldKind::Text, at("pattern"), "only text has a pattern");
        if let Err(error) = form::whole_pattern(pattern) {
            findings.add(at("pattern"), format!("the pattern is not a regular expression: {error}"));
        }
    }
    if !field.suffix.is_empty() {
        findings.unless(kind == FieldKind::Text, at("suffix"), "only text has a suffix");
    }
    if !field.prefix.is_empty() {
        let prefixed = matches!(kind, FieldKind::Text | FieldKind::Host);
        findings.unless(prefixed, at("prefix"), "only text and host have a prefix");
    }
    let lengths = 1..=MOST_LENGTH;
    findings.unless(lengths.contains(&field.max_length), at("max_length"), format!("at most {MOST_LENGTH}"));
    if field.secret {
        let text = matches!(kind, FieldKind::Text | FieldKind::Lines);
        findings.unless(text, at("secret"), "only text can be secret");
        let open = field.default.is_some() || field.empty_means.is_some();
        findings.unless(!open, at("default"), "a secret is not written into a file");
    }
    if let Some(derived) = &field.derived {
        derived_from(element, field, derived, &at("derived"), findings);
    }
    findings.unless(
        !field.required || field.empty_means.is_none(),
        at("empty_means"),
        "a required field is never empty",
    );
    let given = [("example", Some(&field.example)), ("default", field.default.as_ref())];
    for (member, text) in given.into_iter().chain([("empty_means", field.empty_means.as_ref())]) {
        let accepted = text.is_none_or(|text| form::accepts(element, field, text));
        findings.unless(accepted, at(member), "the form would not accept this value");
    }
    findings.unless(!field.steps.is_empty(), at("steps"), "a field without steps has no query either");
    let standard = STANDARD_QUERY.iter().any(|(key, _)| *key == field.key);
    findings.unless(!standard || field.query.is_empty(), at("query"), "the platform API names this one");
    for name in &field.query {
        let free = is_parameter(name) && !RESERVED_QUERY.contains(&name.as_str());
        findings.unless(free, at("query"), format!("{name} is not a free parameter name"));
    }
}

/// A derived value is what an empty field becomes, so nothing else may be, and it is made of what was entered.
fn derived_from(element: &Element, field: &Field, derived: &Derived, at: &str, findings: &mut Findings) {
    let alone = !field.required && field.default.is_none() && field.empty_means.is_none();
    findings.unless(alone, at, "a derived field is not required and has neither default nor empty_means");
    findings.unless(!field.secret, at, "a secret is not made of other values");
    for hole in derived.holes() {
        match element.field(hole) {
            None => findings.add(at, format!("there is no field {hole}")),
            Some(other) if other.secret => {
                findings.add(at, format!("{hole} is secret and stays in its own field"));
            }
            // One pass fills all of them, whatever their order.
            Some(other) if other.derived.is_some() => {
                findings.add(at, format!("{hole} is itself derived"));
            }
            Some(_) => {}
        }
    }
}

/// The condition must speak of a field that is asked before, and of a value that it can have.
pub(super) fn condition(
    element: &Element,
    when: &Condition,
    before: usize,
    at: &str,
    findings: &mut Findings,
) {
    match element.fields.iter().take(before).find(|field| field.key == when.field) {
        None => findings.add(format!("{at}.field"), format!("there is no earlier field {}", when.field)),
        Some(field) if field.secret => findings.add(format!("{at}.field"), "a secret decides nothing"),
        Some(field) => {
            let possible = form::accepts(element, field, &when.is);
            findings.unless(possible, format!("{at}.is"), format!("{} never has this value", when.field));
        }
    }
}
