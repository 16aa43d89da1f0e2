//! Wrong provider metadata: nothing is sent, no element is created, and the error says what is wrong.

use serde_json::{Value, json};

use crate::support::home::Home;
use crate::support::keyrack::Running;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{self, callback_on_free_port};
use crate::support::user;
use crate::support::visitor::Visitor;

/// The path of the metadata of an issuer without a path (RFC 8414 §3).
const METADATA_PATH: &str = "/.well-known/oauth-authorization-server";

fn metadata(server: &Scripted, changes: Value) -> Response {
    let mut metadata = json!({
        "issuer": server.url,
        "authorization_endpoint": format!("{}/authorize", server.url),
        "token_endpoint": format!("{}/token", server.url),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    });
    let members = metadata.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        members.remove(name);
        if !value.is_null() {
            members.insert(name.clone(), value.clone());
        }
    }
    Response::json("200 OK", &metadata.to_string())
}

/// Starts a sign-in with only the issuer given.
fn start_sign_in(home: &Home, issuer: &str) -> Running {
    let (issuer, callback) = (format!("issuer={issuer}"), callback_on_free_port());
    let arguments = ["connect", "oauth2", "--json", "--set", &issuer, "--set", &callback];
    servers::start_sign_in(home, &arguments, &[("KEYRACK_HTTP_TIMEOUT_MS", "400")])
}

#[test]
fn metadata_that_does_not_match_its_issuer_is_refused() {
    let home = Home::new();
    let server = Scripted::start();
    let evil = "http://evil.example/token";
    let here = &server.url;
    let page = |head: &str, body: &str| Response::with_head("200 OK", head, body.as_bytes());
    for (what, document, exit, code) in [
        ("nothing", Response::json("404 Not Found", ""), 2, "issuer_unknown"),
        ("a page", page("Content-Type: text/html\r\n", "<html>hotel</html>"), 2, "issuer_unknown"),
        // RFC 8414 §3.3: metadata with another issuer must not be used.
        (
            "another issuer",
            metadata(&server, json!({ "issuer": "https://evil.example" })),
            2,
            "issuer_unknown",
        ),
        ("a path more", metadata(&server, json!({ "issuer": format!("{here}/a") })), 2, "issuer_unknown"),
        ("no issuer", metadata(&server, json!({ "issuer": null })), 2, "issuer_unknown"),
        ("an open token endpoint", metadata(&server, json!({ "token_endpoint": evil })), 2, "issuer_unknown"),
        ("a wrong type", metadata(&server, json!({ "token_endpoint": 7 })), 2, "issuer_unknown"),
        ("a half", page("Content-Type: application/json\r\n", "{\"issuer\":"), 2, "issuer_unknown"),
        ("elsewhere", Response::with_head("302 Found", "Location: /elsewhere\r\n", b""), 2, "issuer_unknown"),
        ("too much", Response::Endless, 15, "provider_bad_response"),
        ("silence", Response::Silence, 12, "provider_unreachable"),
        ("503", Response::json("503 Service Unavailable", ""), 12, "provider_unreachable"),
    ] {
        server.publish(METADATA_PATH, document);
        let outcome = start_sign_in(&home, &server.url).wait();
        assert_eq!(outcome.code(), Some(exit), "{what}: {}", outcome.stdout);
        assert_eq!(outcome.json()["error"]["code"], code, "{what}");
    }
    assert_eq!(server.misdirected_calls(), 0, "no redirect is followed");
    assert!(server.token_requests().is_empty());
    home.assert_consistent(0);
    let own = home.json(&["elements", "list"]);
    let own: Vec<_> = own.as_array().expect("a list").iter().filter(|e| e["own"] == true).collect();
    assert!(own.is_empty(), "no element was created: {own:?}");

    // Users copy an address with or without its trailing slash; the issuer in the metadata is used.
    for (number, spelling) in [server.url.clone(), format!("{}/", server.url)].iter().enumerate() {
        server.publish(METADATA_PATH, metadata(&server, json!({ "issuer": spelling })));
        let mut running = start_sign_in(&home, &server.url);
        let tab = user::open_tab(&Visitor::new().follow(&running.line("open: ")));
        running.wait().ok();
        assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
        home.assert_consistent(number + 1);
    }
}

#[test]
fn an_issuer_with_a_path_has_its_own_metadata() {
    let home = Home::new();
    let server = Scripted::start();
    let issuer = format!("{}/tenant/7", server.url);
    let own = metadata(&server, json!({ "issuer": issuer }));
    // RFC 8414 §3.1 appends the issuer's path; OpenID Connect Discovery §4 prepends it.
    for place in
        ["/.well-known/oauth-authorization-server/tenant/7", "/tenant/7/.well-known/openid-configuration"]
    {
        server.publish(place, own.clone());
        let mut running = start_sign_in(&home, &issuer);
        let tab = user::open_tab(&Visitor::new().follow(&running.line("open: ")));
        running.wait().ok();
        let _ = tab.join().expect("a tab");
        server.publish(place, Response::json("404 Not Found", ""));
    }
    // Metadata at the root belongs to the issuer at the root.
    server.publish(METADATA_PATH, metadata(&server, json!({})));
    start_sign_in(&home, &issuer).wait().error(2, "issuer_unknown");
    home.assert_consistent(2);
}

#[test]
fn a_provider_that_refuses_pkce_does_not_get_a_sign_in_without_it() {
    let home = Home::new();
    let server = Scripted::start();
    server.publish(METADATA_PATH, metadata(&server, json!({})));
    let mut running = start_sign_in(&home, &server.url);
    let address: url::Url = running.line("open: ").parse().expect("an address");
    let parameter =
        |name: &str| address.query_pairs().find(|(known, _)| known == name).expect(name).1.into_owned();
    assert_eq!(parameter("code_challenge_method"), "S256");
    // RFC 9700 §2.1.1: the error must not lead to a retry without PKCE.
    let mut refused: url::Url = parameter("redirect_uri").parse().expect("an address");
    refused
        .query_pairs_mut()
        .append_pair("error", "invalid_request")
        .append_pair("error_description", "code_challenge is not allowed")
        .append_pair("state", &parameter("state"));
    let page = crate::support::http::get(&refused).expect("a page");
    assert!(page.body.contains("was not connected"), "{}", page.body);
    running.wait().error(15, "provider_rejected");
    assert!(server.token_requests().is_empty(), "nothing was exchanged");
    home.assert_consistent(0);
}

#[test]
fn a_client_that_sends_no_secret_always_sends_a_challenge() {
    let home = Home::new();
    let server = Scripted::start();
    let public = json!({
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["plain"],
    });
    server.publish(METADATA_PATH, metadata(&server, public));
    // A secret is given, but this server takes none.
    let mut running = start_sign_in(&home, &server.url);
    let address = running.line("open: ");
    assert!(address.contains("code_challenge_method=S256"), "{address}");
    let tab = user::open_tab(&Visitor::new().follow(&address));
    running.wait().ok();
    assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
    let exchange = &server.token_requests()[0];
    assert!(exchange.contains("code_verifier=") && !exchange.contains("client_secret"), "{exchange}");
    home.assert_consistent(1);

    let issuer = format!("issuer={}", server.url);
    let arguments = ["connect", "oauth2", "--json", "--set", &issuer, "--set", "pkce=off"];
    let error = servers::start_sign_in(&home, &arguments, &[]).wait().error(2, "form_invalid");
    assert!(error.to_string().contains("pkce"), "{error}");
}
