//! Checks the texts that describe the product, for the window and for callers of the platform API.

use super::findings::{Findings, is_line, is_parameter};
use crate::address;
use crate::element::Element;
use crate::key_end::parse_day;

/// A key is part of paths, folder names and command lines.
pub(super) fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

pub(super) fn check(element: &Element, findings: &mut Findings) {
    const KEY: &str =
        "a key has only a-z, 0-9, - and _, begins with a letter or digit, and has at most 64 characters";
    let key = Some(&element.key);
    for (at, key) in [
        ("key", key),
        ("provider", element.provider.as_ref()),
        ("path_key", element.path_key.as_ref()),
        ("from", element.from.as_ref()),
        ("replaced_by", element.replaced_by.as_ref()),
    ] {
        findings.require(key.is_none_or(|key| is_key(key)), at, KEY);
    }
    let consistent = !element.generic || element.from.is_none();
    findings.require(consistent, "from", "a generic element is not made by another");
    let explained = !element.retired || element.note.is_some();
    findings.require(
        explained,
        "retired",
        "a retired element has a note that says what became of the product",
    );
    for (at, text) in [("name", &element.name), ("category", &element.category), ("gives", &element.gives)] {
        findings.require(is_line(text, 80), at, "this is one line of 1 to 80 characters");
    }
    findings.require(is_line(&element.initials, 2), "initials", "the initials are 1 or 2 characters");
    let listed = element.access.iter().all(|line| is_line(line, 120));
    findings.require(listed, "access", "each line has 1 to 120 characters");
    let named = element.formerly.iter().all(|name| is_line(name, 80));
    findings.require(named, "formerly", "each name is one line of 1 to 80 characters");
    let marked = element.mark.as_ref().is_none_or(|mark| {
        (1..=64).contains(&mark.len()) && mark.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    findings.require(marked, "mark", "a slug of Simple Icons has only a-z and 0-9");
    let taken = element.replaced_by.is_none() || element.retired;
    findings.require(taken, "replaced_by", "only a retired element is replaced");
    let docs = element.docs.as_ref().is_none_or(|page| is_part_of_page(page));
    findings.require(docs, "docs", "this is a whole address that begins with https://");
    let sourced = element.sources.iter().all(|source| is_line(source, 120));
    findings.require(sourced, "sources", "each line has 1 to 120 characters");
    let dated = element.checked.as_ref().is_none_or(|day| parse_day(day).is_some());
    findings.require(dated, "checked", "a day is written as 2026-11-26");
    let key =
        element.platform_key.as_ref().is_none_or(|key| is_line(key, 64) && !key.contains(['/', '?', '#']));
    findings.require(key, "platform_key", "this is one line of 1 to 64 characters");
    platform(element, findings);
}

fn platform(element: &Element, findings: &mut Findings) {
    let Some(facts) = &element.platform else { return };
    findings.require(is_line(&facts.hub, 40), "platform.hub", "this is one line of 1 to 40 characters");
    let described = is_line(&facts.description, 600);
    findings.require(described, "platform.description", "this is one line of 1 to 600 characters");
    let signup = facts.signup_url.as_ref().is_none_or(|page| is_page(page));
    findings.require(signup, "platform.signup_url", "this is a whole address that begins with https://");
    for key in facts.configuration.keys().chain(&facts.unused) {
        let free = is_parameter(key) && element.field(key).is_none();
        findings.require(free, "platform", format!("{key} is asked for by a field, or no configuration key"));
    }
    for (key, derived) in facts.derived() {
        let at = format!("platform.configuration.{key}");
        match derived {
            Ok(derived) => {
                let is_public = |hole: &str| element.field(hole).is_some_and(|field| !field.secret);
                for hole in derived.holes().filter(|hole| !is_public(hole)) {
                    findings.add(&at, format!("there is no field {hole}, or it is secret"));
                }
            }
            Err(problem) => findings.add(at, problem.to_string()),
        }
    }
}

fn is_page(text: &str) -> bool {
    address::parse(text).is_some_and(|url| url.scheme() == "https")
}

/// Documentation often is one long page.
fn is_part_of_page(text: &str) -> bool {
    let (page, part) = text.split_once('#').unwrap_or((text, ""));
    is_page(page) && part.bytes().all(|b| b.is_ascii_graphic() && !b"\\#\"<>^`{|}".contains(&b))
}
