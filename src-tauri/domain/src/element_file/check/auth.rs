//! Checks each kind of sign-in: its addresses, its parameters and the fields that it needs.

use super::calls::is_free_header;
use super::findings::{Findings, is_parameter};
use super::parameters;
use crate::element::{
    API_KEY, API_SECRET, ApiKeyPlace, Auth, Basic, CALLBACK_URL, CallText, Element, Field, FieldKind, GRANT,
    Grant, KEY_FIELD, Oauth1, Oauth2, PASSWORD, Pkce,
};
use crate::oauth::token::ClientAuthentication;
use crate::oauth::{authorize, token};

pub(super) fn check(element: &Element, findings: &mut Findings) {
    let auth = &element.auth;
    check_secrecy(element, findings);
    if auth.needs_browser() {
        client_fields(element, auth, findings);
    }
    let at = format!("auth.{}", auth.kind());
    let mut require_field = |member: &str, key: Option<&String>| {
        if let Some(key) = key {
            let what = format!("there is no field {key}");
            findings.require(element.field(key).is_some(), format!("{at}.{member}"), what);
        }
    };
    match auth {
        Auth::Oauth2(oauth2) => {
            require_field("scope_field", oauth2.scope_field.as_ref());
            require_field("username_field", oauth2.username_field.as_ref());
            require_field("password_field", oauth2.password_field.as_ref());
            require_field("client_id_field", Some(&oauth2.client_id_field).filter(|key| *key != API_KEY));
            let secret_field = Some(&oauth2.client_secret_field).filter(|key| *key != API_SECRET);
            require_field("client_secret_field", secret_field);
            grants(element, oauth2, &at, findings);
            check_oauth2(element, oauth2, &at, findings);
            // Earlier versions wrote such files for some servers. S256 is used all the same.
            let is_bound = element.from.is_some()
                || oauth2.pkce != Pkce::Off
                || oauth2.client_authentication != ClientAuthentication::None;
            let what = "a client without a secret needs PKCE, which must be on";
            findings.require(is_bound, format!("{at}.pkce"), what);
        }
        Auth::Oauth1(oauth1) => {
            require_field("token_field", oauth1.token_field.as_ref());
            require_field("token_secret_field", oauth1.token_secret_field.as_ref());
            require_field("realm_field", oauth1.realm_field.as_ref());
            check_oauth1(element, oauth1, &at, findings);
        }
        Auth::Basic(basic) => {
            require_field("username_field", basic.username_field.as_ref());
            require_field("password_field", basic.password_field.as_ref());
        }
        Auth::ApiKey(key) => {
            require_field("key_field", key.key_field.as_ref());
            let free = match &key.place {
                Some(ApiKeyPlace::Header(name)) => is_free_header(name),
                Some(ApiKeyPlace::Query(name)) => is_parameter(name),
                None => true,
            };
            findings.require(free, format!("{at}.place"), "this is no name of a header or parameter");
            let one_line = element.field(key.key_field.as_deref().unwrap_or(KEY_FIELD));
            let one_line = one_line.is_none_or(|field| field.kind != FieldKind::Lines);
            findings.require(one_line, format!("{at}.key_field"), "a key is one line");
        }
        Auth::Session(_) => {}
        Auth::Custom(_) => {
            let unused = element.historical || element.identity.is_none();
            findings.require(unused, &at, "a kind that only a platform implements makes no calls here");
        }
    }
}

/// A credential in a field that is not secret would be shown, logged and kept in the index.
fn check_secrecy(element: &Element, findings: &mut Findings) {
    let is_open = |key: &str| element.field(key).is_some_and(|field| !field.secret);
    let keys = credential_keys(&element.auth);
    let open = match &element.auth {
        // A text may join names and secrets; one of them is the secret.
        Auth::Basic(_) => keys.last().filter(|_| keys.iter().all(|key| is_open(key))),
        _ => keys.iter().find(|key| is_open(key)),
    };
    let index = open.and_then(|key| element.fields.iter().position(|field| field.key == *key));
    if let Some(index) = index {
        let what = format!("the field {} holds a secret: write secret = true", element.fields[index].key);
        findings.add(format!("fields.{index}"), what);
    }
}

/// The keys of the fields that hold the credentials.
fn credential_keys(auth: &Auth) -> Vec<&str> {
    match auth {
        Auth::Oauth2(oauth2) => {
            let password = oauth2.password_field.as_deref();
            password.into_iter().chain([oauth2.client_secret_field.as_str()]).collect()
        }
        Auth::Oauth1(oauth1) => [&oauth1.token_field, &oauth1.token_secret_field]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect(),
        Auth::ApiKey(key) => vec![key.key_field.as_deref().unwrap_or(KEY_FIELD)],
        Auth::Basic(Basic { username, password, username_field, password_field }) => {
            let holes = [username, password].into_iter().flatten().flat_map(CallText::holes);
            // A user name alone is the secret.
            let usual = username_field.is_none().then_some(PASSWORD);
            let password_key = password_field.as_deref().or(usual).filter(|_| password.is_none());
            let alone = username.is_none() && password_key.is_none();
            let user_key = username_field.as_deref().filter(|_| alone);
            holes.chain(user_key).chain(password_key).collect()
        }
        Auth::Session(_) => vec![PASSWORD],
        Auth::Custom(_) => Vec::new(),
    }
}

/// The fields of the client, which every sign-in with a browser needs.
fn client_fields(element: &Element, auth: &Auth, findings: &mut Findings) {
    let at = "auth";
    let (has_secret, calls_back) = match auth {
        Auth::Oauth2(oauth2) => (
            oauth2.client_authentication != ClientAuthentication::None,
            oauth2.grants.is_empty() || oauth2.grants.contains(&Grant::AuthorizationCode),
        ),
        _ => (true, true),
    };
    let needed = [
        Some((API_KEY, FieldKind::Text, None)).filter(|_| calls_back),
        Some((API_SECRET, FieldKind::Text, Some(true))).filter(|_| calls_back && has_secret),
        Some((CALLBACK_URL, FieldKind::Address, Some(false))).filter(|_| calls_back),
    ];
    for (key, kind, secret) in needed.into_iter().flatten() {
        let fits = |field: &Field| field.kind == kind && secret.is_none_or(|secret| field.secret == secret);
        let secrecy = secret.map(|secret| format!(" and secret = {secret}")).unwrap_or_default();
        let what = format!(
            "this kind needs the field {key} with type = \"{}\"{secrecy}",
            format!("{kind:?}").to_lowercase()
        );
        findings.require(element.field(key).is_some_and(fits), at, what);
    }
    // Only a server at which the application registers itself takes a sign-in without a client ID.
    let registers = matches!(auth, Auth::Oauth2(oauth2)
        if oauth2.registration_endpoint.is_some() || oauth2.client_id.is_some());
    let required = element.field(API_KEY).is_none_or(|field| field.required);
    let what = format!("{API_KEY} may be left empty only with a registration_endpoint or a client_id");
    findings.require(required || registers, at, what);
}

/// Standard parameters that some providers call otherwise.
const RENAMED: [&str; 8] = [
    "client_id",
    "client_secret",
    "code",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "response_type",
    "scope",
];

fn check_oauth2(element: &Element, oauth2: &Oauth2, at: &str, findings: &mut Findings) {
    let member = |name: &str| format!("{at}.{name}");
    let comparable = oauth2.issuer.is_some() || !oauth2.announces_issuer;
    findings.require(comparable, member("announces_issuer"), "there is no issuer to compare with");
    let (endpoint, extra) = (oauth2.authorization_endpoint.as_ref(), &oauth2.authorize_parameters);
    parameters::check_authorize(element, endpoint, extra, &authorize::RESERVED, at, findings);
    let at = member("token_parameters");
    parameters::check(element, &oauth2.token_parameters, &token::RESERVED, &at, findings);
    for (standard, name) in &oauth2.parameter_names {
        let known = RENAMED.contains(&standard.as_str()) && is_parameter(name);
        let what = format!("{standard} is no parameter that can have another name");
        findings.require(known, member("parameter_names"), what);
        let is_taken = |other: &str| oauth2.parameter_names.get(other).map_or(other, String::as_str) == name;
        let others = RENAMED.iter().filter(|other| *other != standard);
        let what = format!("{name} is the name of another parameter too");
        findings.require(!others.copied().any(is_taken), member("parameter_names"), what);
    }
    let pointers = oauth2.answer.names.iter().map(|(name, pointer)| (name.as_str(), pointer));
    let known = ["access_token", "refresh_token", "expires_in", "scope", "token_type"];
    for (name, pointer) in pointers {
        let fits = known.contains(&name) && pointer.starts_with('/');
        findings.require(fits, member("answer.names"), format!("{name}: a JSON pointer begins with /"));
    }
    let at = oauth2.answer.at.as_ref().is_none_or(|pointer| pointer.starts_with('/'));
    findings.require(at, member("answer.at"), "a JSON pointer begins with /");
    // RFC 6749 §3.3: a scope token has no space, quote or backslash.
    let is_scope =
        |s: &String| !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b));
    findings.require(oauth2.scopes.iter().all(is_scope), member("scopes"), "one entry for each scope");
    let is_usual = oauth2.client_id_field == API_KEY && oauth2.client_secret_field == API_SECRET;
    let what = "a client that registers itself is kept in the usual fields";
    findings.require(
        oauth2.registration_endpoint.is_none() || is_usual,
        member("registration_endpoint"),
        what,
    );
    let separated = !oauth2.scope_separator.is_empty();
    findings.require(separated, member("scope_separator"), "scopes need a separator");
}

fn check_oauth1(element: &Element, oauth1: &Oauth1, at: &str, findings: &mut Findings) {
    if oauth1.token_field.is_some() {
        let both = oauth1.token_secret_field.is_some();
        findings.require(both, at, "token_secret_field is needed");
        return;
    }
    if element.historical {
        return;
    }
    for (member, endpoint) in [
        ("request_token_endpoint", &oauth1.request_token_endpoint),
        ("authorization_endpoint", &oauth1.authorization_endpoint),
        ("token_endpoint", &oauth1.token_endpoint),
    ] {
        findings.require(endpoint.is_some(), at, format!("{member} is needed"));
    }
    let (endpoint, extra) = (oauth1.authorization_endpoint.as_ref(), &oauth1.authorize_parameters);
    parameters::check_authorize(element, endpoint, extra, &[], at, findings);
}

/// Each grant needs its endpoints unless the element is historical, and the field that chooses one offers only those of the file.
fn grants(element: &Element, oauth2: &Oauth2, at: &str, findings: &mut Findings) {
    let listed = &oauth2.grants;
    let has = |grant| listed.contains(&grant) || (listed.is_empty() && grant == Grant::default());
    for (member, endpoint, needed) in [
        ("authorization_endpoint", &oauth2.authorization_endpoint, has(Grant::AuthorizationCode)),
        ("token_endpoint", &oauth2.token_endpoint, true),
        ("device_authorization_endpoint", &oauth2.device_authorization_endpoint, has(Grant::DeviceCode)),
    ] {
        let known = !needed || endpoint.is_some() || element.historical;
        findings.require(known, at, format!("{member} is needed"));
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
