//! Many callers at once, and sudden ends.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

use serde_json::json;

use super::{CALLBACK, Served, curl_in, parameters, zendesk};
use crate::support::home::{Home, eventually};
use crate::support::keyrack::Running;
use crate::support::platform::Platform;
use crate::support::user;

#[test]
fn sixty_four_clients_at_once_lose_and_double_nothing() {
    const CLIENTS: usize = 64;
    let home = Home::new();
    let served = Served::start(&home);
    let barrier = Barrier::new(CLIENTS);
    let made: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (served, barrier) = (&served, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let callback = user::allow(&served.begin(&format!("client-{number}")));
                    // All of them have the same name: the connections get numbers.
                    served.send("POST", "/instances", &zendesk("Many", &parameters(&callback))).ok()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client")).collect()
    });
    let distinct =
        |member: &str| made.iter().map(|one| one[member].to_string()).collect::<BTreeSet<_>>().len();
    for member in ["id", "token", "name"] {
        assert_eq!(distinct(member), CLIENTS, "{member}");
    }
    let listed = served.call("GET", "/instances?hydrate=false").ok();
    assert_eq!(listed.as_array().expect("a list").len(), CLIENTS);
    home.assert_consistent(CLIENTS);
}

/// Starts a server that stops at this point. Its secrets are those of an earlier one.
fn stopping_at(home: &Home, variables: &[(&str, &str)]) -> (Running, Caller) {
    let earlier = Platform::start(home);
    let authorization = earlier.authorization.clone();
    assert_eq!(earlier.terminate(), Some(0));
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|s| s.local_addr()).expect("a port").port();
    let listen = format!("127.0.0.1:{port}");
    let running = home.start_with(&["serve", "--workspace", "practice", "--listen", &listen], variables);
    eventually("the server listens", || TcpStream::connect(("127.0.0.1", port)).ok());
    (running, Caller { base_url: format!("http://{listen}/elements/api-v2"), authorization })
}

/// Whoever calls such a server.
struct Caller {
    base_url: String,
    authorization: String,
}

impl Caller {
    /// Signs in; the last call is left running.
    fn create(&self) -> Child {
        let begin = format!(
            "{}/elements/zendesk/oauth/url?apiKey=app&apiSecret=s3cret&callbackUrl={CALLBACK}&siteAddress=acme",
            self.base_url
        );
        let url =
            curl_in(Path::new("/"), &[&begin]).ok()["oauthUrl"].as_str().expect("an address").to_owned();
        let body = zendesk("Support", &parameters(&user::allow(&url))).to_string();
        Command::new("curl")
            .args(["-q", "-s", "--noproxy", "*", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}"])
            .args(["-H", &format!("Authorization: {}", self.authorization)])
            .args(["-H", "Content-Type: application/json", "-d", &body])
            .arg(format!("{}/instances", self.base_url))
            .stdout(Stdio::piped())
            .spawn()
            .expect("curl is installed")
    }
}

#[test]
fn a_server_killed_while_it_saves_leaves_nothing_half() {
    for (point, left) in [("instance_created", 0), ("vault_written", 1)] {
        let home = Home::new();
        let (mut running, caller) = stopping_at(&home, &[("KEYRACK_FAULT", point)]);
        let call = caller.create();
        running.line(&format!("fault: {point}"));
        running.kill();
        call.wait_with_output().expect("its connection broke");
        let served = Served::start(&home);
        home.assert_consistent(left);
        if left == 1 {
            let listed = served.call("GET", "/instances").ok();
            let token = listed[0]["token"].as_str().expect("a token");
            served.call_as(token, "GET", "/ping").ok();
        } else {
            served.call("GET", "/instances").refused(404);
        }
    }
}

#[test]
fn a_server_that_is_told_to_end_finishes_what_it_has_begun() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = stopping_at(&home, &gate.variables("instance_created"));
    let call = caller.create();
    running.line("fault: instance_created");
    let sent = Command::new("kill").args(["-TERM", &running.id().to_string()]).status();
    assert!(sent.expect("kill is installed").success());
    gate.open();
    assert_eq!(running.wait().code(), Some(0));
    let said = call.wait_with_output().expect("curl ended");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "200");
    home.assert_consistent(1);
}

/// Waits until the list of a server has one instance.
fn made(caller: &Caller) {
    let header = format!("Authorization: {}", caller.authorization);
    let url = format!("{}/instances", caller.base_url);
    eventually("the instance is listed", || {
        let answer = curl_in(Path::new("/"), &["-H", &header, &url]);
        (answer.status == 200).then_some(())
    });
}

#[test]
fn a_caller_that_leaves_while_the_provider_thinks_loses_nothing() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = stopping_at(&home, &gate.variables("token_asked"));
    let mut call = caller.create();
    running.line("fault: token_asked");
    call.kill().expect("killed");
    call.wait().expect("ended");
    gate.open();
    made(&caller);
    home.assert_consistent(1);
}

#[test]
fn a_server_that_is_told_to_end_waits_for_a_sign_in_whose_caller_has_left() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = stopping_at(&home, &gate.variables("token_asked"));
    let mut call = caller.create();
    running.line("fault: token_asked");
    call.kill().expect("killed");
    call.wait().expect("ended");
    let sent = Command::new("kill").args(["-TERM", &running.id().to_string()]).status();
    assert!(sent.expect("kill is installed").success());
    let port = url::Url::parse(&caller.base_url).ok().and_then(|url| url.port()).expect("a port");
    eventually("nothing more is accepted", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    gate.open();
    assert_eq!(running.wait().code(), Some(0));
    home.assert_consistent(1);
}

#[test]
fn a_second_signal_ends_at_once() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = stopping_at(&home, &gate.variables("token_asked"));
    let mut call = caller.create();
    running.line("fault: token_asked");
    let port = url::Url::parse(&caller.base_url).ok().and_then(|url| url.port()).expect("a port");
    running.interrupt();
    eventually("nothing more is accepted", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    running.interrupt();
    assert_eq!(running.wait().code(), Some(0));
    call.wait().expect("its connection broke");
}

#[test]
fn two_sign_ins_with_one_state_are_both_finished() {
    let home = Home::new();
    let served = Served::start(&home);
    let (first, second) = (served.begin("zendesk"), served.begin("zendesk"));
    let second = user::allow(&second);
    served
        .send("POST", "/instances", &zendesk("Second", &json!({ "code": parameters(&second)["code"] })))
        .ok();
    let first = user::allow(&first);
    served.send("POST", "/instances", &zendesk("First", &json!({ "code": parameters(&first)["code"] }))).ok();
    home.assert_consistent(2);
}
