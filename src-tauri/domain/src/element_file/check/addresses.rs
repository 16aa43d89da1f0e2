//! Checks that no value of a form, a callback or an answer can lead a request to another server.

use super::findings::{Findings, is_line};
use super::label_pattern::is_label_pattern;
use crate::element::{Auth, Element, Field, FieldKind, Pkce};
use crate::host;
use crate::template::{Place, Template};
use crate::values::CALLBACK_PREFIX;

const DECLARE: &str = "name it in callback.provider_data or callback.configuration";

pub(super) fn check(element: &Element, findings: &mut Findings) {
    callback(element, findings);
    for (at, template) in element.templates() {
        holes(element, &at, template, findings);
    }
    identity(element, findings);
    api(element, findings);
}

fn callback(element: &Element, findings: &mut Findings) {
    let rules = &element.callback;
    if !rules.echoes_state {
        let pkce = matches!(&element.auth, Auth::Oauth2(oauth2) if oauth2.pkce != Pkce::Off);
        let what = "without state an answer is bound only by PKCE, which must be on";
        findings.require(pkce, "callback.echoes_state", what);
    }
    for key in rules.configuration.values() {
        let free = element.field(key).is_none();
        findings.require(free, "callback.configuration", format!("{key} is already asked for by a field"));
    }
    let names = rules.names();
    for (name, example) in &rules.examples {
        let at = format!("callback.examples.{name}");
        let declared = names.contains(name.as_str());
        findings.require(declared, &at, format!("no callback value {name} is declared: {DECLARE}"));
        findings.require(is_line(example, 1000), &at, "an example is one line of 1 to 1000 characters");
    }
}

/// Each hole must be filled by a field that cannot make the address another one.
fn holes(element: &Element, at: &str, template: &Template, findings: &mut Findings) {
    for (hole, place) in template.holes() {
        if let Some(name) = hole.strip_prefix(CALLBACK_PREFIX) {
            callback_hole(element, at, (name, place), findings);
            continue;
        }
        let Some(field) = element.field(hole) else {
            findings.add(at, format!("there is no field {hole}"));
            continue;
        };
        // Addresses end up in logs and browser histories.
        findings.require(!field.secret, at, format!("{hole} is secret and may not stand in an address"));
        let (fits, what) = match place {
            Place::Whole => (
                matches!(field.kind, FieldKind::Address | FieldKind::Base),
                "a hole that is the whole address needs the type address",
            ),
            Place::Origin => (
                matches!(field.kind, FieldKind::Origin | FieldKind::Base),
                "a hole at the start needs the type origin or base",
            ),
            Place::Host => {
                (field.kind == FieldKind::Host, "a hole that is the whole host needs the type host")
            }
            Place::Label => (
                fits_label(field),
                "a hole in a host needs a select, or a pattern of letters, digits and hyphens only, such as [a-z0-9-]+",
            ),
            Place::Path | Place::Query => (true, ""),
        };
        findings.require(fits, at, format!("{hole}: {what}"));
    }
}

/// A callback value is unknown before the sign-in, and the provider chooses it: it must not choose a host.
fn callback_hole(element: &Element, at: &str, (name, place): (&str, Place), findings: &mut Findings) {
    let declared = element.callback.names().contains(name);
    findings.require(declared, at, format!("no callback value {name} is declared: {DECLARE}"));
    let after_sign_in = ["identity.endpoint", "api.address"].contains(&at);
    let what = format!("{CALLBACK_PREFIX}{name} may stand only in identity.endpoint and api.address");
    findings.require(after_sign_in, at, what);
    let what = format!("{CALLBACK_PREFIX}{name} may fill only a path segment or a query value");
    findings.require(matches!(place, Place::Path | Place::Query), at, what);
}

fn fits_label(field: &Field) -> bool {
    let means_label = |value: &str| host::is_label(field.means.get(value).map_or(value, String::as_str));
    match field.kind {
        FieldKind::Text => field.pattern.as_deref().is_some_and(is_label_pattern),
        FieldKind::Select => field.options.iter().all(|option| means_label(&option.value)),
        FieldKind::Toggle => ["true", "false"].into_iter().all(means_label) && !field.means.is_empty(),
        _ => false,
    }
}

fn identity(element: &Element, findings: &mut Findings) {
    let Some(identity) = &element.identity else { return };
    let accepted = identity.accepted.iter().map(|accepted| &accepted.at);
    let mut pointers = identity.at.iter().chain(&identity.key).chain(accepted);
    let fits = pointers.all(|pointer| pointer.starts_with('/'));
    findings.require(fits, "identity.at", "a JSON pointer begins with /");
    let told = identity.expires.as_ref().is_none_or(|at| at.starts_with('/') || at.starts_with("header:"));
    findings.require(told, "identity.expires", "a JSON pointer, or header: and the name of a header");
}

fn api(element: &Element, findings: &mut Findings) {
    let Some(api) = &element.api else { return };
    let suffix = "a host_suffix is a dot and a domain, such as .example.com";
    if let Some(lookup) = &api.lookup {
        findings.require(host::is_suffix(&lookup.host_suffix), "api.lookup.host_suffix", suffix);
        findings.require(lookup.at.starts_with('/'), "api.lookup.at", "a JSON pointer begins with /");
    }
    let Some(from) = &api.token_answer else { return };
    findings.require(host::is_suffix(&from.host_suffix), "api.token_answer.host_suffix", suffix);
    let kept = match &element.auth {
        Auth::Oauth2(oauth2) => oauth2.answer.keep.contains(&from.member),
        _ => false,
    };
    let what = format!("{} must stand in auth.oauth2.answer.keep", from.member);
    findings.require(kept, "api.token_answer.member", what);
}
