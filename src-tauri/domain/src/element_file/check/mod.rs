//! Whether the parts of an element file fit together, and whether its addresses are safe with any value a person
//! may enter. What can be judged from one template alone was judged when it was read.

mod fields;
mod findings;
mod label_pattern;

use std::collections::BTreeMap;

use super::problem::Problem;
use crate::element::{
    API_KEY, API_SECRET, Api, ApiKeyPlace, Auth, CALLBACK_URL, Element, Field, FieldKind, GRANT, Grant,
    Oauth2, Pkce,
};
use crate::template::{Place, Template};
use crate::values::CALLBACK_PREFIX;
use crate::{address, host};
use findings::{Findings, is_line, is_parameter};
use label_pattern::is_label_pattern;

/// Parameters that the flow itself writes into the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9101
/// §5), and one that would send the answer by another way than the callback's query.
const AUTHORIZE_STANDARD: [&str; 11] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
];

/// Parameters that the flow itself writes into calls of the token endpoint (RFC 6749 §4.1.3 and §6, RFC 7636 §4.5,
/// RFC 8628 §3.4).
const TOKEN_STANDARD: [&str; 9] = [
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
];

pub(super) fn check(element: &Element) -> Result<(), Vec<Problem>> {
    let mut findings = Findings(Vec::new());
    head(element, &mut findings);
    fields::fields(element, &mut findings);
    auth(element, "auth", &element.auth, &mut findings);
    for (index, variant) in element.variants.iter().enumerate() {
        fields::condition(
            element,
            &variant.when,
            element.fields.len(),
            &format!("variants.{index}.when"),
            &mut findings,
        );
        auth(element, &format!("variants.{index}.auth"), &variant.auth, &mut findings);
    }
    callback(element, &mut findings);
    for (at, template) in element.templates() {
        holes(element, &at, template, &mut findings);
    }
    answers(element, &mut findings);
    platform(element, &mut findings);
    if findings.0.is_empty() { Ok(()) } else { Err(findings.0) }
}

/// A key stands in paths of addresses, in folder names and on command lines.
fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

fn head(element: &Element, findings: &mut Findings) {
    const KEY: &str =
        "a key has only a-z, 0-9, - and _, begins with a letter or digit, and has at most 64 characters";
    findings.unless(is_key(&element.key), "key", KEY);
    findings.unless(element.provider.as_deref().is_none_or(is_key), "provider", KEY);
    findings.unless(element.path_key.as_deref().is_none_or(is_key), "path_key", KEY);
    findings.unless(element.from.as_deref().is_none_or(is_key), "from", KEY);
    let own = !element.generic || element.from.is_none();
    findings.unless(own, "from", "a generic element is not made by another");
    let told = !element.retired || element.note.is_some();
    findings.unless(told, "retired", "a retired element has a note that says what became of the product");
    for (at, text) in [("name", &element.name), ("category", &element.category), ("gives", &element.gives)] {
        // One line of the window.
        findings.unless(is_line(text, 80), at, "this is one line of 1 to 80 characters");
    }
    findings.unless(is_line(&element.initials, 2), "initials", "the initials are 1 or 2 characters");
    let listed = !element.access.is_empty() && element.access.iter().all(|line| is_line(line, 120));
    findings.unless(listed, "access", "the list has at least one line, each of 1 to 120 characters");
}

fn auth(element: &Element, at: &str, auth: &Auth, findings: &mut Findings) {
    if auth.needs_browser() {
        let needed = [(API_KEY, FieldKind::Text, None), (API_SECRET, FieldKind::Text, Some(true))];
        for (key, kind, secret) in needed.into_iter().chain([(CALLBACK_URL, FieldKind::Address, Some(false))])
        {
            let right =
                |field: &Field| field.kind == kind && secret.is_none_or(|secret| field.secret == secret);
            let what = format!("this kind needs the field {key}, as {kind:?} and with the right secrecy");
            findings.unless(element.field(key).is_some_and(right), at, what.to_lowercase());
        }
    }
    // Without it nobody could sign in: only a server at which the application registers itself needs none.
    let registers = matches!(auth, Auth::Oauth2(oauth2) if oauth2.registration_endpoint.is_some());
    let asked = element.field(API_KEY).is_none_or(|field| field.required);
    let what = format!("{API_KEY} may be left empty only where there is a registration_endpoint");
    findings.unless(!auth.needs_browser() || asked || registers, at, what);
    let at = format!("{at}.{}", auth.kind());
    let field_exists = |findings: &mut Findings, member: &str, key: &str| {
        findings.unless(
            element.field(key).is_some(),
            format!("{at}.{member}"),
            format!("there is no field {key}"),
        );
    };
    match auth {
        Auth::Oauth2(oauth2) => {
            grants(element, oauth2, &at, findings);
            let issuer = oauth2.issuer.is_some() || !oauth2.announces_issuer;
            findings.unless(issuer, format!("{at}.announces_issuer"), "there is no issuer to compare with");
            parameters(
                &oauth2.authorize_parameters,
                &AUTHORIZE_STANDARD,
                &format!("{at}.authorize_parameters"),
                findings,
            );
            parameters(
                &oauth2.token_parameters,
                &TOKEN_STANDARD,
                &format!("{at}.token_parameters"),
                findings,
            );
            own_query(
                oauth2.authorization_endpoint.as_ref(),
                &AUTHORIZE_STANDARD,
                &oauth2.authorize_parameters,
                &at,
                findings,
            );
            // RFC 6749 §3.3: a scope token has no space, quote or backslash.
            let scope = |s: &String| {
                !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b))
            };
            findings.unless(
                oauth2.scopes.iter().all(scope),
                format!("{at}.scopes"),
                "one entry for each scope",
            );
            findings.unless(
                !oauth2.scope_separator.is_empty(),
                format!("{at}.scope_separator"),
                "scopes need a separator",
            );
            if let Some(field) = &oauth2.scope_field {
                field_exists(findings, "scope_field", field);
            }
        }
        Auth::Oauth1(oauth1) => {
            for (member, endpoint) in [
                ("request_token_endpoint", &oauth1.request_token_endpoint),
                ("authorization_endpoint", &oauth1.authorization_endpoint),
                ("token_endpoint", &oauth1.token_endpoint),
            ] {
                findings.unless(endpoint.is_some(), &at, format!("{member} is needed"));
            }
            parameters(&oauth1.authorize_parameters, &[], &format!("{at}.authorize_parameters"), findings);
            own_query(
                oauth1.authorization_endpoint.as_ref(),
                &[],
                &oauth1.authorize_parameters,
                &at,
                findings,
            );
        }
        Auth::Basic(basic) => {
            field_exists(findings, "username_field", &basic.username_field);
            if let Some(field) = &basic.password_field {
                field_exists(findings, "password_field", field);
            }
        }
        Auth::ApiKey(key) => {
            field_exists(findings, "key_field", &key.key_field);
            let (ApiKeyPlace::Header(name) | ApiKeyPlace::Query(name)) = &key.place;
            findings.unless(
                is_parameter(name),
                format!("{at}.place"),
                "this is no name of a header or parameter",
            );
        }
        Auth::Custom(_) => {}
    }
}

/// Each way to a token needs its addresses, and the field that chooses one offers only those that there are.
fn grants(element: &Element, oauth2: &Oauth2, at: &str, findings: &mut Findings) {
    let given = &oauth2.grants;
    let has = |grant| given.contains(&grant) || (given.is_empty() && grant == Grant::default());
    for (member, endpoint, needed) in [
        ("authorization_endpoint", &oauth2.authorization_endpoint, has(Grant::AuthorizationCode)),
        ("token_endpoint", &oauth2.token_endpoint, true),
        ("device_authorization_endpoint", &oauth2.device_authorization_endpoint, has(Grant::DeviceCode)),
    ] {
        findings.unless(!needed || endpoint.is_some(), at, format!("{member} is needed"));
    }
    let twice = given.iter().enumerate().any(|(index, grant)| given[..index].contains(grant));
    findings.unless(!twice, format!("{at}.grants"), "a grant stands twice");
    if let Some(field) = element.field(GRANT) {
        let fits = field.kind == FieldKind::Select
            && field.options.iter().all(|option| Grant::parse(&option.value).is_some_and(has));
        let what = format!("the field {GRANT} is a select of grants that stand here");
        findings.unless(fits, format!("{at}.grants"), what);
    }
}

fn parameters(given: &BTreeMap<String, String>, standard: &[&str], at: &str, findings: &mut Findings) {
    for name in given.keys() {
        let free = is_parameter(name) && !is_standard(name, standard);
        findings.unless(
            free,
            at,
            format!("{name} is a parameter of the sign-in itself, or no parameter name"),
        );
    }
}

/// An endpoint may have a query of its own (RFC 6749 §3.1), which the flow adds to.
fn own_query(
    endpoint: Option<&Template>,
    standard: &[&str],
    added: &BTreeMap<String, String>,
    at: &str,
    findings: &mut Findings,
) {
    let own = endpoint.map(Template::query_names).unwrap_or_default();
    if let Some(name) = own.iter().find(|name| is_standard(name, standard) || added.contains_key(*name)) {
        findings.add(format!("{at}.authorization_endpoint"), format!("{name} would stand there twice"));
    }
}

/// `state` binds every answer; names in `oauth_` belong to RFC 5849 §3.1. Compared without case: there are servers
/// that do the same.
fn is_standard(name: &str, standard: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    name == "state" || name.starts_with("oauth_") || standard.contains(&name.as_str())
}

fn is_pointer(text: &str) -> bool {
    text.starts_with('/')
}

fn callback(element: &Element, findings: &mut Findings) {
    let rules = &element.callback;
    if !rules.echoes_state {
        let pkce = matches!(&element.auth, Auth::Oauth2(oauth2) if oauth2.pkce == Pkce::S256);
        let what = "without state an answer is bound only by PKCE, which must be on";
        findings.unless(pkce, "callback.echoes_state", what);
    }
    for key in rules.configuration.values() {
        let own = element.field(key).is_none();
        findings.unless(own, "callback.configuration", format!("{key} is already asked for by a field"));
    }
    let names = rules.names();
    for (name, example) in &rules.examples {
        let at = format!("callback.examples.{name}");
        let declared = names.contains(name.as_str());
        findings.unless(declared, &at, format!("no callback value {name} is declared: {DECLARE}"));
        findings.unless(is_line(example, 1000), &at, "an example is one line of 1 to 1000 characters");
    }
}

const DECLARE: &str = "name it in callback.provider_data or callback.configuration";

/// A callback value is known only after the sign-in, and its text is the provider's: it must not choose a host.
fn callback_hole(element: &Element, at: &str, (name, place): (&str, Place), findings: &mut Findings) {
    let declared = element.callback.names().contains(name);
    findings.unless(declared, at, format!("no callback value {name} is declared: {DECLARE}"));
    let after_sign_in = ["identity.endpoint", "api.address"].contains(&at);
    let what = format!("{CALLBACK_PREFIX}{name} may stand only in identity.endpoint and api.address");
    findings.unless(after_sign_in, at, what);
    let what = format!("{CALLBACK_PREFIX}{name} may fill only a path segment or a query value");
    findings.unless(matches!(place, Place::Path | Place::Query), at, what);
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
        // Addresses stand in logs and browser histories.
        findings.unless(!field.secret, at, format!("{hole} is secret and may not stand in an address"));
        let (fits, what) = match place {
            Place::Whole => {
                (field.kind == FieldKind::Address, "a hole that is the whole address needs the type address")
            }
            Place::Origin => (field.kind == FieldKind::Origin, "a hole at the start needs the type origin"),
            Place::Host => {
                (field.kind == FieldKind::Host, "a hole that is the whole host needs the type host")
            }
            Place::Label => (
                fits_label(field),
                "a hole in a host needs a select, or a pattern of letters, digits and hyphens only, such as [a-z0-9-]+",
            ),
            Place::Path | Place::Query => (true, ""),
        };
        findings.unless(fits, at, format!("{hole}: {what}"));
    }
}

fn fits_label(field: &Field) -> bool {
    match field.kind {
        FieldKind::Text => field.pattern.as_deref().is_some_and(is_label_pattern),
        FieldKind::Select => field.options.iter().all(|option| host::is_label(&option.value)),
        _ => false,
    }
}

fn answers(element: &Element, findings: &mut Findings) {
    if let Some(identity) = &element.identity {
        let mut all = identity.at.iter().chain(&identity.key);
        let pointers = !identity.at.is_empty() && all.all(|at| is_pointer(at));
        findings.unless(pointers, "identity.at", "at least one JSON pointer, each beginning with /");
    }
    if let Some(Api::TokenAnswer(from)) = &element.api {
        let what = "a host_suffix is a dot and a domain, such as .example.com";
        findings.unless(host::is_suffix(&from.host_suffix), "api.token_answer.host_suffix", what);
        let kept = match &element.auth {
            Auth::Oauth2(oauth2) => oauth2.answer.keep.contains(&from.member),
            _ => false,
        };
        let what = format!("{} must stand in auth.oauth2.answer.keep", from.member);
        findings.unless(kept, "api.token_answer.member", what);
    }
}

fn platform(element: &Element, findings: &mut Findings) {
    let Some(facts) = &element.platform else { return };
    findings.unless(is_line(&facts.hub, 40), "platform.hub", "this is one line of 1 to 40 characters");
    let told = is_line(&facts.description, 600);
    findings.unless(told, "platform.description", "this is one line of 1 to 600 characters");
    let page = |text: &String| address::parse(text).is_some_and(|url| url.scheme() == "https");
    let signup = facts.signup_url.as_ref().is_none_or(page);
    findings.unless(signup, "platform.signup_url", "this is a whole address that begins with https://");
    for key in facts.configuration.keys().chain(&facts.unused) {
        let own = is_parameter(key) && element.field(key).is_none();
        findings.unless(own, "platform", format!("{key} is asked for by a field, or no configuration key"));
    }
    for (key, made) in facts.derived() {
        let at = format!("platform.configuration.{key}");
        match made {
            Ok(made) => {
                let open = |hole: &str| element.field(hole).is_some_and(|field| !field.secret);
                for hole in made.holes().filter(|hole| !open(hole)) {
                    findings.add(&at, format!("there is no field {hole}, or it is secret"));
                }
            }
            Err(problem) => findings.add(at, problem.to_string()),
        }
    }
}
