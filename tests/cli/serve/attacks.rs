//! Local programs without a secret that try to stop the server, or the sign-ins of others.

use std::fs;
use std::time::Duration;

use serde_json::json;
use url::Url;

use super::sign_ins::{element, field};
use super::{CALLBACK, Served, zendesk};
use crate::support::attackers::{Attackers, median_time};
use crate::support::home::Home;
use crate::support::http;
use crate::support::platform::Platform;
use crate::support::scripted::Scripted;
use crate::support::servers::write_element;

/// The most resident memory, in kB, that the server may ever have had.
const MOST_MEMORY: u64 = 64 * 1024;

fn address(served: &Served) -> Url {
    served.url("/elements/keys").parse().expect("an address")
}

/// The peak of the resident memory of a server, in kB.
fn peak_memory(served: &Served) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", served.platform.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Asserts that callers with and without secrets are answered in less than a second.
#[track_caller]
fn assert_prompt(served: &Served) {
    let url = address(served);
    let (target, host) = (http::target(&url), http::authority(&url));
    for secrets in [served.secrets() + "\r\n", String::new()] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{secrets}\r\n");
        let delay = median_time(|| {
            assert_eq!(http::send(&url, &request).expect("an answer").status, 200);
        });
        assert!(delay < Duration::from_secs(1), "{delay:?}");
    }
    assert_small(served);
}

#[track_caller]
fn assert_small(served: &Served) {
    let peak = peak_memory(served);
    assert!(peak < MOST_MEMORY, "{peak} kB");
}

/// The head of a call of `oauth/url` that announces a body.
fn head(served: &Served, framing: &str) -> String {
    let host = http::authority(&address(served));
    format!(
        "POST /elements/api-v2/elements/zendesk/oauth/url HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         {framing}\r\n\r\n"
    )
}

#[test]
fn idle_dripping_and_reopening_connections_do_not_delay_a_call() {
    let home = Home::new();
    let served = Served::start(&home);
    let _attackers = Attackers::without_requests(&http::authority(&address(&served)), 512);
    assert_prompt(&served);
}

#[test]
fn bodies_that_never_come_do_not_delay_a_call() {
    let home = Home::new();
    let served = Served::start(&home);
    let authority = http::authority(&address(&served));
    let _announced = Attackers::sending(&authority, 256, head(&served, "Content-Length: 1000").as_bytes());
    let _chunked =
        Attackers::sending(&authority, 256, head(&served, "Transfer-Encoding: chunked").as_bytes());
    assert_prompt(&served);
}

#[test]
fn large_heads_and_bodies_take_little_memory() {
    let home = Home::new();
    let served = Served::start(&home);
    let authority = http::authority(&address(&served));
    let announced = head(&served, "Content-Length: 900000") + &" ".repeat(899_999);
    let chunked = head(&served, "Transfer-Encoding: chunked") + "dbba0\r\n" + &" ".repeat(899_999);
    let endless = "GET / HTTP/1.1\r\nx: ".to_owned() + &"x".repeat(900_000);
    for request in [announced, chunked, endless] {
        let _attackers = Attackers::sending(&authority, 200, request.as_bytes());
        served.bare("/elements/keys", &["-H", &served.secrets()]).ok();
        assert_small(&served);
    }
}

#[test]
fn sign_ins_that_show_no_secrets_evict_none_that_did() {
    let home = Home::new();
    let provider = Scripted::start();
    let shop = element("shop", "", &field("shop.id", "\"shop\""));
    write_element(&home, "shop", &shop.replace("https://acme.example", &provider.url));
    let platform = Platform::start_with(&home, &["--workspace", "local", "--listen", "127.0.0.1:0"], &[]);
    let served = Served { platform };
    let path = format!("/elements/shop/oauth/url?apiKey=app&apiSecret=s3cret&callbackUrl={CALLBACK}");
    served.bare(&format!("{path}&shop=victim&state=ours"), &["-H", &served.secrets()]).ok();

    let url = served.url(&path);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let url = &url;
            scope.spawn(move || {
                for number in 0..2500 {
                    let url = format!("{url}&shop=attacker&state={thread}-{number}");
                    let answer = http::get(&url.parse().expect("an address")).expect("an answer");
                    assert_eq!(answer.status, 200, "{}", answer.body);
                }
            });
        }
    });
    assert_prompt(&served);

    let mut body = zendesk("Ours", &json!({ "code": "c", "state": "ours" }));
    body["element"]["key"] = "shop".into();
    body["configuration"].as_object_mut().expect("an object").remove("zendesk.subdomain");
    let made = served.send("POST", "/instances", &body).ok();
    assert_eq!(made["configuration"]["shop.id"], "victim");
    assert!(provider.token_requests()[0].contains("code_verifier="), "with its verifier");
    home.assert_consistent(1);
}
