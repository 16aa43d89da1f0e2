//! From the form of a generic element to a custom element.

use std::collections::BTreeMap;

use super::*;
use crate::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, FieldKind, Grant, Oauth2, Pkce};
use crate::element_file::{custom_oauth1, custom_oauth2, to_toml};
use crate::form::{self, FieldProblem, Problem, Values};
use crate::http::HttpResponse;
use crate::oauth::metadata::{Metadata, read_metadata};
use crate::oauth::oauth1::SignatureMethod;
use crate::oauth::token::ClientAuthentication;
use crate::sensitive::Sensitive;

const OAUTH2: &str = include_str!("../../../../elements/oauth2/element.toml");
const OAUTH1: &str = include_str!("../../../../elements/oauth1/element.toml");

const ISSUER: &str = "https://id.example.com/tenant";
/// What most forms hold, with `typed` laid over it: an issuer, a key and a secret.
const USUAL: [(&str, &str); 3] = [("issuer", ISSUER), (API_KEY, "c1"), (API_SECRET, "s1")];
const BY_HAND: [(&str, &str); 4] = [
    ("authorization_endpoint", "https://login.example.com/auth"),
    ("token_endpoint", "https://api.example.com/token"),
    (API_KEY, "c1"),
    (API_SECRET, "s1"),
];

/// A form as a person fills it in. An empty text leaves a field empty.
fn filled(text: &str, base: &[(&str, &str)], typed: &[(&str, &str)]) -> Values {
    let generic = parse(text);
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    given.extend(base.iter().chain(typed).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    let callback = format!("http://localhost:14747/callback/{}", generic.key);
    let defaults = BTreeMap::from([(CALLBACK_URL.to_owned(), callback)]);
    form::check(&generic, &given, &defaults).unwrap_or_else(|problems| panic!("{typed:?}: {problems:?}"))
}

/// The metadata of [`ISSUER`], with all endpoints and these members more.
fn published(more: &str) -> Metadata {
    let text = format!(
        r#"{{"issuer":"{ISSUER}","authorization_endpoint":"https://id.example.com/tenant/auth",
        "token_endpoint":"https://id.example.com/tenant/token"{more}}}"#
    );
    let body = Sensitive::new(text.into_bytes());
    let answer = HttpResponse { status: 200, body, ..HttpResponse::default() };
    read_metadata(ISSUER, &answer).expect("metadata")
}

fn oauth2(element: &Element) -> &Oauth2 {
    let Auth::Oauth2(oauth2) = &element.auth else { panic!("{}", element.auth.kind()) };
    oauth2
}

/// Makes an element; it must also be one that its own file reads back as.
fn made(typed: &[(&str, &str)], metadata: Option<&Metadata>) -> Element {
    let element = custom_oauth2(&filled(OAUTH2, &USUAL, typed), metadata)
        .unwrap_or_else(|problems| panic!("{typed:?}: {problems:?}"));
    assert_eq!(parse(&to_toml(&element)), element);
    element
}

fn refused(
    base: &[(&str, &str)],
    typed: &[(&str, &str)],
    metadata: Option<&Metadata>,
) -> Vec<(String, Problem)> {
    let problems = custom_oauth2(&filled(OAUTH2, base, typed), metadata).expect_err("a problem");
    problems.into_iter().map(|FieldProblem { key, problem }| (key, problem)).collect()
}

fn is(key: &str, problem: Problem) -> Vec<(String, Problem)> {
    vec![(key.to_owned(), problem)]
}

#[test]
fn a_text_that_looks_like_a_table_stays_as_it_is() {
    let help = "Two lines.\\n[identity]\\nThe second.";
    let file = PLAIN.replacen("secret = true", &format!("secret = true\nhelp = \"{help}\""), 1);
    let element = parse(&file);
    assert_eq!(parse(&to_toml(&element)), element);
}

#[test]
fn the_generic_forms_can_be_practised_with_their_examples_alone() {
    for text in [OAUTH2, OAUTH1] {
        let element = parse(text);
        assert!(element.generic && element.from.is_none());
        let callback = (CALLBACK_URL.to_owned(), format!("http://127.0.0.1:1/callback/{}", element.key));
        let values = form::check(&element, &element.practice_values(), &BTreeMap::from([callback])).unwrap();
        assert!(element.needs_browser_for(&values));
        assert!(values.get(API_KEY).is_some() && values.secret(API_SECRET).is_some());
        for field in element.fields {
            assert!(
                field.help.ends_with('.') && field.problem.ends_with('.'),
                "{}: {}",
                element.key,
                field.key
            );
        }
    }
}

#[test]
fn an_address_in_the_form_is_https_anywhere_or_http_on_this_computer() {
    let element = parse(OAUTH2);
    for (address, good) in [
        ("https://id.example.com/x", true),
        ("http://127.0.0.1:4000", true),
        ("http://localhost:4000/x", true),
        ("http://[::1]:4000", true),
        ("http://id.example.com", false),
        ("https://me@id.example.com", false),
        ("https://id.example.com/#x", false),
        ("ftp://id.example.com", false),
        ("id.example.com", false),
    ] {
        for field in element.fields.iter().filter(|field| field.kind == FieldKind::Address) {
            assert_eq!(form::accepts(&element, field, address), good, "{}: {address}", field.key);
        }
    }
}

#[test]
fn an_issuer_is_enough_for_a_custom_element() {
    let metadata = published(
        r#","revocation_endpoint":"https://id.example.com/revoke","userinfo_endpoint":"https://id.example.com/me",
        "device_authorization_endpoint":"https://id.example.com/device","jwks_uri":"https://id.example.com/k",
        "subject_types_supported":["public"],"scopes_supported":["openid","offline_access","email"],
        "code_challenge_methods_supported":["S256"],"token_endpoint_auth_methods_supported":["client_secret_post"],
        "grant_types_supported":["authorization_code","client_credentials"],
        "authorization_response_iss_parameter_supported":true"#,
    );
    let element = made(&[("provider.name", "Acme")], Some(&metadata));
    assert_eq!(
        (element.key.as_str(), element.provider()),
        ("id-example-com-tenant", "id-example-com-tenant")
    );
    assert_eq!((element.name.as_str(), element.initials.as_str()), ("Acme", "AC"));
    assert_eq!((element.from.as_deref(), element.generic), (Some("oauth2"), false));
    let auth = oauth2(&element);
    let text = |template: &Option<crate::template::Template>| {
        template.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default()
    };
    assert_eq!(text(&auth.issuer), ISSUER);
    assert_eq!(text(&auth.authorization_endpoint), "https://id.example.com/tenant/auth");
    assert_eq!(text(&auth.token_endpoint), "https://id.example.com/tenant/token");
    assert_eq!(text(&auth.device_authorization_endpoint), "https://id.example.com/device");
    assert_eq!(auth.revocation.as_ref().unwrap().endpoint.as_str(), "https://id.example.com/revoke");
    assert!(auth.announces_issuer);
    assert_eq!((auth.client_authentication, auth.pkce), (ClientAuthentication::Body, Pkce::S256));
    assert_eq!(auth.scopes, ["openid", "offline_access"]);
    assert_eq!(auth.grants, [Grant::AuthorizationCode, Grant::DeviceCode, Grant::ClientCredentials]);
    let identity = element.identity.as_ref().unwrap();
    assert_eq!(identity.endpoint.as_str(), "https://id.example.com/me");
    assert_eq!(identity.at, ["/email", "/preferred_username", "/name", "/sub"]);
    assert_eq!(
        element.access,
        [
            "What the product lists when signing in",
            "Who is signed in",
            "Staying connected until it is removed here"
        ]
    );
    let keys: Vec<&str> = element.fields.iter().map(|field| field.key.as_str()).collect();
    assert_eq!(keys, [API_KEY, API_SECRET, CALLBACK_URL, "scope", "oauth.grant"]);
    assert_eq!(element.field("scope").unwrap().default.as_deref(), Some("openid offline_access"));
    assert_eq!(element.fields[2].example, "http://localhost:14747/callback/id-example-com-tenant");
}

#[test]
fn entered_values_take_precedence_over_metadata() {
    let metadata = published(
        r#","userinfo_endpoint":"https://id.example.com/me","registration_endpoint":"https://id.example.com/r",
        "token_endpoint_auth_methods_supported":["client_secret_basic"],"jwks_uri":"https://id.example.com/k",
        "subject_types_supported":["public"]"#,
    );
    let element = made(
        &[
            ("token_endpoint", "https://other.example.com/t"),
            ("userinfo_endpoint", "http://127.0.0.1:1/me"),
            ("scope", "read write read"),
            ("token_endpoint_auth_method", "body"),
            ("pkce", "off"),
        ],
        Some(&metadata),
    );
    let auth = oauth2(&element);
    assert_eq!(auth.token_endpoint.as_ref().unwrap().as_str(), "https://other.example.com/t");
    assert_eq!(auth.authorization_endpoint.as_ref().unwrap().as_str(), "https://id.example.com/tenant/auth");
    assert_eq!(element.identity.as_ref().unwrap().endpoint.as_str(), "http://127.0.0.1:1/me");
    assert_eq!(auth.scopes, ["read", "write"]);
    assert_eq!((auth.client_authentication, auth.pkce), (ClientAuthentication::Body, Pkce::Off));
    let hosts: Vec<String> = element.hosts(&Values::default()).unwrap().into_iter().collect();
    assert_eq!(hosts, ["127.0.0.1:1", "id.example.com", "other.example.com"], "all of them are pinned");
    let without = made(&[("scope", "read")], Some(&metadata));
    let needs = without.identity.expect("published").needs_scope;
    assert_eq!(needs.as_deref(), Some("openid"), "the published address wants it");
}

#[test]
fn endpoints_are_enough_without_metadata() {
    let element = custom_oauth2(&filled(OAUTH2, &BY_HAND, &[]), None).unwrap();
    assert_eq!(element.key, "login-example-com-auth");
    assert_eq!(element.name, "login.example.com");
    let auth = oauth2(&element);
    assert!(auth.issuer.is_none() && auth.scopes.is_empty() && !auth.announces_issuer);
    // RFC 6749 §2.3.1: Basic is what every server must take.
    assert_eq!((auth.client_authentication, auth.pkce), (ClientAuthentication::Basic, Pkce::S256));
    assert_eq!(auth.issuer_text(&Values::default()), None);
    assert_eq!(auth.grants, [Grant::AuthorizationCode]);
    assert!(element.field("oauth.grant").is_none(), "there is nothing to choose");
}

#[test]
fn the_key_of_a_custom_element_is_never_that_of_a_product() {
    for (issuer, key) in [
        ("https://id.example.com", "id-example-com"),
        ("https://id.example.com/", "id-example-com"),
        ("http://127.0.0.1:4000", "127-0-0-1-4000"),
        ("http://[::1]:4000/a", "1-4000-a"),
        ("https://login.example.com/tenant", "login-example-com-tenant"),
        ("https://login.example.com:8443/Tenant/v2.0/", "login-example-com-8443-tenant-v2-0"),
        ("https://zendesk", "zendesk-server"),
        ("https://xn--bcher-kva.example", "xn-bcher-kva-example"),
        (
            "https://a-rather-long-name.of-a-server.in-a-large-house.example.com/tenants/0001",
            "a-rather-long-name-of-a-server-in-a-large-house-exa-",
        ),
    ] {
        let values = filled(OAUTH2, &BY_HAND, &[("issuer", issuer)]);
        let element = custom_oauth2(&values, None).unwrap();
        let cut = element.key.len() == 60;
        assert!(
            if cut { element.key.starts_with(key) } else { element.key == key },
            "{issuer}: {}",
            element.key
        );
        assert_eq!(oauth2(&element).issuer_text(&values).as_deref(), Some(issuer), "byte for byte");
        assert_eq!(parse(&to_toml(&element)), element);
    }
}

#[test]
fn pkce_is_s256_if_supported_and_never_plain() {
    for (methods, typed, expected) in [
        (None, "S256", Pkce::S256),
        (Some("[\"S256\",\"plain\"]"), "S256", Pkce::S256),
        (Some("[\"plain\"]"), "S256", Pkce::Off),
        (Some("[\"s256\"]"), "S256", Pkce::Off),
        (Some("[]"), "S256", Pkce::Off),
        (None, "off", Pkce::Off),
        (Some("[\"S256\"]"), "off", Pkce::Off),
    ] {
        let more = methods.map(|m| format!(",\"code_challenge_methods_supported\":{m}")).unwrap_or_default();
        let element = made(&[("pkce", typed)], Some(&published(&more)));
        assert_eq!(oauth2(&element).pkce, expected, "{methods:?} {typed}");
        // Nothing else binds the code of a client that authenticates with no secret.
        let public = more + ",\"token_endpoint_auth_methods_supported\":[\"none\"]";
        match custom_oauth2(&filled(OAUTH2, &USUAL, &[("pkce", typed)]), Some(&published(&public))) {
            Ok(element) => assert_eq!(oauth2(&element).pkce, Pkce::S256, "{methods:?} {typed}"),
            Err(problems) => {
                assert_eq!((problems.len(), problems[0].key.as_str(), typed), (1, "pkce", "off"));
            }
        }
    }
}

#[test]
fn the_client_authenticates_as_the_metadata_says() {
    use ClientAuthentication::{Basic, Body, None as Public};
    for (methods, typed, way) in [
        (None, "automatic", Some(Basic)),
        (Some("[\"client_secret_post\",\"client_secret_basic\"]"), "automatic", Some(Basic)),
        (Some("[\"client_secret_post\",\"none\"]"), "automatic", Some(Body)),
        (Some("[\"none\"]"), "automatic", Some(Public)),
        (Some("[\"client_secret_basic\"]"), "body", Some(Body)),
        (None, "none", Some(Public)),
        (Some("[\"private_key_jwt\"]"), "automatic", None),
    ] {
        let more =
            methods.map(|m| format!(",\"token_endpoint_auth_methods_supported\":{m}")).unwrap_or_default();
        let metadata = published(&more);
        let typed = [("token_endpoint_auth_method", typed)];
        match way {
            Some(way) => assert_eq!(
                oauth2(&made(&typed, Some(&metadata))).client_authentication,
                way,
                "{methods:?} {typed:?}"
            ),
            None => assert_eq!(
                refused(&USUAL, &typed, Some(&metadata)),
                is("token_endpoint_auth_method", Problem::NotAnOption)
            ),
        }
    }
}

#[test]
fn a_custom_element_does_not_depend_on_the_client() {
    let metadata = published(",\"registration_endpoint\":\"https://id.example.com/r\"");
    let with = made(&[], Some(&metadata));
    assert_eq!(with, made(&[(API_KEY, ""), (API_SECRET, "")], Some(&metadata)));
    assert!(oauth2(&with).registration_endpoint.is_some() && with.callback.any_loopback_port);
    assert!(!with.field(API_KEY).unwrap().required, "the application registers itself");
    let without = made(&[], Some(&published("")));
    assert!(without.field(API_KEY).unwrap().required && !without.field(API_SECRET).unwrap().required);
    assert!(!without.callback.any_loopback_port);
}

#[test]
fn the_chosen_grant_comes_first_and_must_be_possible() {
    let device = published(",\"device_authorization_endpoint\":\"https://id.example.com/d\"");
    let element = made(&[("oauth.grant", "device_code")], Some(&device));
    assert_eq!(oauth2(&element).grants, [Grant::DeviceCode, Grant::AuthorizationCode]);
    let form = filled(&to_toml(&element), &[(API_KEY, "c")], &[]);
    assert_eq!(oauth2(&element).grant(&form), Grant::DeviceCode);
    assert!(!element.needs_browser_for(&form));
    let browser = filled(&to_toml(&element), &[(API_KEY, "c")], &[("oauth.grant", "authorization_code")]);
    assert!(element.needs_browser_for(&browser));
    assert_eq!(
        refused(&USUAL, &[("oauth.grant", "device_code")], Some(&published(""))),
        is("device_authorization_endpoint", Problem::Required)
    );

    let own = [("oauth.grant", "client_credentials")];
    let metadata = published(",\"jwks_uri\":\"https://id.example.com/k\",\"subject_types_supported\":[]");
    let element = made(&own, Some(&metadata));
    assert_eq!(oauth2(&element).grants, [Grant::ClientCredentials, Grant::AuthorizationCode]);
    assert!(oauth2(&element).scopes.is_empty(), "nobody signs in");
    let token_only = [("token_endpoint", "https://id.example.com/t"), (API_KEY, "c"), (API_SECRET, "s")];
    let element = custom_oauth2(&filled(OAUTH2, &token_only, &own), None).unwrap();
    assert_eq!(element.key, "id-example-com-t");
    assert_eq!(oauth2(&element).grants, [Grant::ClientCredentials]);
    assert!(element.field("oauth.grant").is_some(), "the form says that no browser is needed");
}

#[test]
fn missing_and_invalid_fields_are_named() {
    let client = [(API_KEY, "c1"), (API_SECRET, "s1")];
    assert_eq!(refused(&client, &[], None), is("issuer", Problem::Required));
    let both =
        [is("authorization_endpoint", Problem::Required), is("token_endpoint", Problem::Required)].concat();
    assert_eq!(refused(&USUAL, &[], None), both);
    assert_eq!(refused(&BY_HAND, &[("token_endpoint", "")], None), is("token_endpoint", Problem::Required));
    for issuer in ["https://id.example.com/?x=1", "https://ID.example.com", "https://id.example.com/a@b"] {
        assert_eq!(
            refused(&BY_HAND, &[("issuer", issuer)], None),
            is("issuer", Problem::Malformed),
            "{issuer}"
        );
    }
    let under = [("authorization_endpoint", "https://a_b.example.com/")];
    assert_eq!(refused(&BY_HAND, &under, None), is("authorization_endpoint", Problem::Malformed));
    // The flow writes this parameter itself.
    let twice = [("authorization_endpoint", "https://login.example.com/auth?state=x")];
    assert_eq!(refused(&BY_HAND, &twice, None), is("issuer", Problem::Malformed));
    let odd = [("authorization_endpoint", "https://Login.example.com/a@b?c=d@e")];
    let element = custom_oauth2(&filled(OAUTH2, &BY_HAND, &odd), None).unwrap();
    let endpoint = oauth2(&element).authorization_endpoint.as_ref().unwrap();
    assert_eq!(endpoint.as_str(), "https://login.example.com/a%40b?c=d%40e");
}

#[test]
fn three_addresses_are_enough_for_an_oauth1_element() {
    let three = [
        ("request_token_endpoint", "https://api.example.com/oauth/request_token"),
        ("authorization_endpoint", "https://api.example.com/oauth/authorize"),
        ("token_endpoint", "https://api.example.com/oauth/access_token"),
        (API_KEY, "c1"),
        (API_SECRET, "s1"),
    ];
    for (method, expected) in [
        ("HMAC-SHA1", SignatureMethod::HmacSha1),
        ("HMAC-SHA256", SignatureMethod::HmacSha256),
        ("PLAINTEXT", SignatureMethod::Plaintext),
    ] {
        let typed = [("signature_method", method), ("userinfo_endpoint", "https://api.example.com/me.json")];
        let element = custom_oauth1(&filled(OAUTH1, &three, &typed)).unwrap();
        assert_eq!(parse(&to_toml(&element)), element);
        let Auth::Oauth1(oauth1) = &element.auth else { panic!("{}", element.auth.kind()) };
        assert_eq!(oauth1.signature_method, expected);
        assert_eq!(
            (element.key.as_str(), element.name.as_str()),
            ("api-example-com-oauth-authorize", "api.example.com")
        );
        assert_eq!((element.from.as_deref(), element.provider()), (Some("oauth1"), element.key.as_str()));
        assert_eq!(element.identity.unwrap().endpoint.as_str(), "https://api.example.com/me.json");
    }
    assert!(custom_oauth1(&filled(OAUTH1, &three, &[])).unwrap().identity.is_none());
    let twice = [("authorization_endpoint", "https://api.example.com/oauth/authorize?oauth_token=x")];
    assert_eq!(
        custom_oauth1(&filled(OAUTH1, &three, &twice)).unwrap_err(),
        [FieldProblem { key: "authorization_endpoint".into(), problem: Problem::Malformed }]
    );
}

#[test]
fn the_written_file_has_comments() {
    let text = to_toml(&made(&[], Some(&published(",\"revocation_endpoint\":\"https://id.example.com/r\""))));
    for line in [
        "# Written by Keyrack when this product was connected.",
        "# How the product lets this application in.\n[auth.oauth2]",
        "# Where access is given back when the connection is removed.\n[auth.oauth2.revocation]",
        "# What is asked for before signing in.\n[[fields]]",
        "issuer = \"https://id.example.com/tenant\"\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert_eq!(text.matches("# What is asked for").count(), 1);
}

/// A file must read back as what was written, whatever was typed and published: tried over many forms that are drawn
/// from lists of odd values by a fixed sequence.
#[test]
fn every_custom_element_reads_back_from_its_file() {
    let mut state = 7_u64;
    let mut draw = |of: &[&str]| -> String {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        of[(state >> 33) as usize % of.len()].to_owned()
    };
    let names = [
        "",
        "Acme",
        "# \"x\" = 'y'",
        "[[fields]]",
        "\u{e4}\\n\u{1F511}",
        "a\u{202e}b",
        "\u{df}",
        "'''",
        "{hole}",
    ];
    let addresses = [
        "",
        "https://id.example.com",
        "https://id.example.com/a%7Bb%7D?x=%23&y='z'",
        "http://127.0.0.1:1/\u{7e}a;b,c(d)",
        "https://id.example.com:8443/a@b/c=d&e",
    ];
    let scopes = [
        "",
        "openid",
        "openid offline_access",
        "a.b:c/d https://x/y",
        "'q' #h [z] {x}",
        "phone email address",
    ];
    let (mut made, mut refused) = (0, 0);
    for _ in 0..600 {
        let typed: Vec<(&str, String)> = vec![
            ("provider.name", draw(&names)),
            ("issuer", draw(&addresses)),
            ("authorization_endpoint", draw(&addresses)),
            ("token_endpoint", draw(&addresses)),
            ("revocation_endpoint", draw(&addresses)),
            ("device_authorization_endpoint", draw(&addresses)),
            ("registration_endpoint", draw(&addresses)),
            ("userinfo_endpoint", draw(&addresses)),
            ("scope", draw(&scopes)),
            ("oauth.grant", draw(&["authorization_code", "device_code", "client_credentials"])),
            ("token_endpoint_auth_method", draw(&["automatic", "body", "basic", "none"])),
            ("pkce", draw(&["S256", "off"])),
            (API_KEY, draw(&["", "c"])),
            (API_SECRET, draw(&["", "s"])),
        ];
        let typed: Vec<(&str, &str)> = typed.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let metadata = published(",\"registration_endpoint\":\"https://id.example.com/r\"");
        let metadata = (draw(&["", "m"]) == "m").then_some(metadata);
        match custom_oauth2(&filled(OAUTH2, &[], &typed), metadata.as_ref()) {
            Ok(element) => {
                assert_eq!(parse(&to_toml(&element)), element, "{typed:?}");
                made += 1;
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                refused += 1;
            }
        }
        let three: Vec<(&str, String)> =
            ["request_token_endpoint", "authorization_endpoint", "token_endpoint"]
                .map(|key| (key, draw(&addresses[1..])))
                .into_iter()
                .chain([
                    ("provider.name", draw(&names)),
                    ("userinfo_endpoint", draw(&addresses)),
                    ("signature_method", draw(&["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])),
                ])
                .collect();
        let three: Vec<(&str, &str)> = three.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let element = custom_oauth1(&filled(OAUTH1, &[(API_KEY, "c"), (API_SECRET, "s")], &three)).unwrap();
        assert_eq!(parse(&to_toml(&element)), element, "{three:?}");
    }
    assert!(made > 50 && refused > 50, "{made} made, {refused} refused");
}
