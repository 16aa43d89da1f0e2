//! The metadata document of an authorization server, and the element file that is made of it.

use std::collections::BTreeMap;

use keyrack_domain::element::Element;
use keyrack_domain::element_file::{custom_oauth2, to_toml};
use keyrack_domain::form;
use keyrack_domain::http::HttpResponse;
use keyrack_domain::oauth::metadata::{Metadata, read_metadata};
use keyrack_domain::sensitive::Sensitive;
use url::{Host, Url};

use crate::assertions::assert_plain;

const ISSUER: &str = "https://id.example.com/tenant";
const LOCAL: &str = "http://127.0.0.1:4000";

pub fn check(data: &[u8]) {
    for issuer in [ISSUER, LOCAL] {
        check_document(issuer, data);
        // Most random documents have no issuer; these have one.
        let members = [format!("{{\"issuer\":\"{issuer}\",").as_bytes(), data, b"}"].concat();
        check_document(issuer, &members);
    }
}

fn check_document(issuer: &str, document: &[u8]) {
    let body = Sensitive::new(document.to_vec());
    match read_metadata(issuer, &HttpResponse { status: 200, body, ..HttpResponse::default() }) {
        Ok(metadata) => {
            assert_eq!(metadata.issuer, issuer);
            for endpoint in endpoints(&metadata) {
                check_endpoint(endpoint, issuer == LOCAL);
            }
            assert!(metadata.scopes_supported.len() <= 1000 && document.len() <= 256 * 1024);
            if issuer == ISSUER {
                check_element(&metadata);
            }
        }
        Err(problem) => assert_plain(&problem.to_string(), 120),
    }
}

fn endpoints(metadata: &Metadata) -> impl Iterator<Item = &Url> {
    let all = [
        &metadata.authorization_endpoint,
        &metadata.token_endpoint,
        &metadata.revocation_endpoint,
        &metadata.device_authorization_endpoint,
        &metadata.registration_endpoint,
        &metadata.userinfo_endpoint,
    ];
    all.into_iter().flatten()
}

/// A server elsewhere names no address of this computer; http is for this computer alone.
fn check_endpoint(endpoint: &Url, local: bool) {
    let on_this_computer = match endpoint.host().expect("a host") {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    assert!(endpoint.scheme() == "https" || endpoint.scheme() == "http" && on_this_computer);
    assert!(local || !on_this_computer);
    assert!(endpoint.username().is_empty() && endpoint.password().is_none() && endpoint.fragment().is_none());
}

/// An element that is made of the document can be written and read again, and is the same.
fn check_element(metadata: &Metadata) {
    let generic = include_str!("../../src-tauri/elements/oauth2/element.toml");
    let generic = Element::parse(generic).expect("the shipped element");
    let given = [("issuer", ISSUER), ("oauth.api.key", "client"), ("oauth.api.secret", "acme-value")];
    let given = given.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let callback = ("oauth.callback.url".to_owned(), "http://localhost:14747/callback/x".to_owned());
    let values = form::check(&generic, &given, &BTreeMap::from([callback])).expect("a valid form");
    let Ok(element) = custom_oauth2(&values, Some(metadata)) else { return };
    let text = to_toml(&element);
    let read = Element::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(read, element);
}
