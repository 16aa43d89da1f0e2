//! Refusals, and calls of the catalogue.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{CALLBACK, Served, parameters, zendesk};
use crate::support::home::Home;
use crate::support::{TIMEOUT, user};

const WRONG_SECRETS: &str = "Invalid Organization or User secret, or invalid Element token provided.";

#[test]
fn missing_entries_used_codes_denials_and_unknown_elements_are_refused_as_documented() {
    let home = Home::new();
    let served = Served::start(&home);

    let callback = user::allow(&served.start_sign_in("one"));
    let mut body = zendesk("Test", &parameters(&callback));
    let complete = body.clone();
    let configuration = body["configuration"].as_object_mut().expect("an object");
    configuration.remove("oauth.api.secret");
    configuration.remove("oauth.api.key");
    let message = served.send("POST", "/instances", &body).refused(400);
    assert!(message.contains("oauth.api.secret") && message.contains("oauth.api.key"), "{message}");
    assert!(!message.contains("oauth.callback.url"), "{message}");

    // The code was not used: the complete body works, once.
    served.send("POST", "/instances", &complete).ok();
    let again = served.send("POST", "/instances", &complete);
    again.refused(400);
    let words = again.json()["providerMessage"].as_str().expect("the provider's words").to_owned();
    assert!(words.starts_with("invalid_grant"), "{words}");

    let denied = user::deny(&served.start_sign_in("two"));
    assert_eq!(parameters(&denied)["error"], "access_denied");
    let code = "You must provide an OAuth code in order to create an instance of this element";
    for provider_data in [parameters(&denied), json!({}), Value::Null, json!({ "code": "" })] {
        assert_eq!(served.send("POST", "/instances", &zendesk("Test", &provider_data)).refused(400), code);
    }
    let message =
        served.send("POST", "/instances", &json!({ "name": "x", "element": { "key": "desk" } })).refused(400);
    for named in ["subdomain", "oauth.api.key", "oauth_token", "oauth_verifier", "secret"] {
        assert!(message.contains(named), "{named} in {message}");
    }

    let mut unknown = complete.clone();
    unknown["element"]["key"] = "nothing".into();
    let message = served.send("POST", "/instances", &unknown).refused(404);
    assert_eq!(message, "No element found with ID nothing");
    for path in
        ["/elements/nothing/oauth/url", "/elements/nothing/oauth/token", "/elements/nothing", "/elements/1"]
    {
        served.bare(path, &[]).refused(404);
    }
    assert_eq!(served.call("GET", "/instances/99").refused(404), "No instance found with ID 99");
    home.assert_consistent(1);
}

#[test]
fn missing_parameters_are_named_by_their_query_names() {
    let home = Home::new();
    let served = Served::start(&home);
    let message = served.bare("/elements/zendesk/oauth/url", &[]).refused(400);
    for named in ["apiKey", "apiSecret", "callbackUrl", "siteAddress"] {
        assert!(message.contains(named), "{named} in {message}");
    }
    let desk = format!("apiKey=a&apiSecret=b&callbackUrl={CALLBACK}&siteAddress=acme");
    let message = served.bare(&format!("/elements/desk/oauth/url?{desk}"), &[]).refused(400);
    assert!(message.contains("requestToken"), "{message}");
    served.bare(&format!("/elements/zendesk/oauth/token?{desk}"), &[]).refused(400);
    // The same in a body.
    let body = json!({ "apiKey": "a", "apiSecret": "b", "callbackUrl": CALLBACK, "siteAddress": "acme", "state": "s" });
    let answer = served.bare(
        "/elements/zendesk/oauth/url",
        &["-H", "Content-Type: application/json", "-d", &body.to_string()],
    );
    let url = answer.ok()["oauthUrl"].as_str().expect("an address").to_owned();
    assert!(url.contains("state=s") && url.contains("code_challenge="), "{url}");
    assert!(url.contains("scope=read%20write"), "{url}");
    let query = format!("apiKey=a&apiSecret=b&callbackUrl={CALLBACK}&siteAddress=acme&scope=read");
    let answer = served.bare(&format!("/elements/zendesk/oauth/url?{query}"), &[]);
    let url = answer.ok()["oauthUrl"].as_str().expect("an address").to_owned();
    assert!(url.contains("scope=read&"), "a requested scope is used: {url}");
}

#[test]
fn parameters_that_are_too_long_are_named() {
    let home = Home::new();
    let served = Served::start(&home);
    let start_sign_in = |element: &str, changes: &[(&str, &str)]| {
        let mut body =
            json!({ "apiKey": "a", "apiSecret": "b", "callbackUrl": CALLBACK, "siteAddress": "acme" });
        for (name, value) in changes {
            body[*name] = (*value).into();
        }
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), body.to_string()).expect("written");
        let data = format!("@{}", file.path().display());
        let secrets = served.secrets();
        let arguments = ["-H", &secrets, "-H", "Content-Type: application/json", "-d", &data];
        served.bare(&format!("/elements/{element}/oauth/url"), &arguments)
    };
    start_sign_in("zendesk", &[("state", &"s".repeat(2048))]).ok();
    for (element, name) in [("zendesk", "state"), ("zendesk", "scope"), ("desk", "requestToken")] {
        let message = start_sign_in(element, &[(name, &"s".repeat(900_000))]).refused(400);
        assert_eq!(message, format!("{name} has more than 2048 bytes."));
    }
    // Each value is short enough, but the address is not.
    let wide = "ö".repeat(1000);
    let message = start_sign_in("zendesk", &[("state", &wide), ("scope", &wide)]).refused(400);
    assert!(message.contains("state") && message.contains("scope"), "{message}");
}

#[test]
fn secrets_are_checked_before_the_body_is_read() {
    let home = Home::new();
    let served = Served::start(&home);
    let url: url::Url = served.platform.base_url.parse().expect("an address");
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().expect("a port"))).expect("connected");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    // An announced body that is not sent.
    let head = "POST /elements/api-v2/instances HTTP/1.1\r\nHost: 127.0.0.1:";
    let length = "Content-Type: application/json\r\nContent-Length: 1000";
    write!(stream, "{head}{}\r\n{length}\r\n\r\n", url.port().expect("a port")).expect("sent");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("answered");
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[test]
fn calls_without_secrets_or_with_wrong_ones_are_refused() {
    let home = Home::new();
    let served = Served::start(&home);
    let token = served.create("Test")["token"].as_str().expect("a token").to_owned();
    let right = served.platform.authorization.clone();
    let (user, organization) = right.split_once(", ").expect("two secrets");
    assert!(user.len() == "User ".len() + 44 && user.ends_with('='), "the length of the platform's");
    assert_eq!(organization.len(), "Organization ".len() + 32);
    let header = |value: &str| format!("Authorization: {value}");
    for wrong in [
        "".to_owned(),
        user.to_owned(),
        organization.to_owned(),
        format!("User x, {organization}"),
        format!("{user}, Organization x"),
        format!("{user}, Element {token}"),
        format!("{right}, Element x"),
        format!("{user}, {user}, {organization}"),
        "Bearer x".to_owned(),
    ] {
        let answer = served.bare("/instances", &["-X", "POST", "-H", &header(&wrong), "-d", "{}"]);
        assert_eq!(answer.refused(401), WRONG_SECRETS, "{wrong}");
    }
    served.bare("/instances", &[]).refused(401);
    // Wrong secrets are refused also where none are needed.
    served.bare("/elements/keys", &[]).ok();
    served.bare("/elements/keys", &["-H", &header("User x, Organization y")]).refused(401);
    served.bare("/elements/keys", &["-H", &header(&format!("{organization},{user}"))]).ok();
    for wrong in [format!("{user}, Element x"), right.clone(), format!("User x, Element {token}")] {
        served.bare("/ping", &["-H", &header(&wrong)]).refused(401);
    }
    served.bare("/ping", &["-H", &header(&format!("Element {token}, {right}"))]).ok();
    served.call("GET", "/organizations/me").ok();
}

#[test]
fn invalid_calls_are_refused_in_json_with_their_status() {
    let home = Home::new();
    let served = Served::start(&home);
    let secrets = served.secrets();
    let json_body = "Content-Type: application/json";
    served.call("GET", "/nothing").refused(404);
    served.bare("/../../nothing", &["--path-as-is"]).refused(404);
    served.call("PUT", "/instances/count").refused(405);
    served.call("DELETE", "/elements").refused(405);
    served.bare("/instances", &["-H", &secrets, "-d", "{}"]).refused(415);
    served.bare("/elements", &["-H", "Accept: text/html"]).refused(406);
    let message = served
        .bare("/instances", &["-H", &secrets, "-H", json_body, "-d", "{\"name\": s3cret}"])
        .refused(400);
    assert!(message.contains("line 1") && !message.contains("s3cret"), "{message}");
    let large = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(large.path(), vec![b' '; 2 * 1024 * 1024]).expect("written");
    let data = format!("@{}", large.path().display());
    served.bare("/instances", &["-H", &secrets, "-H", json_body, "--data-binary", &data]).refused(413);
}

#[test]
fn web_pages_and_other_host_names_are_refused() {
    let home = Home::new();
    let served = Served::start(&home);
    let secrets = served.secrets();
    for header in ["Host: evil.example", "Host: localhost", "Host: evil.example:14748", "Host:"] {
        served.bare("/elements/keys", &["-H", header]).refused(421);
    }
    for header in [
        "Origin: null",
        "Origin: https://evil.example",
        "Sec-Fetch-Site: cross-site",
        "Sec-Purpose: prefetch",
    ] {
        served.bare("/elements/keys", &["-H", header]).refused(403);
        served.bare("/instances", &["-H", &secrets, "-H", header]).refused(403);
        served.bare("/raw/me", &["-H", &secrets, "-H", header]).refused(403);
    }
    let answer = served.bare("/elements/keys", &["-H", "Sec-Fetch-Site: none"]);
    answer.ok();
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
    let preflight = served.bare(
        "/instances",
        &["-X", "OPTIONS", "-H", "Origin: https://evil.example", "-H", "Access-Control-Request-Method: POST"],
    );
    preflight.refused(403);
    assert!(!preflight.head.to_lowercase().contains("access-control"));
}

#[test]
fn an_incomplete_request_head_times_out() {
    let home = Home::new();
    let served = Served::start(&home);
    let url: url::Url = served.platform.base_url.parse().expect("an address");
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().expect("a port"))).expect("connected");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    stream.write_all(b"GET /elements/api-v2/elements HTTP/1.1\r\n").expect("sent");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("closed by the server");
}

#[test]
fn the_catalogue_is_returned_by_key_and_by_number() {
    let home = Home::new();
    let served = Served::start(&home);
    let keys = served.bare("/elements/keys", &[]).ok();
    let count = keys.as_array().expect("a list").len();
    assert!(count >= 300, "{count}");
    let answer = served.bare("/elements", &[]);
    let all = answer.ok();
    // A page is never longer.
    assert_eq!(all.as_array().expect("a list").len(), 200);
    assert_eq!(answer.header("elements-returned-count").as_deref(), Some("200"));
    for element in all.as_array().expect("a list").iter().step_by(20) {
        let by_number = served.bare(&format!("/elements/{}", element["id"]), &[]).ok();
        assert_eq!(by_number, *element);
        assert!(element["configuration"].as_array().is_some_and(|entries| !entries.is_empty()));
    }
    let zendesk = served.bare("/elements/zendesk/configuration", &[]).ok();
    assert_eq!(zendesk["providerData"], json!(["code"]));
    let entry = zendesk["configuration"].as_array().expect("a list").iter();
    let secret = entry.clone().find(|e| e["key"] == "oauth.api.secret").expect("listed");
    assert_eq!((&secret["type"], &secret["required"]), (&json!("PASSWORD"), &json!(true)));
    assert!(entry.clone().any(|e| e["key"] == "helpdesk.zendesk.url" && e["hideFromConsole"] == true));
    assert_eq!(served.bare("/elements/desk/authentication-types", &[]).ok()["defaultValue"], "oauth1");
    let metadata = served.bare("/elements/desk/metadata?expand=true", &[]).ok();
    assert_eq!(
        (&metadata["authenticationType"], &metadata["usage"]["instanceCount"]),
        (&json!("oauth1"), &json!(0))
    );
    assert!(served.bare("/elements/desk/metadata", &[]).ok().get("usage").is_none());
    assert_eq!(served.bare("/elements/metadata", &[]).ok().as_array().expect("a list").len(), count);
    let one = served.bare("/elements?where=key%20%3D%20%27desk%27", &[]).ok();
    assert_eq!(one.as_array().expect("a list").len(), 1);
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let page = served.bare(&format!("/elements?pageSize=3{next}"), &[]);
        found.extend(page.ok().as_array().expect("a list").iter().map(|e| e["key"].clone()));
        match page.header("elements-next-page-token") {
            Some(token) => next = format!("&nextPage={token}"),
            None => break,
        }
    }
    assert_eq!(Value::Array(found), keys);
    served.bare("/elements?pageSize=none", &[]).refused(400);
}
