//! An element of the person's own, made from the form of a generic one: pure, from values to a file.
//!
//! Asking the server for its metadata is the platform's, keeping the file is the catalogue's. The file is written out
//! in full, so that it stays what it was when the server's metadata changes, and so that a person can read and edit it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use strum::VariantArray;
use url::Url;

use crate::address::host_and_port;
use crate::element::{
    API_KEY, API_SECRET, Auth, CALLBACK_URL, CallbackRules, Element, Field, FieldKind, FieldOption, GRANT,
    Grant, Identity, Oauth1, Oauth2, Pkce, Revocation, RevocationStyle, TokenAnswer,
};
use crate::form::{FieldProblem, Problem, Values};
use crate::oauth::metadata::Metadata;
use crate::oauth::oauth1::SignatureMethod;
use crate::oauth::pkce::CHALLENGE_METHOD;
use crate::oauth::token::{BodyFormat, ClientAuthentication};
use crate::template::Template;
use crate::text::plain_line;
use crate::view::initials_of;

/// The keys of the two generic elements.
const OAUTH2: &str = "oauth2";
const OAUTH1: &str = "oauth1";

/// Keys of the generic forms that nothing else has.
const PROVIDER_NAME: &str = "provider.name";
const ISSUER: &str = "issuer";
const AUTHORIZATION: &str = "authorization_endpoint";
const TOKEN: &str = "token_endpoint";
const REQUEST_TOKEN: &str = "request_token_endpoint";
const DEVICE: &str = "device_authorization_endpoint";
const REGISTRATION: &str = "registration_endpoint";
const REVOCATION: &str = "revocation_endpoint";
const USERINFO: &str = "userinfo_endpoint";
const SCOPE: &str = "scope";
const AUTH_METHOD: &str = "token_endpoint_auth_method";
const PKCE: &str = "pkce";
const SIGNATURE: &str = "signature_method";

/// A key is also a folder's name and a part of an address: long enough to be recognized.
const LONGEST_KEY: usize = 60;

/// As the form allows.
const LONGEST_NAME: usize = 60;

/// OpenID Connect Core 1.0 §5.1, from what a person recognizes to what only the server knows.
const WHO_OPENID: [&str; 4] = ["/email", "/preferred_username", "/name", "/sub"];

/// OpenID Connect Core 1.0 §5.1: never reassigned within the issuer.
const SUBJECT: &str = "/sub";

/// What products of that time call it.
const WHO_OAUTH1: [&str; 5] = ["/email", "/screen_name", "/username", "/name", "/id"];

/// OpenID Connect Core 1.0 §3.1.2.1 and §11.
const OPENID: &str = "openid";
const OFFLINE: &str = "offline_access";

/// An element for the server that the form names. What the person typed wins over what the server published.
///
/// # Errors
/// The fields that are missing or do not fit together. Whether the client is known, and whether it needs a secret, is
/// asked when somebody signs in: the file is about the server alone.
pub fn custom_oauth2(values: &Values, metadata: Option<&Metadata>) -> Result<Element, Vec<FieldProblem>> {
    let mut form = Form { values, problems: Vec::new() };
    let published = |pick: fn(&Metadata) -> Option<&Url>| metadata.and_then(pick);
    let authorization = form.endpoint(AUTHORIZATION, published(|m| m.authorization_endpoint.as_ref()));
    let token = form.endpoint(TOKEN, published(|m| m.token_endpoint.as_ref()));
    let device = form.endpoint(DEVICE, published(|m| m.device_authorization_endpoint.as_ref()));
    let registration = form.endpoint(REGISTRATION, published(|m| m.registration_endpoint.as_ref()));
    let revocation = form.endpoint(REVOCATION, published(|m| m.revocation_endpoint.as_ref()));
    let userinfo = form.endpoint(USERINFO, published(|m| m.userinfo_endpoint.as_ref()));
    // As the server spells it, which may differ from what was typed by a slash that makes no other address.
    let issuer = metadata.map(|m| m.issuer.as_str()).or(values.get(ISSUER));
    let issuer_template = form.issuer(issuer);

    let registers = registration.is_some();
    let authentication = match way_in(values, metadata) {
        Some(way) => way,
        None => {
            form.add(AUTH_METHOD, Problem::NotAnOption);
            ClientAuthentication::None
        }
    };
    let pkce = proof(values, metadata);

    let chosen = values.get(GRANT).and_then(Grant::parse).unwrap_or_default();
    form.need_endpoints(chosen, issuer.is_some(), [&authorization, &token, &device]);
    let announced = |grant: Grant| {
        let listed = metadata.and_then(|m| m.grant_types_supported.as_ref());
        listed.is_some_and(|list| list.iter().any(|kind| kind == grant.grant_type()))
    };
    let possible = Grant::VARIANTS.iter().copied().filter(|grant| match grant {
        Grant::AuthorizationCode => authorization.is_some(),
        Grant::DeviceCode => device.is_some(),
        Grant::ClientCredentials => announced(*grant),
    });
    let mut grants = vec![chosen];
    grants.extend(possible.filter(|grant| *grant != chosen));

    let scopes = scopes(values, metadata, chosen);
    // Without `openid` the published address refuses the token (OpenID Connect Core 1.0 §5.3); one that was typed is
    // the person's word.
    let needs_scope = values.get(USERINFO).is_none().then(|| OPENID.to_owned());
    let base = issuer.or(authorization.as_ref().or(token.as_ref()).map(Template::as_str)).unwrap_or_default();
    let key = slug(base);
    let name = form.name(base);
    let mut access = vec!["What the product lists when signing in".to_owned()];
    access.extend(scopes.iter().map(|scope| in_words(scope)));
    access.dedup();
    let mut fields = client_fields(&key, "Client ID", "Client secret", !registers, false);
    fields.push(scope_field(&scopes));
    // The form says how it signs in wherever that is not the usual way.
    fields.extend((grants != [Grant::AuthorizationCode]).then(|| grant_field(&grants)));
    let auth = Auth::Oauth2(Box::new(Oauth2 {
        announces_issuer: issuer_template.is_some() && metadata.is_some_and(|m| m.iss_supported),
        issuer: issuer_template,
        authorization_endpoint: authorization,
        token_endpoint: token,
        refresh_endpoint: None,
        device_authorization_endpoint: device,
        registration_endpoint: registration,
        grants,
        scopes,
        scope_field: Some(SCOPE.to_owned()),
        scope_separator: " ".to_owned(),
        client_authentication: authentication,
        pkce,
        body_format: BodyFormat::default(),
        authorize_parameters: BTreeMap::new(),
        token_parameters: BTreeMap::new(),
        answer: TokenAnswer::default(),
        default_life: None,
        revocation: revocation.map(|endpoint| Revocation { endpoint, style: RevocationStyle::Rfc7009 }),
    }));
    let identity = userinfo.map(|endpoint| Identity {
        endpoint,
        at: owned(&WHO_OPENID),
        key: Some(SUBJECT.to_owned()),
        needs_scope: needs_scope.clone(),
    });
    // RFC 8252 §7.3: a server takes any port of a native application that registered itself as one.
    let callback = CallbackRules { any_loopback_port: registers, ..CallbackRules::default() };
    form.done(ISSUER, Parts { from: OAUTH2, key, name, access, auth, callback, identity, fields })
}

/// An element for the OAuth 1.0a server that the form names by its three addresses.
///
/// # Errors
/// The fields that are missing or cannot be used.
pub fn custom_oauth1(values: &Values) -> Result<Element, Vec<FieldProblem>> {
    let mut form = Form { values, problems: Vec::new() };
    let mut needed = |key: &'static str| {
        if values.get(key).is_none() {
            form.add(key, Problem::Required);
        }
        form.endpoint(key, None)
    };
    let request_token_endpoint = needed(REQUEST_TOKEN);
    let authorization_endpoint = needed(AUTHORIZATION);
    let token_endpoint = needed(TOKEN);
    let userinfo = form.endpoint(USERINFO, None);
    let method = values.get(SIGNATURE).and_then(|name| name.parse::<SignatureMethod>().ok());
    let base = authorization_endpoint.as_ref().map(Template::as_str).unwrap_or_default().to_owned();
    let key = slug(&base);
    let name = form.name(&base);
    let access = vec!["What the product lists when signing in".to_owned()];
    let auth = Auth::Oauth1(Box::new(Oauth1 {
        request_token_endpoint,
        authorization_endpoint,
        token_endpoint,
        signature_method: method.unwrap_or_default(),
        authorize_parameters: BTreeMap::new(),
    }));
    let identity =
        userinfo.map(|endpoint| Identity { endpoint, at: owned(&WHO_OAUTH1), key: None, needs_scope: None });
    let fields = client_fields(&key, "Consumer key", "Consumer secret", true, true);
    let callback = CallbackRules::default();
    form.done(AUTHORIZATION, Parts { from: OAUTH1, key, name, access, auth, callback, identity, fields })
}

/// The element as a file with comments; [`Element::parse`] reads it back the same.
pub fn to_toml(element: &Element) -> String {
    let plain = toml::to_string(element).expect("an element is TOML");
    let mut text = String::from(
        "# Written by Keyrack when this product was connected. It may be edited; `keyrack elements check FILE` says what\n\
         # is wrong. Connections stay with the hosts they were made with: naming others here needs a new sign-in.\n",
    );
    for line in plain.lines() {
        let comment = match line {
            "[auth.oauth2]" | "[auth.oauth1]" => "How the product lets this application in.",
            "[auth.oauth2.revocation]" => "Where access is given back when the connection is removed.",
            "[auth.oauth2.authorize_parameters]" => "Added to the address that the browser opens.",
            "[identity]" => "The call that tells who signed in; it is also the test of the connection.",
            "[callback]" => "How the browser comes back.",
            "[[fields]]" => "What is asked for before signing in.",
            _ => "",
        };
        let seen = line == "[[fields]]" && text.contains("[[fields]]");
        if !comment.is_empty() && !seen {
            text.push_str(&format!("# {comment}\n"));
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The form, and what is wrong with it.
struct Form<'v> {
    values: &'v Values,
    problems: Vec<FieldProblem>,
}

/// What differs between the two kinds.
struct Parts {
    from: &'static str,
    key: String,
    name: String,
    access: Vec<String>,
    auth: Auth,
    callback: CallbackRules,
    identity: Option<Identity>,
    fields: Vec<Field>,
}

impl Form<'_> {
    fn add(&mut self, key: &str, problem: Problem) {
        self.problems.push(FieldProblem { key: key.to_owned(), problem });
    }

    /// The address that was typed, else the one that was published.
    fn endpoint(&mut self, key: &str, published: Option<&Url>) -> Option<Template> {
        let typed = self.values.get(key).map(Url::parse);
        let (at, url) = match (typed, published) {
            (Some(Ok(url)), _) => (key, url),
            (Some(Err(_)), _) => {
                self.add(key, Problem::Malformed);
                return None;
            }
            (None, Some(url)) => (ISSUER, url.clone()),
            (None, None) => return None,
        };
        // The one character of an address that a template has no place for.
        let template = url.as_str().replace('@', "%40").parse::<Template>().ok();
        if template.is_none() {
            self.add(at, Problem::Malformed);
        }
        template
    }

    /// The issuer is compared as text, so it is taken as it stands or not at all. RFC 8414 §2: it has no query.
    fn issuer(&mut self, issuer: Option<&str>) -> Option<Template> {
        let issuer = issuer?;
        let template = issuer.parse::<Template>().ok().filter(|_| !issuer.contains('?'));
        if template.is_none() {
            self.add(ISSUER, Problem::Malformed);
        }
        template
    }

    /// Which addresses are missing. Somebody who entered none at all is asked for the one that brings the others.
    fn need_endpoints(&mut self, grant: Grant, has_issuer: bool, known: [&Option<Template>; 3]) {
        let [authorization, token, device] = known;
        let typed = [AUTHORIZATION, TOKEN, DEVICE].iter().any(|key| self.values.get(key).is_some());
        if !has_issuer && !typed {
            self.add(ISSUER, Problem::Required);
            return;
        }
        let first = match grant {
            Grant::AuthorizationCode => Some((AUTHORIZATION, authorization)),
            Grant::DeviceCode => Some((DEVICE, device)),
            Grant::ClientCredentials => None,
        };
        for (key, template) in first.into_iter().chain([(TOKEN, token)]) {
            let refused = self.problems.iter().any(|problem| problem.key == key);
            if template.is_none() && !refused {
                self.add(key, Problem::Required);
            }
        }
    }

    /// What the product is called: as the person says, else by its host.
    fn name(&self, base: &str) -> String {
        let typed = self.values.get(PROVIDER_NAME).map(|name| plain_line(name, LONGEST_NAME));
        let host = || {
            let url = Url::parse(base).ok()?;
            Some(plain_line(&host_and_port(&url), LONGEST_NAME))
        };
        typed
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .or_else(host)
            .unwrap_or_default()
    }

    /// The element, if nothing is wrong. What the check of all element files finds is a fault of the address that
    /// everything else follows from.
    fn done(mut self, blamed: &str, parts: Parts) -> Result<Element, Vec<FieldProblem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let Parts { from, key, name, access, auth, callback, identity, fields } = parts;
        let element = Element {
            initials: initials_of(&name).chars().take(2).collect(),
            category: "Other".to_owned(),
            gives: format!("What {name} offers"),
            access,
            note: None,
            retired: false,
            generic: false,
            from: Some(from.to_owned()),
            // One callback path for each authorization server (RFC 8252 §8.10).
            provider: Some(key.clone()),
            path_key: None,
            access_page: None,
            auth,
            variants: Vec::new(),
            callback,
            identity,
            api: None,
            platform: None,
            fields,
            key,
            name,
        };
        match element.check() {
            Ok(()) => Ok(element),
            Err(_) => {
                self.add(blamed, Problem::Malformed);
                Err(self.problems)
            }
        }
    }
}

/// How the client shows who it is; none if the server takes no way that is spoken here.
/// A client without a secret shows none, whatever stands here.
fn way_in(values: &Values, metadata: Option<&Metadata>) -> Option<ClientAuthentication> {
    use ClientAuthentication::{Basic, Body, None as Public};
    match values.get(AUTH_METHOD) {
        Some("body") => return Some(Body),
        Some("basic") => return Some(Basic),
        Some("none") => return Some(Public),
        _ => {}
    }
    let announced = metadata.and_then(|m| m.token_endpoint_auth_methods_supported.as_ref());
    let takes = |way: ClientAuthentication| match announced {
        Some(list) => list.iter().any(|name| name == way.method_name()),
        // RFC 8414 §2: what holds if the list is left out.
        None => way == Basic,
    };
    [Basic, Body, Public].into_iter().find(|way| takes(*way))
}

/// Whether the code is bound to the sign-in. Where it is not, a client without a secret is refused when it signs in
/// (RFC 9700 §2.1.1), and `plain` would be no protection.
fn proof(values: &Values, metadata: Option<&Metadata>) -> Pkce {
    let methods = metadata.and_then(|m| m.code_challenge_methods_supported.as_ref());
    // A server that does not say may know PKCE or ignore it (RFC 6749 §3.1).
    let able = methods.is_none_or(|list| list.iter().any(|method| method == CHALLENGE_METHOD));
    if able && values.get(PKCE) != Some("off") { Pkce::S256 } else { Pkce::Off }
}

fn scopes(values: &Values, metadata: Option<&Metadata>, grant: Grant) -> Vec<String> {
    if let Some(typed) = values.get(SCOPE) {
        let mut scopes: Vec<String> = Vec::new();
        for scope in typed.split(' ').filter(|scope| !scope.is_empty()) {
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        return scopes;
    }
    match metadata {
        // Nobody signs in for client credentials.
        Some(metadata) if metadata.openid && grant != Grant::ClientCredentials => {
            let offline = metadata.scopes_supported.iter().any(|scope| scope == OFFLINE);
            std::iter::once(OPENID).chain(offline.then_some(OFFLINE)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// A line for the list before signing in. OpenID Connect Core 1.0 §5.4 and §11 say what the first ones mean.
fn in_words(scope: &str) -> String {
    match scope {
        OPENID => "Who is signed in".to_owned(),
        "profile" => "Name and picture".to_owned(),
        "email" => "Email address".to_owned(),
        "address" => "Postal address".to_owned(),
        "phone" => "Phone number".to_owned(),
        OFFLINE => "Staying connected until it is removed here".to_owned(),
        // Room for the words around it in a line of 120.
        other => format!("What the product calls {}", plain_line(other, 90)),
    }
}

/// The key of an element for the server at this address: its host, its port if that is unusual, and its path.
fn slug(address: &str) -> String {
    let Ok(url) = Url::parse(address) else { return String::new() };
    let text = format!("{}/{}", host_and_port(&url), url.path()).to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let slug = words.join("-");
    if slug.len() > LONGEST_KEY {
        let digest = Sha256::digest(address.as_bytes());
        let tail = hex::encode(&digest[..4]);
        return format!("{}-{tail}", slug[..LONGEST_KEY - 1 - tail.len()].trim_end_matches('-'));
    }
    // A product's key is one word: a host of one word must not replace it.
    if words.len() == 1 { format!("{slug}-server") } else { slug }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The client at the server, and where the browser comes back to.
fn client_fields(key: &str, id: &str, secret: &str, id_required: bool, secret_required: bool) -> Vec<Field> {
    let copied = "Copy the whole value again, without spaces.";
    vec![
        Field {
            help: if id_required {
                "Given by the product when this app is registered there.".to_owned()
            } else {
                "May stay empty: the app registers itself.".to_owned()
            },
            problem: copied.to_owned(),
            pattern: Some(r"\S+".to_owned()),
            required: id_required,
            ..field(API_KEY, id, "practice-key")
        },
        Field {
            help: if secret_required {
                "Given together with the key.".to_owned()
            } else {
                "Given together with the client ID. Some products give none.".to_owned()
            },
            problem: copied.to_owned(),
            pattern: Some(r"\S+".to_owned()),
            required: secret_required,
            secret: true,
            ..field(API_SECRET, secret, "practice-secret")
        },
        Field {
            help: "Register this address with the product, letter for letter.".to_owned(),
            problem: "Enter a whole address that begins with https://, or with http://localhost.".to_owned(),
            kind: FieldKind::Address,
            advanced: true,
            ..field(CALLBACK_URL, "Callback URL", &format!("http://localhost:14747/callback/{key}"))
        },
    ]
}

/// What is asked for. It stays with the connection: the same server may be asked for something else next time.
fn scope_field(scopes: &[String]) -> Field {
    Field {
        help: "The product's own words for what is asked for, with spaces between them.".to_owned(),
        problem: "Enter words with spaces between them.".to_owned(),
        default: (!scopes.is_empty()).then(|| scopes.join(" ")),
        required: false,
        advanced: true,
        query: vec![SCOPE.to_owned()],
        ..field(SCOPE, "Access", "openid email")
    }
}

/// The choice between the ways to a token, the chosen one first.
fn grant_field(grants: &[Grant]) -> Field {
    let label = |grant: Grant| match grant {
        Grant::AuthorizationCode => "The browser",
        Grant::DeviceCode => "A code on another device",
        Grant::ClientCredentials => "The application itself",
    };
    let option =
        |grant: &Grant| FieldOption { value: grant.as_str().to_owned(), label: label(*grant).to_owned() };
    let chosen = grants.first().copied().unwrap_or_default().as_str();
    Field {
        help: "A code helps where the browser cannot come back to this computer.".to_owned(),
        problem: "Choose one of the ways.".to_owned(),
        kind: FieldKind::Select,
        options: grants.iter().map(option).collect(),
        default: Some(chosen.to_owned()),
        advanced: true,
        ..field(GRANT, "Sign in with", chosen)
    }
}

fn field(key: &str, label: &str, example: &str) -> Field {
    Field { label: label.to_owned(), example: example.to_owned(), ..Field::new(key) }
}
