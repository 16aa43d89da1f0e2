//! Checks each kind of sign-in: its addresses, its parameters and the fields that it needs.

use super::findings::{Findings, is_parameter};
use super::{fields, parameters};
use crate::element::{
    API_KEY, API_SECRET, ApiKeyPlace, Auth, CALLBACK_URL, Element, Field, FieldKind, GRANT, Grant, Oauth1,
    Oauth2, Pkce,
};
use crate::oauth::token::ClientAuthentication;
use crate::oauth::{authorize, token};

pub(super) fn check(element: &Element, findings: &mut Findings) {
    check_auth(element, "auth", &element.auth, findings);
    for (index, variant) in element.variants.iter().enumerate() {
        let at = format!("variants.{index}");
        let (last, when) = (element.fields.len(), &variant.when);
        fields::check_condition(element, last, when, &format!("{at}.when"), findings);
        check_auth(element, &format!("{at}.auth"), &variant.auth, findings);
    }
}

fn check_auth(element: &Element, at: &str, auth: &Auth, findings: &mut Findings) {
    if auth.needs_browser() {
        client_fields(element, at, auth, findings);
    }
    let at = format!("{at}.{}", auth.kind());
    let mut require_field = |member: &str, key: &str| {
        let what = format!("there is no field {key}");
        findings.require(element.field(key).is_some(), format!("{at}.{member}"), what);
    };
    match auth {
        Auth::Oauth2(oauth2) => {
            if let Some(field) = &oauth2.scope_field {
                require_field("scope_field", field);
            }
            grants(element, oauth2, &at, findings);
            check_oauth2(oauth2, &at, findings);
            // Earlier versions wrote such files for some servers. S256 is used all the same.
            let is_bound = element.from.is_some()
                || oauth2.pkce == Pkce::S256
                || oauth2.client_authentication != ClientAuthentication::None;
            let what = "a client without a secret needs PKCE, which must be on";
            findings.require(is_bound, format!("{at}.pkce"), what);
        }
        Auth::Oauth1(oauth1) => check_oauth1(oauth1, &at, findings),
        Auth::Basic(basic) => {
            require_field("username_field", &basic.username_field);
            if let Some(field) = &basic.password_field {
                require_field("password_field", field);
            }
        }
        Auth::ApiKey(key) => {
            require_field("key_field", &key.key_field);
            let (ApiKeyPlace::Header(name) | ApiKeyPlace::Query(name)) = &key.place;
            let what = "this is no name of a header or parameter";
            findings.require(is_parameter(name), format!("{at}.place"), what);
        }
        Auth::Custom(_) => {}
    }
}

/// The fields of the client, which every sign-in with a browser needs.
fn client_fields(element: &Element, at: &str, auth: &Auth, findings: &mut Findings) {
    for (key, kind, secret) in [
        (API_KEY, FieldKind::Text, None),
        (API_SECRET, FieldKind::Text, Some(true)),
        (CALLBACK_URL, FieldKind::Address, Some(false)),
    ] {
        let fits = |field: &Field| field.kind == kind && secret.is_none_or(|secret| field.secret == secret);
        let secrecy = secret.map(|secret| format!(" and secret = {secret}")).unwrap_or_default();
        let what = format!(
            "this kind needs the field {key} with type = \"{}\"{secrecy}",
            format!("{kind:?}").to_lowercase()
        );
        findings.require(element.field(key).is_some_and(fits), at, what);
    }
    // Only a server at which the application registers itself takes a sign-in without a client ID.
    let registers = matches!(auth, Auth::Oauth2(oauth2) if oauth2.registration_endpoint.is_some());
    let required = element.field(API_KEY).is_none_or(|field| field.required);
    let what = format!("{API_KEY} may be left empty only where there is a registration_endpoint");
    findings.require(required || registers, at, what);
}

fn check_oauth2(oauth2: &Oauth2, at: &str, findings: &mut Findings) {
    let member = |name: &str| format!("{at}.{name}");
    let comparable = oauth2.issuer.is_some() || !oauth2.announces_issuer;
    findings.require(comparable, member("announces_issuer"), "there is no issuer to compare with");
    let (endpoint, extra) = (oauth2.authorization_endpoint.as_ref(), &oauth2.authorize_parameters);
    parameters::check_authorize(endpoint, extra, &authorize::RESERVED, at, findings);
    let at = member("token_parameters");
    parameters::check(&oauth2.token_parameters, &token::RESERVED, &at, findings);
    // RFC 6749 §3.3: a scope token has no space, quote or backslash.
    let is_scope =
        |s: &String| !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b));
    findings.require(oauth2.scopes.iter().all(is_scope), member("scopes"), "one entry for each scope");
    let separated = !oauth2.scope_separator.is_empty();
    findings.require(separated, member("scope_separator"), "scopes need a separator");
}

fn check_oauth1(oauth1: &Oauth1, at: &str, findings: &mut Findings) {
    for (member, endpoint) in [
        ("request_token_endpoint", &oauth1.request_token_endpoint),
        ("authorization_endpoint", &oauth1.authorization_endpoint),
        ("token_endpoint", &oauth1.token_endpoint),
    ] {
        findings.require(endpoint.is_some(), at, format!("{member} is needed"));
    }
    let (endpoint, extra) = (oauth1.authorization_endpoint.as_ref(), &oauth1.authorize_parameters);
    parameters::check_authorize(endpoint, extra, &[], at, findings);
}

/// Each grant needs its endpoints, and the field that chooses one offers only those of the file.
fn grants(element: &Element, oauth2: &Oauth2, at: &str, findings: &mut Findings) {
    let listed = &oauth2.grants;
    let has = |grant| listed.contains(&grant) || (listed.is_empty() && grant == Grant::default());
    for (member, endpoint, needed) in [
        ("authorization_endpoint", &oauth2.authorization_endpoint, has(Grant::AuthorizationCode)),
        ("token_endpoint", &oauth2.token_endpoint, true),
        ("device_authorization_endpoint", &oauth2.device_authorization_endpoint, has(Grant::DeviceCode)),
    ] {
        findings.require(!needed || endpoint.is_some(), at, format!("{member} is needed"));
    }
    let at = format!("{at}.grants");
    let repeated = listed.iter().enumerate().any(|(index, grant)| listed[..index].contains(grant));
    findings.require(!repeated, &at, "a grant stands twice");
    if let Some(field) = element.field(GRANT) {
        let fits = field.kind == FieldKind::Select
            && field.options.iter().all(|option| Grant::parse(&option.value).is_some_and(has));
        findings.require(fits, &at, format!("the field {GRANT} is a select of grants that stand here"));
    }
}
