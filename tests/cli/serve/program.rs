//! The program: its output, its address, its end.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;

use super::{Served, curl_in};
use crate::support::home::Home;
use crate::support::platform::Platform;
use crate::support::session::Session;

#[test]
fn the_server_prints_only_its_address_and_ends_cleanly() {
    let home = Home::new();
    for signal in ["-TERM", "-INT", "-HUP", "-QUIT"] {
        let mut child = home
            .command(&["serve", "--workspace", "practice"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is built");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let base_url = line.trim_end().strip_prefix("base_url: ").expect("an address");
        assert!(
            base_url.starts_with("http://127.0.0.1:") && base_url.ends_with("/elements/api-v2"),
            "{line}"
        );
        let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.expect("kill is installed").success());
        assert_eq!(child.wait().expect("ended").code(), Some(0));
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("text");
        child.stderr.take().expect("a pipe").read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "", "no secret and nothing else");
    }
}

#[test]
fn with_json_the_server_prints_one_document() {
    let home = Home::new();
    let mut child = home
        .command(&["serve", "--workspace", "practice", "--show-secrets", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program is built");
    let out = child.stdout.take().expect("a pipe");
    let mut documents = serde_json::Deserializer::from_reader(out).into_iter::<serde_json::Value>();
    let document = documents.next().expect("a document").expect("JSON");
    let header = format!("Authorization: {}", document["authorization"].as_str().expect("a header"));
    let url = format!("{}/organizations/me", document["base_url"].as_str().expect("an address"));
    assert_eq!(curl_in(std::path::Path::new("/"), &["-H", &header, &url]).status, 200);
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.expect("kill is installed").success());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

#[test]
fn secrets_are_permanent_and_differ_between_workspaces() {
    let home = Home::new();
    let first = Platform::start(&home);
    let secrets = first.authorization.clone();
    assert_eq!(first.terminate(), Some(0));
    let again = Platform::start(&home);
    assert_eq!(again.authorization, secrets);
    let local = Platform::start_with(&home, &["--workspace", "local", "--listen", "127.0.0.1:0"], &[]);
    assert_ne!(local.authorization, secrets);
    let (again, local) = (Served { platform: again }, Served { platform: local });
    again.create("Support");
    local.call("GET", "/instances").refused(404);
    let url = local.url("/instances");
    let refused = curl_in(std::path::Path::new("/"), &["-H", &again.secrets(), &url]);
    refused.refused(401);
}

#[test]
fn the_server_listens_on_loopback_only_and_reports_a_port_in_use() {
    let home = Home::new();
    home.run(&["serve", "--listen", "0.0.0.0:0", "--json"]).error(2, "usage");
    home.run(&["serve", "--listen", "192.0.2.1:80", "--json"]).error(2, "usage");
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error =
        home.run(&["serve", "--listen", &format!("127.0.0.1:{port}"), "--json"]).error(2, "port_in_use");
    assert_eq!(error["port"], port);
    assert!(error["free_port"].as_u64().is_some_and(|free| free != u64::from(port)));
    let v6 = Platform::start_with(&home, &["--workspace", "practice", "--listen", "[::1]:0"], &[]);
    let served = Served { platform: v6 };
    assert!(served.platform.base_url.starts_with("http://[::1]:"));
    served.bare("/elements/keys", &["-g"]).ok();
}

#[test]
fn the_server_does_not_start_without_a_usable_keychain() {
    let home = Home::new();
    home.session.lock();
    home.run(&["serve", "--workspace", "practice", "--json"]).error(11, "keychain_locked");
    let home = Home::in_session(Session::without_keyring());
    home.run(&["serve", "--workspace", "practice", "--json"]).error(11, "keychain_missing");
}

#[test]
fn a_keychain_locked_while_serving_is_reported_and_nothing_is_lost() {
    let home = Home::new();
    let served = Served::start(&home);
    let token = served.create("Support")["token"].as_str().expect("a token").to_owned();
    let callback = crate::support::user::allow(&served.start_sign_in("locked"));
    let body = super::zendesk("Other", &super::parameters(&callback));
    home.session.lock();
    let message = served.send("POST", "/instances", &body).refused(503);
    assert!(message.contains("locked"), "{message}");
    served.call_as(&token, "GET", "/ping").refused(503);
    home.session.unlock();
    served.call_as(&token, "GET", "/ping").ok();
    served.send("POST", "/instances", &body).ok();
    home.assert_consistent(2);
}

#[test]
fn secrets_are_not_in_standard_error_the_log_or_any_file() {
    let home = Home::new();
    let mut child = home
        .command(&["serve", "--workspace", "practice", "--show-secrets"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is built");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut read = |prefix: &str| {
        let line = out.next().expect("a line").expect("text");
        line.strip_prefix(prefix).expect("the line").to_owned()
    };
    let (base_url, authorization) = (read("base_url: "), read("authorization: "));
    let header = format!("Authorization: {authorization}");
    let call = |arguments: &[&str]| curl_in(std::path::Path::new("/"), arguments);
    let start = format!(
        "{base_url}/elements/zendesk/oauth/url?apiKey=app&apiSecret=s3cret-of-the-app&callbackUrl={}&siteAddress=acme",
        super::CALLBACK
    );
    let url = call(&[&start]).ok()["oauthUrl"].as_str().expect("an address").to_owned();
    let callback = crate::support::user::allow(&url);
    let mut body = super::zendesk("Support", &super::parameters(&callback));
    body["configuration"]["oauth.api.secret"] = "s3cret-of-the-app".into();
    let json = "Content-Type: application/json";
    let made =
        call(&["-H", &header, "-H", json, "-d", &body.to_string(), &format!("{base_url}/instances")]).ok();
    let element = format!(
        "{}, Element {}",
        header.split(',').next().expect("one"),
        made["token"].as_str().expect("one")
    );
    call(&["-H", &element, &format!("{base_url}/raw/me?in-the-path")]).ok();
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.expect("kill is installed").success());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");

    let item = home.session.items().remove(0);
    let mut secrets = vec![
        "s3cret-of-the-app".to_owned(),
        super::parameters(&callback)["code"].as_str().expect("one").to_owned(),
    ];
    secrets
        .extend(authorization.split(", ").map(|part| part.split(' ').nth(1).expect("a secret").to_owned()));
    for member in ["access_token", "refresh_token", "element_token"] {
        secrets.push(item[member].as_str().expect("a token").to_owned());
    }
    let files = home.files();
    let log = files.iter().find(|(path, _)| path.ends_with("keyrack.log")).expect("a log");
    assert!(
        String::from_utf8_lossy(&log.1).contains("route=\"/elements/api-v2/instances\""),
        "calls are logged"
    );
    for secret in secrets.iter().chain([&"in-the-path".to_owned()]) {
        assert!(!errors.contains(secret), "standard error holds {secret}");
        for (path, bytes) in &files {
            let holds = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!holds, "{} holds {secret}", path.display());
        }
    }
}
