//! Checks that extra parameters never repeat those of the sign-in itself.

use std::collections::BTreeMap;

use super::findings::{Findings, is_parameter};
use crate::element::{CallText, Element};
use crate::template::Template;

/// Checks the extra parameters of a request.
pub(super) fn check(
    element: &Element,
    extra: &BTreeMap<String, CallText>,
    standard: &[&str],
    at: &str,
    findings: &mut Findings,
) {
    for (name, text) in extra {
        for hole in text.holes() {
            // Authorization addresses end up in browser histories.
            let public = element.field(hole).is_some_and(|field| !field.secret);
            findings.require(public, at, format!("there is no field {hole}, or it is secret"));
        }
        let free = is_parameter(name) && !is_standard(name, standard);
        let what = format!("{name} is a parameter of the sign-in itself, or no parameter name");
        findings.require(free, at, what);
    }
}

/// Checks the authorization request at `at`: its endpoint may have a query of its own (RFC 6749 §3.1).
pub(super) fn check_authorize(
    element: &Element,
    endpoint: Option<&Template>,
    extra: &BTreeMap<String, CallText>,
    standard: &[&str],
    at: &str,
    findings: &mut Findings,
) {
    check(element, extra, standard, &format!("{at}.authorize_parameters"), findings);
    let own = endpoint.map(Template::query_names).unwrap_or_default();
    if let Some(name) = own.iter().find(|name| is_standard(name, standard) || extra.contains_key(*name)) {
        findings.add(format!("{at}.authorization_endpoint"), format!("{name} would stand there twice"));
    }
}

/// Ignores case, as some servers do. Names in `oauth_` belong to RFC 5849 §3.1.
fn is_standard(name: &str, standard: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    name == "state" || name.starts_with("oauth_") || standard.contains(&name.as_str())
}
