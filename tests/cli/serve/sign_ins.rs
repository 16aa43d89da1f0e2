//! Sign-ins of elements whose form and whose API paths differ from those of the shipped elements.

use serde_json::{Value, json};

use super::{CALLBACK, Served, parameters, zendesk};
use crate::support::home::Home;
use crate::support::servers::write_element;
use crate::support::user;

const STANDARD: &str = "apiKey=app&apiSecret=s3cret&callbackUrl=https://www.mycoolapp.com/auth";

/// An element file: `head` stands before the first table, `rest` between it and the standard fields.
pub(super) fn element(key: &str, head: &str, rest: &str) -> String {
    format!(
        r#"key = "{key}"
name = "Acme {key}"
initials = "AC"
category = "Tests"
gives = "Anvils"
access = ["Reading anvils"]
{head}

[auth.oauth2]
authorization_endpoint = "https://acme.example/authorize"
token_endpoint = "https://acme.example/token"

{rest}

[[fields]]
key = "oauth.api.key"
label = "Client ID"
example = "acme"

[[fields]]
key = "oauth.api.secret"
label = "Secret"
example = "practice-secret"
secret = true

[[fields]]
key = "oauth.callback.url"
label = "Callback URL"
example = "http://127.0.0.1:14747/callback/{key}"
type = "address"
"#
    )
}

pub(super) fn field(key: &str, query: &str) -> String {
    format!("[[fields]]\nkey = \"{key}\"\nlabel = \"Acme\"\nexample = \"acme\"\nquery = [{query}]\n")
}

fn body(element: &str, provider_data: &Value, configuration: &[(&str, &str)]) -> Value {
    let mut body = zendesk("Test", provider_data);
    body["element"]["key"] = element.into();
    let entries = body["configuration"].as_object_mut().expect("an object");
    entries.remove("zendesk.subdomain");
    entries.extend(configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
    body
}

/// Prepares a sign-in and allows it; returns the element in the answer and what the callback brought.
#[track_caller]
fn sign_in(served: &Served, path: &str, query: &str) -> (Value, Value) {
    let answer = served.bare(&format!("/elements/{path}/oauth/url?{STANDARD}{query}"), &[]).ok();
    let callback = user::allow(answer["oauthUrl"].as_str().expect("an address"));
    (answer["element"].clone(), parameters(&callback))
}

#[test]
fn a_field_that_is_no_parameter_is_required_when_the_instance_is_made() {
    let home = Home::new();
    write_element(&home, "shop", &element("shop", "", &field("shop.id", "")));
    let served = Served::start(&home);
    let (_, provided) = sign_in(&served, "shop", "");
    let message = served.send("POST", "/instances", &body("shop", &provided, &[])).refused(400);
    assert_eq!(message, "Missing configuration entries: shop.id.");
    let body = body("shop", &provided, &[("shop.id", "acme")]);
    assert_eq!(served.send("POST", "/instances", &body).ok()["configuration"]["shop.id"], "acme");
}

#[test]
fn a_request_token_chooses_oauth_1_0a_where_no_parameter_does() {
    let home = Home::new();
    let rest = format!(
        r#"[[variants]]
when = {{ field = "authentication.type", is = "oauth1" }}

[variants.auth.oauth1]
request_token_endpoint = "https://acme.example/request"
authorization_endpoint = "https://acme.example/authorize1"
token_endpoint = "https://acme.example/access"

[callback]
configuration = {{ country = "books.country" }}
examples = {{ country = "AT" }}

{}type = "select"
options = [{{ value = "oauth1", label = "1.0a" }}, {{ value = "oauth2", label = "2" }}]
default = "oauth2"
"#,
        field("authentication.type", "").replace("\"acme\"", "\"oauth2\"")
    );
    write_element(&home, "books", &element("books", "", &rest));
    let served = Served::start(&home);
    let issued = served.bare(&format!("/elements/books/oauth/token?{STANDARD}"), &[]).ok();
    let token = issued["token"].as_str().expect("a token");
    let (_, provided) = sign_in(&served, "books", &format!("&requestToken={token}"));
    assert_eq!(provided["oauth_token"], token);
    let instance = served.send("POST", "/instances", &body("books", &provided, &[])).ok();
    let configuration = &instance["configuration"];
    assert_eq!(configuration["oauth.request.authorization.type"], "header", "OAuth 1.0a");
    assert_eq!(configuration["books.country"], "AT", "the callback brought it");
    served.call_as(instance["token"].as_str().expect("a token"), "GET", "/ping").ok();

    let (_, provided) = sign_in(&served, "books", "");
    let instance = served.send("POST", "/instances", &body("books", &provided, &[])).ok();
    assert!(instance["configuration"]["oauth.basic.header"].is_string(), "OAuth 2 without a request token");
}

#[test]
fn the_form_is_that_of_the_element_behind_the_path_key() {
    let home = Home::new();
    // Neither key is the path key of the other's form.
    write_element(
        &home,
        "docs",
        &element("docs", "path_key = \"paperwork\"", &field("docs.team", "\"team\"")),
    );
    write_element(&home, "team", &element("team", "path_key = \"zendesk\"", &field("team.name", "\"team\"")));
    let served = Served::start(&home);
    for (key, path, query) in [("docs", "paperwork", ""), ("team", "zendesk", "&state=team")] {
        let (element, provided) = sign_in(&served, path, &format!("&team=acme{query}"));
        assert_eq!(element, key);
        let mut body = body(key, &provided, &[]);
        body["name"] = key.into();
        served.send("POST", "/instances", &body).ok();
    }
    for path in ["/elements/unknown/oauth/url", "/elements/unknown/oauth/token"] {
        assert_eq!(served.bare(path, &[]).refused(404), "No element found with ID unknown");
    }
}

#[test]
fn the_callback_address_is_that_of_the_sign_in_if_the_body_has_none() {
    let home = Home::new();
    let served = Served::start(&home);
    for (name, without) in [("with the state", ""), ("with the code alone", "state")] {
        let mut provided = parameters(&user::allow(&served.start_sign_in(&name.replace(' ', "-"))));
        provided.as_object_mut().expect("an object").remove(without);
        let mut body = zendesk(name, &provided);
        body["configuration"].as_object_mut().expect("an object").remove("oauth.callback.url");
        let instance = served.send("POST", "/instances", &body).ok();
        assert_eq!(instance["configuration"]["oauth.callback.url"], CALLBACK);
    }
    let message = served.send("POST", "/instances", &json!({ "name": "x", "element": { "key": "zendesk" } }));
    assert!(message.refused(400).contains("oauth.callback.url"), "no sign-in has it");
}

#[test]
fn what_a_caller_without_secrets_began_does_not_decide_where_the_secret_goes() {
    let home = Home::new();
    let served = Served::start(&home);
    let begin = |site: &str, more: &str, arguments: &[&str]| {
        // The first of two parameters counts.
        let path = format!("/elements/zendesk/oauth/url?siteAddress={site}{more}&{STANDARD}");
        served.bare(&path, arguments).ok()["oauthUrl"].as_str().expect("an address").to_owned()
    };
    let body = |name: &str, provided: &Value| {
        let mut body = zendesk(name, provided);
        body["configuration"].as_object_mut().expect("an object").remove("zendesk.subdomain");
        body
    };
    let returned = |mut callback: Value, state: Option<&str>| {
        let provided = callback.as_object_mut().expect("an object");
        provided.remove("state");
        provided.extend(state.map(|state| ("state".to_owned(), state.into())));
        callback
    };
    let provided = parameters(&user::allow(&begin("attacker", "&apiSecret=guessed", &[])));
    for state in [Some("zendesk"), None] {
        let body = body("Alone", &returned(provided.clone(), state));
        let message = served.send("POST", "/instances", &body).refused(400);
        assert_eq!(message, "Missing configuration entries: zendesk.subdomain.", "{state:?}");
    }

    let secrets = served.secrets();
    for (number, (begun, state)) in [
        ("", None),
        ("", Some("zendesk")),
        ("&state=of-the-script", None),
        ("&state=of-the-script", Some("of-the-script")),
    ]
    .into_iter()
    .enumerate()
    {
        let ours = begin("victim", begun, &["-H", &secrets]);
        for attack in ["", "&state=of-the-script", "&state=another"] {
            begin("attacker", attack, &[]);
        }
        let provided = returned(parameters(&user::allow(&ours)), state);
        let made = served.send("POST", "/instances", &body(&format!("Test {number}"), &provided)).ok();
        assert_eq!(made["configuration"]["zendesk.subdomain"], "victim", "{begun} {state:?}");
    }
    home.assert_consistent(4);
}

#[test]
fn a_state_that_no_sign_in_has_is_refused_before_the_code_is_sent() {
    let home = Home::new();
    let served = Served::start(&home);
    let provided = parameters(&user::allow(&served.start_sign_in("ours")));
    let mut unknown = provided.clone();
    unknown["state"] = "forged".into();
    let message = served.send("POST", "/instances", &zendesk("Test", &unknown)).refused(400);
    assert_eq!(message, "No sign-in waits with this state. Begin again with oauth/url.");
    // The code is still good.
    served.send("POST", "/instances", &zendesk("Test", &provided)).ok();
    home.assert_consistent(1);
}
