//! Checks what the user entered against the fields of an element.

use std::collections::BTreeMap;

use super::accept;
use super::problem::{FieldProblem, Problem};
use crate::address;
use crate::element::{CALLBACK_URL, Element, Field, STANDARD_QUERY, Step, WAY};
use crate::sensitive::Sensitive;
use crate::tally;
use crate::values::{Entry, Values};

/// Checks and normalizes the given values. Others come from `defaults`, such as the callback address, then from the
/// element file. An optional field that is given empty stays empty, or is derived from others.
pub fn check(
    element: &Element,
    given: &BTreeMap<String, String>,
    defaults: &BTreeMap<String, String>,
) -> Result<Values, Vec<FieldProblem>> {
    let unknown = given.keys().filter(|key| *key != WAY && element.field(key).is_none());
    let unknown = unknown.map(|key| FieldProblem { key: key.clone(), problem: Problem::Unknown }).collect();
    check_fields(element, given, defaults, unknown, |field, text| accept::normalize(element, field, text))
}

/// Checks the values in a call of the platform API. Entries without a field are ignored: the guides send some that
/// only other versions know. The callback, at which the caller listens, may be http on any host.
pub fn check_call(element: &Element, given: &BTreeMap<String, String>) -> Result<Values, Vec<FieldProblem>> {
    check_fields(element, given, &BTreeMap::new(), Vec::new(), |field, text| {
        if field.key == CALLBACK_URL && text.chars().count() <= field.max_length {
            return address::parse_http(text).map(|_| text.to_owned()).ok_or(Problem::Malformed);
        }
        accept::normalize(element, field, text)
    })
}

/// Checks the values in a call of the platform API for one step of a sign-in. Fields that the query of this step does
/// not carry may be missing, and so may values derived from them.
pub fn check_partial(
    element: &Element,
    given: &BTreeMap<String, String>,
    step: Step,
) -> Result<Values, Vec<FieldProblem>> {
    let is_unknown = |key: &str| {
        let standard = STANDARD_QUERY.iter().any(|(known, _)| *known == key);
        let carried = |field: &Field| !field.query.is_empty() && field.steps.contains(&step);
        !standard && !given.contains_key(key) && element.field(key).is_some_and(|field| !carried(field))
    };
    let is_lacking = |key: &str| {
        is_unknown(key) && element.field(key).is_some_and(|field| field.required && field.default.is_none())
    };
    let mut partial = element.clone();
    for field in &mut partial.fields {
        field.derived.take_if(|derived| derived.holes().any(is_lacking));
        field.required &= !is_unknown(&field.key);
        // A given value counts, even if the field that its condition names is missing.
        let is_given = given.contains_key(&field.key);
        field.visible_when.take_if(|when| is_given && is_unknown(&when.field));
    }
    check_call(&partial, given)
}

/// As [`check_call`], for configuration entries.
pub fn check_entries<'e>(
    element: &Element,
    entries: impl IntoIterator<Item = (&'e String, &'e Sensitive<String>)>,
) -> Result<Values, Vec<FieldProblem>> {
    let given = entries.into_iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect();
    check_call(element, &given)
}

fn check_fields(
    element: &Element,
    given: &BTreeMap<String, String>,
    defaults: &BTreeMap<String, String>,
    mut problems: Vec<FieldProblem>,
    normalize: impl Fn(&Field, &str) -> Result<String, Problem>,
) -> Result<Values, Vec<FieldProblem>> {
    tally::count(&tally::CHECKS);
    let mut values = Values::default();
    let mut derived = Vec::new();
    for field in &element.fields {
        if !is_visible(field, &values) {
            continue;
        }
        match (value_of(field, given, defaults), &field.derived) {
            (Some(text), _) => match normalize(field, text) {
                Ok(text) => values.push(entry(field, text, true)),
                Err(problem) => problems.push(FieldProblem { key: field.key.clone(), problem }),
            },
            (None, Some(text)) => derived.push((field, text)),
            (None, None) if field.required => {
                problems.push(FieldProblem { key: field.key.clone(), problem: Problem::Required });
            }
            (None, None) => {
                if let Some(text) = &field.empty_means {
                    values.push(entry(field, text.clone(), false));
                }
            }
        }
    }
    // Problems of derived values would only repeat those of others.
    if problems.is_empty() {
        // All are filled before one is added: no derived value is made of another.
        let filled: Vec<_> = derived.into_iter().map(|(field, text)| (field, text.fill(&values))).collect();
        for (field, text) in filled.iter().filter(|(_, text)| !text.is_empty()) {
            match normalize(field, text) {
                Ok(text) => values.push(entry(field, text, true)),
                Err(problem) => problems.push(FieldProblem { key: field.key.clone(), problem }),
            }
        }
        values.sort_by_position(|key| element.fields.iter().position(|field| field.key == key));
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

pub(super) fn entry(field: &Field, text: String, given: bool) -> Entry {
    Entry {
        key: field.key.clone(),
        secret: field.secret,
        kind: field.kind,
        host_suffix: field.host_suffix.clone(),
        meaning: field.means.get(&text).cloned(),
        text: text.into(),
        given,
    }
}

fn is_visible(field: &Field, values: &Values) -> bool {
    field.visible_when.as_ref().is_none_or(|when| values.get(&when.field) == Some(when.is.as_str()))
}

/// The value that the field takes: the given one, the program's default, or the element file's.
fn value_of<'t>(
    field: &'t Field,
    given: &'t BTreeMap<String, String>,
    defaults: &'t BTreeMap<String, String>,
) -> Option<&'t str> {
    let entered = given.get(&field.key).map(|text| accept::trim(text));
    if entered == Some("") && !field.required {
        return None;
    }
    let own = defaults.get(&field.key).map(|text| accept::trim(text));
    [entered, own, field.default.as_deref()].into_iter().flatten().find(|text| !text.is_empty())
}
