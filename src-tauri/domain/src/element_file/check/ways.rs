//! Checks the names of the ways to connect, and each way as the element that it makes.

use std::collections::BTreeSet;

use super::fields;
use super::findings::{Findings, is_line};
use super::product::is_key;
use crate::element::{Auth, Element, WAY, Way};
use crate::element_file::problem::Problem;

/// Checks the names, and with `check_way` each way.
pub(super) fn check(element: &Element, check_way: impl Fn(&Element, &mut Findings), findings: &mut Findings) {
    names(element, findings);
    let own = element.has_own_way().then_some(None);
    let ways = element.ways.iter().enumerate().map(Some);
    for (way, narrowed) in ways.chain(own).zip(element.each_way()) {
        let mut found = Findings::default();
        check_way(&narrowed, &mut found);
        // All ways share the common parts: a fault there is reported once.
        for problem in found.0 {
            let problem = Problem { at: place(element, way, &problem.at), ..problem };
            if !findings.0.contains(&problem) {
                findings.0.push(problem);
            }
        }
    }
}

fn names(element: &Element, findings: &mut Findings) {
    let free = element.fields.iter().chain(element.ways.iter().flat_map(|way| &way.fields));
    for field in free.filter(|field| field.key == WAY) {
        findings.add("fields", format!("{} is the name by which a form names its way", field.key));
    }
    if element.ways.is_empty() {
        return;
    }
    let generic = element.generic || element.from.is_some();
    findings.require(!generic, "ways", "a generic or custom element has one way");
    let mut seen = BTreeSet::from([element.own_way_name()]);
    for (index, way) in element.ways.iter().enumerate() {
        let at = |member: &str| format!("ways.{index}.{member}");
        match &way.when {
            Some(when) => {
                let last = element.fields.len();
                fields::check_condition(element, last, when, &at("when"), findings);
                let what = "a way that a field chooses needs [auth] for all other values of the field";
                findings.require(element.auth != Auth::default(), at("when"), what);
            }
            None => {
                let what = "a way has a key of its own, other than app, such as key or sign-in";
                findings.require(is_key(&way.key) && seen.insert(&way.key), at("key"), what);
            }
        }
        let labelled = way.label.as_ref().is_none_or(|label| is_line(label, 80));
        findings.require(labelled, at("label"), "this is one line of 1 to 80 characters");
    }
}

/// The place in the file of a member of the element that a way makes.
fn place(element: &Element, way: Option<(usize, &Way)>, at: &str) -> String {
    let Some((index, way)) = way else { return at.to_owned() };
    let (head, rest) = at.split_once('.').unwrap_or((at, ""));
    let of_way = |path: &str| format!("ways.{index}.{path}");
    match head {
        "auth" => of_way(at),
        "setup_page" if way.setup_page.is_some() => of_way(at),
        "callback" if way.callback.is_some() => of_way(at),
        "identity" if way.identity.is_some() => of_way(at),
        "api" if way.api.is_some() => of_way(at),
        "fields" => {
            let (number, member) = rest.split_once('.').unwrap_or((rest, ""));
            let common = element.fields.len();
            match number.parse::<usize>() {
                Ok(number) if number >= common => of_way(&format!("fields.{}.{member}", number - common)),
                _ => at.to_owned(),
            }
        }
        _ => at.to_owned(),
    }
}
