//! Generic elements: servers that the user names, and the other kinds of sign-in.

use std::collections::BTreeMap;

use super::*;
use crate::element::Auth;
use crate::form;
use crate::oauth::oauth1::SignatureMethod;
use crate::template::TemplateError;

const HEAD: &str = r#"
key = "any"
name = "Any"
initials = "AN"
category = "Other"
gives = "Whatever the server offers"
access = ["What the server lists when signing in"]
"#;

const OAUTH_FIELDS: &str = r#"
[[fields]]
key = "oauth.api.key"
label = "Client ID"
example = "practice-key"

[[fields]]
key = "oauth.api.secret"
label = "Client secret"
example = "practice-secret"
secret = true
required = false

[[fields]]
key = "oauth.callback.url"
label = "Callback URL"
example = "http://localhost:14747/callback/any"
type = "address"
"#;

fn values(element: &Element, given: &[(&str, &str)]) -> form::Values {
    let given: BTreeMap<_, _> = given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let defaults = element.practice_values();
    let callback = ("oauth.callback.url".to_owned(), "http://localhost:1/".to_owned());
    let defaults = defaults.into_iter().chain([callback]).collect();
    form::check(element, &given, &defaults).unwrap_or_else(|p| panic!("{p:?}"))
}

#[test]
fn the_form_names_the_server_by_issuer_or_by_endpoints() {
    let address = |key: &str| {
        format!(
            "[[fields]]\nkey = \"{key}\"\nlabel = \"Address\"\nexample = \"https://example.com/x\"\ntype = \"address\"\nrequired = false\n"
        )
    };
    let element = parse(&format!(
        "{HEAD}
[auth.oauth2]
issuer = \"{{issuer}}\"
authorization_endpoint = \"{{authorization_endpoint}}\"
token_endpoint = \"{{token_endpoint}}\"
scope_field = \"scope\"
{}{}{}
[[fields]]
key = \"scope\"
label = \"Scope\"
example = \"openid\"
required = false
query = [\"scope\"]
{OAUTH_FIELDS}",
        address("issuer"),
        address("authorization_endpoint"),
        address("token_endpoint"),
    ));
    let given = values(&element, &[("issuer", "https://id.example.com/tenant"), ("scope", "openid email")]);
    let Auth::Oauth2(oauth2) = &element.auth else { panic!("expected OAuth 2") };
    let filled = |t: &Option<crate::template::Template>| t.as_ref().unwrap().fill(&given);
    assert_eq!(filled(&oauth2.issuer).unwrap().as_str(), "https://id.example.com/tenant");
    let missing = TemplateError::Missing("authorization_endpoint".into());
    assert_eq!(filled(&oauth2.authorization_endpoint), Err(missing));
    assert_eq!(oauth2.scope(&given).as_deref(), Some("openid email"));
    assert_eq!(oauth2.scope(&values(&element, &[])), None);
    assert_eq!(element.hosts(&given).unwrap().into_iter().collect::<Vec<_>>(), ["id.example.com"]);
}

#[test]
fn a_field_chooses_the_kind_of_sign_in() {
    let oauth1 = |method: &str, base: &str| {
        format!(
            "[{base}.oauth1]
request_token_endpoint = \"https://example.com/r\"
authorization_endpoint = \"https://example.com/a\"
token_endpoint = \"https://example.com/t\"
signature_method = \"{method}\"
"
        )
    };
    let element = parse(&format!(
        "{HEAD}
{}
[[variants]]
when = {{ field = \"method\", is = \"PLAINTEXT\" }}
{}
[[variants]]
when = {{ field = \"method\", is = \"key\" }}
auth.api_key = {{ key_field = \"oauth.api.secret\", place = {{ header = \"x-api-key\" }} }}

[[fields]]
key = \"method\"
label = \"Method\"
example = \"HMAC-SHA1\"
type = \"select\"
options = [{{ value = \"HMAC-SHA1\", label = \"Signed\" }}, {{ value = \"PLAINTEXT\", label = \"Plain\" }}, {{ value = \"key\", label = \"Key\" }}]
{OAUTH_FIELDS}",
        oauth1("HMAC-SHA1", "auth"),
        oauth1("PLAINTEXT", "variants.auth"),
    ));
    let chosen = |method| element.in_way(|key| (key == "method").then_some(method)).expect("a way");
    for (method, expected) in
        [("HMAC-SHA1", SignatureMethod::HmacSha1), ("PLAINTEXT", SignatureMethod::Plaintext)]
    {
        let chosen = chosen(method);
        let Auth::Oauth1(oauth1) = &chosen.auth else { panic!("expected OAuth 1.0a") };
        assert_eq!(oauth1.signature_method, expected);
    }
    let key = chosen("key");
    assert_eq!(key.auth.kind(), "api_key");
    assert!(key.provider_data().is_empty());
}

#[test]
fn kinds_without_a_browser_need_only_their_own_fields() {
    let fields = "[[fields]]\nkey = \"username\"\nlabel = \"User name\"\nexample = \"ada\"\n
[[fields]]\nkey = \"password\"\nlabel = \"Password\"\nexample = \"practice-secret\"\nsecret = true\n";
    for auth in [
        "[auth.basic]\nusername_field = \"username\"\npassword_field = \"password\"\n",
        "[auth.api_key]\nkey_field = \"password\"\nplace = { query = \"api_key\" }\n",
        "[auth.custom]\n",
    ] {
        let element = parse(&format!("{HEAD}{auth}{fields}"));
        assert!(!element.auth.needs_browser());
        assert_eq!(form::configuration(&element, &values(&element, &[])).len(), 2);
    }
    let wrong = format!("{HEAD}[auth.basic]\nusername_field = \"user\"\n{fields}");
    assert!(Element::parse(&wrong).is_err_and(|p| p[0].what == "there is no field user"));
}
