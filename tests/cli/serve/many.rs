//! Concurrent callers, and servers that are killed or terminated.

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
fn sixty_four_concurrent_clients_each_get_an_instance() {
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
                    let callback = user::allow(&served.start_sign_in(&format!("client-{number}")));
                    // All have the same name, so the connections are numbered.
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

/// Starts a server with a fault point. Its secrets are those of an earlier one.
fn start_with_fault(home: &Home, variables: &[(&str, &str)]) -> (Running, Caller) {
    let earlier = Platform::start(home);
    let authorization = earlier.authorization.clone();
    assert_eq!(earlier.terminate(), Some(0));
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|s| s.local_addr()).expect("a port").port();
    let listen = format!("127.0.0.1:{port}");
    let running = home.start_with(&["serve", "--workspace", "practice", "--listen", &listen], variables);
    eventually("the server listens", || TcpStream::connect(("127.0.0.1", port)).ok());
    (running, Caller { base_url: format!("http://{listen}/elements/api-v2"), authorization })
}

struct Caller {
    base_url: String,
    authorization: String,
}

impl Caller {
    /// Signs in, and returns the running last call.
    fn create(&self) -> Child {
        let start = format!(
            "{}/elements/zendesk/oauth/url?apiKey=app&apiSecret=s3cret&callbackUrl={CALLBACK}&siteAddress=acme",
            self.base_url
        );
        let url =
            curl_in(Path::new("/"), &[&start]).ok()["oauthUrl"].as_str().expect("an address").to_owned();
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
fn a_server_killed_while_saving_leaves_a_complete_connection_or_none() {
    for (point, left) in [("instance_created", 0), ("vault_written", 1)] {
        let home = Home::new();
        let (mut running, caller) = start_with_fault(&home, &[("KEYRACK_FAULT", point)]);
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
fn a_terminated_server_finishes_its_calls() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = start_with_fault(&home, &gate.variables("instance_created"));
    let call = caller.create();
    running.line("fault: instance_created");
    let sent = Command::new("kill").args(["-TERM", &running.id().to_string()]).status();
    assert!(sent.expect("kill is installed").success());
    gate.open();
    assert_eq!(running.wait().code(), Some(0));
    let output = call.wait_with_output().expect("curl ended");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "200");
    home.assert_consistent(1);
}

/// Waits until a server lists an instance.
fn wait_for_instance(caller: &Caller) {
    let header = format!("Authorization: {}", caller.authorization);
    let url = format!("{}/instances", caller.base_url);
    eventually("the instance is listed", || {
        let answer = curl_in(Path::new("/"), &["-H", &header, &url]);
        (answer.status == 200).then_some(())
    });
}

#[test]
fn a_disconnected_caller_does_not_stop_its_sign_in() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = start_with_fault(&home, &gate.variables("token_asked"));
    let mut call = caller.create();
    running.line("fault: token_asked");
    call.kill().expect("killed");
    call.wait().expect("ended");
    gate.open();
    wait_for_instance(&caller);
    home.assert_consistent(1);
}

#[test]
fn a_terminated_server_finishes_the_sign_in_of_a_disconnected_caller() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = start_with_fault(&home, &gate.variables("token_asked"));
    let mut call = caller.create();
    running.line("fault: token_asked");
    call.kill().expect("killed");
    call.wait().expect("ended");
    let sent = Command::new("kill").args(["-TERM", &running.id().to_string()]).status();
    assert!(sent.expect("kill is installed").success());
    let port = url::Url::parse(&caller.base_url).ok().and_then(|url| url.port()).expect("a port");
    eventually("the port is closed", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    gate.open();
    assert_eq!(running.wait().code(), Some(0));
    home.assert_consistent(1);
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let home = Home::new();
    let gate = home.gate();
    let (mut running, caller) = start_with_fault(&home, &gate.variables("token_asked"));
    let mut call = caller.create();
    running.line("fault: token_asked");
    let port = url::Url::parse(&caller.base_url).ok().and_then(|url| url.port()).expect("a port");
    running.interrupt();
    eventually("the port is closed", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    running.interrupt();
    assert_eq!(running.wait().code(), Some(0));
    call.wait().expect("its connection broke");
}

#[test]
fn two_sign_ins_with_the_same_state_are_both_finished() {
    let home = Home::new();
    let served = Served::start(&home);
    let (first, second) = (served.start_sign_in("zendesk"), served.start_sign_in("zendesk"));
    let second = user::allow(&second);
    served
        .send("POST", "/instances", &zendesk("Second", &json!({ "code": parameters(&second)["code"] })))
        .ok();
    let first = user::allow(&first);
    served.send("POST", "/instances", &zendesk("First", &json!({ "code": parameters(&first)["code"] }))).ok();
    home.assert_consistent(2);
}
