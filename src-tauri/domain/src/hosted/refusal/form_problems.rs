//! Which fields of the form a refusal names.

use super::error_text::ErrorText;
use crate::element::{Element, RESERVED_QUERY, STANDARD_QUERY};
use crate::form::{FieldProblem, Problem};
use crate::http::HttpResponse;

/// The fields that a refusal with status 400 names. `None` if it names none.
pub fn field_problems(answer: &HttpResponse, names: &[(String, String)]) -> Option<Vec<FieldProblem>> {
    if answer.status != 400 {
        return None;
    }
    let words = ErrorText::read(answer);
    let message = words.message.as_deref()?;
    let lacking = ["missing", "required", "must provide", "provided", "empty", "null", "blank"];
    let malformed =
        ["invalid", "not valid", "malformed", "not a valid"].iter().any(|word| words.contains(word))
            && !lacking.iter().any(|word| words.contains(word));
    let problem = if malformed { Problem::Malformed } else { Problem::Required };
    let mut found: Vec<FieldProblem> = Vec::new();
    for (name, key) in names {
        if contains_word(message, name) && !found.iter().any(|field| field.key == *key) {
            found.push(FieldProblem { key: key.clone(), problem });
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The names that a refusal may use for fields, each with the key of its field.
pub fn field_names(element: Option<&Element>, sent: &[&str]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, key: &str| names.push((name.to_owned(), key.to_owned()));
    let fields = element.map(|element| element.fields.as_slice()).unwrap_or_default();
    for field in fields {
        add(&field.key, &field.key);
        let standard = STANDARD_QUERY.into_iter().filter(|(key, _)| *key == field.key);
        standard.for_each(|(key, name)| add(name, key));
        field.query.iter().for_each(|name| add(name, &field.key));
    }
    // Names that exist only in the query are not keys.
    let query_only = |key: &str| key == "siteAddress" || RESERVED_QUERY.contains(&key);
    let known = |key: &str| fields.iter().any(|field| field.key == key);
    for key in sent.iter().filter(|key| !known(key) && !query_only(key)) {
        add(key, key);
    }
    if element.is_none() {
        STANDARD_QUERY.into_iter().for_each(|(key, name)| {
            add(key, key);
            add(name, key);
        });
    }
    names
}

/// Whether `text` contains `name` as a whole word, perhaps at the end of a sentence.
fn contains_word(text: &str, name: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || "._-".contains(c);
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + name.len()..].chars();
        let ends = match after.next() {
            None => true,
            Some('.') => after.next().is_none_or(|c| !inner(c)),
            Some(c) => !inner(c),
        };
        ends && !before.is_some_and(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_as_a_whole_word() {
        for text in
            ["Missing subdomain", "subdomain: missing", "(subdomain)", "Enter subdomain.", "'subdomain',"]
        {
            assert!(contains_word(text, "subdomain"), "{text}");
        }
        for text in ["zendesk.subdomain", "subdomains", "subdomain.id", "my_subdomain", ""] {
            assert!(!contains_word(text, "subdomain"), "{text}");
        }
    }
}
