//! Checks what each call to the product carries: headers, parameters and bodies.

use super::findings::{Findings, is_parameter};
use crate::element::{Auth, CallText, Element, FieldKind, Session, TOKEN_HOLE};

/// Headers that the connection itself sets, or that would change who is called.
const FORBIDDEN_HEADERS: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn check(element: &Element, findings: &mut Findings) {
    let mut check = Check { element, findings };
    if let Some(api) = &element.api {
        let sources = [api.address.is_some(), api.token_answer.is_some(), api.lookup.is_some()];
        let one = sources.into_iter().filter(|given| *given).count() <= 1;
        check.findings.require(one, "api", "only one of address, token_answer and lookup");
        for name in api.headers.keys() {
            check.findings.require(
                is_free_header(name),
                format!("api.headers.{name}"),
                "this is no name of a free header",
            );
        }
        // A line break in a value would begin another header.
        let of_lines = |text: &CallText| {
            text.holes().any(|hole| element.field(hole).is_some_and(|field| field.kind == FieldKind::Lines))
        };
        for (name, text) in &api.headers {
            let at = format!("api.headers.{name}");
            check.findings.require(
                !of_lines(text),
                at,
                "a field with several lines cannot stand in a header",
            );
        }
        for (name, _) in api.query.iter().chain(&api.form) {
            check.findings.require(is_name(name), "api", format!("{name} is no name of a parameter"));
        }
        let texts: Vec<_> = api.texts().map(|(at, text)| (at, text.clone())).collect();
        for (at, text) in texts {
            check.text(&at, &text, true);
        }
    }
    if let Some(identity) = &element.identity {
        let bodies = [identity.graphql.is_some(), !identity.json.is_empty(), !identity.form.is_empty()];
        let one = bodies.into_iter().filter(|given| *given).count() <= 1;
        check.findings.require(one, "identity", "only one of graphql, json and form");
        for (name, text) in identity.json.iter().chain(&identity.form) {
            check.text(&format!("identity.{name}"), text, true);
        }
    }
    match &element.auth {
        Auth::Basic(basic) => {
            for (member, text) in [("username", &basic.username), ("password", &basic.password)] {
                if let Some(text) = text {
                    check.text(&format!("auth.basic.{member}"), text, false);
                }
            }
        }
        Auth::Session(session) => check_session(session, &mut check),
        _ => {}
    }
}

fn check_session(session: &Session, check: &mut Check<'_>) {
    for (name, text) in session.json.iter().chain(&session.form) {
        check.text(&format!("auth.session.{name}"), text, false);
    }
    let one = session.token.is_some() != session.token_header.is_some();
    check.findings.require(one, "auth.session", "one of token and token_header is needed");
    let pointer = session.token.as_ref().is_none_or(|pointer| pointer.starts_with('/'));
    check.findings.require(pointer, "auth.session.token", "a JSON pointer begins with /");
    let one = session.json.is_empty() || session.form.is_empty();
    check.findings.require(one, "auth.session", "only one of json and form");
}

struct Check<'e> {
    element: &'e Element,
    findings: &'e mut Findings,
}

impl Check<'_> {
    /// Each hole names a field, or is the token where there is one.
    fn text(&mut self, at: &str, text: &CallText, has_token: bool) {
        for hole in text.holes() {
            let known = (has_token && hole == TOKEN_HOLE) || self.element.field(hole).is_some();
            self.findings.require(known, at, format!("there is no field {hole}"));
        }
    }
}

/// Whether a file may set a header of this name (RFC 9110 §5.1).
pub(super) fn is_free_header(name: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    (1..=64).contains(&name.len())
        && name.bytes().all(is_token)
        && !FORBIDDEN_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

fn is_name(name: &str) -> bool {
    is_parameter(&name.replace(['[', ']', '$'], "x"))
}
