//! A custom element for an OAuth 2 server.

use std::collections::BTreeSet;

use strum::VariantArray;
use url::Url;

use super::draft::{AUTHORIZATION, DEVICE, Draft, ISSUER, TOKEN, USERINFO, custom_element, key_for};
use super::fields::{SCOPE, client_fields, grant_field, scope_field};
use crate::element::{
    Auth, CallbackRules, Element, GRANT, Grant, Identity, Oauth2, Pkce, Revocation, RevocationStyle,
};
use crate::form::{FieldProblem, Problem};
use crate::oauth::metadata::Metadata;
use crate::oauth::pkce::CHALLENGE_METHOD;
use crate::oauth::token::ClientAuthentication;
use crate::template::Template;
use crate::text::plain_line;
use crate::values::Values;

/// The key of the generic element.
const OAUTH2: &str = "oauth2";

const REGISTRATION: &str = "registration_endpoint";
const REVOCATION: &str = "revocation_endpoint";
const AUTH_METHOD: &str = "token_endpoint_auth_method";
const PKCE: &str = "pkce";

/// OpenID Connect Core 1.0 §5.1, most recognizable first. `sub` is never reassigned within the issuer.
const IDENTITY_MEMBERS: [&str; 4] = ["/email", "/preferred_username", "/name", SUBJECT];
const SUBJECT: &str = "/sub";

/// OpenID Connect Core 1.0 §3.1.2.1 and §11.
const OPENID: &str = "openid";
const OFFLINE: &str = "offline_access";

/// An element for the server that the form names, or the fields that are wrong. What was entered takes precedence over
/// the server's metadata. The client is not part of the file: each sign-in asks for it.
pub fn custom_oauth2(values: &Values, metadata: Option<&Metadata>) -> Result<Element, Vec<FieldProblem>> {
    let mut draft = Draft::new(values);
    let published = |pick: fn(&Metadata) -> Option<&Url>| metadata.and_then(pick);
    let authorization = draft.endpoint(AUTHORIZATION, published(|m| m.authorization_endpoint.as_ref()));
    let token = draft.endpoint(TOKEN, published(|m| m.token_endpoint.as_ref()));
    let device = draft.endpoint(DEVICE, published(|m| m.device_authorization_endpoint.as_ref()));
    let registration = draft.endpoint(REGISTRATION, published(|m| m.registration_endpoint.as_ref()));
    let revocation = draft.endpoint(REVOCATION, published(|m| m.revocation_endpoint.as_ref()));
    let userinfo = draft.endpoint(USERINFO, published(|m| m.userinfo_endpoint.as_ref()));
    // As the server spells it: the entered text may differ by a trailing slash.
    let issuer = metadata.map(|m| m.issuer.as_str()).or(values.get(ISSUER));
    let issuer_template = draft.issuer(issuer);
    let authentication = client_authentication(values, metadata);
    if authentication.is_none() {
        draft.add(AUTH_METHOD, Problem::NotAnOption);
    }
    let pkce = pkce(values, metadata, authentication);
    if pkce.is_none() {
        draft.add(PKCE, Problem::NotAnOption);
    }
    let chosen = values.get(GRANT).and_then(Grant::parse).unwrap_or_default();
    draft.require_endpoints(chosen, issuer.is_some(), [&authorization, &token, &device]);
    let grants = grants(chosen, authorization.is_some(), device.is_some(), metadata);
    let scopes = scopes(values, metadata, chosen);

    let address = issuer.or(authorization.as_ref().or(token.as_ref()).map(Template::as_str));
    let address = address.unwrap_or_default().to_owned();
    let key = key_for(&address);
    let registers = registration.is_some();
    let mut fields = client_fields(&key, ["Client ID", "Client secret"], [!registers, false]);
    fields.push(scope_field(&scopes));
    fields.extend((grants != [Grant::AuthorizationCode]).then(|| grant_field(&grants)));
    let mut access: Vec<String> = scopes.iter().map(|scope| scope_in_words(scope)).collect();
    access.dedup();
    let auth = Auth::Oauth2(Box::new(Oauth2 {
        announces_issuer: issuer_template.is_some() && metadata.is_some_and(|m| m.iss_supported),
        issuer: issuer_template,
        authorization_endpoint: authorization,
        token_endpoint: token,
        device_authorization_endpoint: device,
        registration_endpoint: registration,
        grants,
        scopes,
        scope_field: Some(SCOPE.to_owned()),
        client_authentication: authentication.unwrap_or_default(),
        pkce: pkce.unwrap_or_default(),
        revocation: revocation.map(|endpoint| Revocation { endpoint, style: RevocationStyle::Rfc7009 }),
        ..Oauth2::default()
    }));
    let mut element = Element {
        // RFC 8252 §7.3: a server takes any port of a native application, as which Keyrack registers itself.
        callback: CallbackRules { any_loopback_port: registers, ..CallbackRules::default() },
        identity: userinfo.map(|endpoint| identity(endpoint, values)),
        fields,
        ..custom_element(OAUTH2, key, draft.name(&address), auth)
    };
    element.access.extend(access);
    draft.finish(ISSUER, element)
}

fn identity(endpoint: Template, values: &Values) -> Identity {
    Identity {
        // The published address refuses tokens without `openid` (OpenID Connect Core 1.0 §5.3).
        needs_scope: values.get(USERINFO).is_none().then(|| OPENID.to_owned()),
        ..Identity::new(endpoint, &IDENTITY_MEMBERS, Some(SUBJECT))
    }
}

/// The chosen grant, then the others that the server supports.
fn grants(chosen: Grant, has_browser: bool, has_device: bool, metadata: Option<&Metadata>) -> Vec<Grant> {
    let listed = metadata.and_then(|m| m.grant_types_supported.as_ref());
    let is_listed =
        |grant: Grant| listed.is_some_and(|list| list.iter().any(|kind| kind == grant.grant_type()));
    let is_possible = |grant: Grant| match grant {
        Grant::AuthorizationCode => has_browser,
        Grant::DeviceCode => has_device,
        Grant::ClientCredentials => is_listed(grant),
        // A generic form has no fields for a user's password.
        Grant::Password => false,
    };
    let others = Grant::VARIANTS.iter().copied().filter(|grant| *grant != chosen && is_possible(*grant));
    std::iter::once(chosen).chain(others).collect()
}

/// How the client authenticates; `None` if the server supports no method that Keyrack does.
fn client_authentication(values: &Values, metadata: Option<&Metadata>) -> Option<ClientAuthentication> {
    use ClientAuthentication::{Basic, Body, None as Public};
    match values.get(AUTH_METHOD) {
        Some("body") => return Some(Body),
        Some("basic") => return Some(Basic),
        Some("none") => return Some(Public),
        _ => {}
    }
    let listed = metadata.and_then(|m| m.token_endpoint_auth_methods_supported.as_ref());
    let is_supported = |method: ClientAuthentication| match listed {
        Some(list) => list.iter().any(|name| name == method.method_name()),
        // The default of RFC 8414 §2.
        None => method == Basic,
    };
    [Basic, Body, Public].into_iter().find(|method| is_supported(*method))
}

/// S256 unless the form or the metadata excludes it. `None` if the form excludes it for a client that authenticates with
/// no secret (RFC 9700 §2.1.1); the metadata cannot, since a server that does not know PKCE ignores it.
fn pkce(
    values: &Values,
    metadata: Option<&Metadata>,
    authentication: Option<ClientAuthentication>,
) -> Option<Pkce> {
    let is_off = values.get(PKCE) == Some("off");
    if authentication == Some(ClientAuthentication::None) {
        return (!is_off).then_some(Pkce::S256);
    }
    let methods = metadata.and_then(|m| m.code_challenge_methods_supported.as_ref());
    // A server that lists no methods may know PKCE, or ignore it (RFC 6749 §3.1).
    let supported = methods.is_none_or(|list| list.iter().any(|method| method == CHALLENGE_METHOD));
    Some(if supported && !is_off { Pkce::S256 } else { Pkce::Off })
}

fn scopes(values: &Values, metadata: Option<&Metadata>, grant: Grant) -> Vec<String> {
    if let Some(entered) = values.get(SCOPE) {
        let mut seen = BTreeSet::new();
        let scopes = entered.split(' ').filter(|scope| !scope.is_empty() && seen.insert(*scope));
        return scopes.map(str::to_owned).collect();
    }
    match metadata {
        // No user signs in for client credentials.
        Some(metadata) if metadata.openid && grant != Grant::ClientCredentials => {
            let offline = metadata.scopes_supported.iter().any(|scope| scope == OFFLINE);
            std::iter::once(OPENID).chain(offline.then_some(OFFLINE)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// A line for the list before signing in, by OpenID Connect Core 1.0 §5.4 and §11.
fn scope_in_words(scope: &str) -> String {
    match scope {
        OPENID => "Who is signed in".to_owned(),
        "profile" => "Name and picture".to_owned(),
        "email" => "Email address".to_owned(),
        "address" => "Postal address".to_owned(),
        "phone" => "Phone number".to_owned(),
        OFFLINE => "Staying connected until it is removed here".to_owned(),
        // Leaves room for the other words in a line of 120.
        other => format!("What the product calls {}", plain_line(other, 90)),
    }
}
