//! The window at servers that others wrote: signing in through a real browser, and renewing ahead of need while others
//! want the same token.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::address;
use crate::support::browser::Chromium;
use crate::support::home::{Home, eventually, wait_until};
use crate::support::rounds_of;
use crate::support::scripted::Scripted;
use crate::support::servers::{
    self, CLIENT_ID, CLIENT_SECRET, OAUTH1_SECRET, Server, callback_of_its_own, oidc_element, plain_element,
    write_element,
};
use crate::support::window::Window;

/// The value of a callback field.
fn callback() -> String {
    callback_of_its_own().split_once('=').expect("a value").1.to_owned()
}

/// Goes to the form of a product of this computer's own workspace.
fn at_the_form(window: &Window, product: &str) {
    window.press("Add connection");
    window.press_row(product);
}

fn connected(home: &Home, window: &Window, name: &str, identity: &str) {
    eventually("the new row stands in the list", || window.has_row(name).then_some(()));
    window.press_row(name);
    window.sees(identity);
    window.sees("Works");
    home.assert_whole(1);
    crate::assert_page_holds_no_secret(home, window);
}

#[test]
fn the_address_of_an_openid_provider_is_all_that_the_window_needs() {
    let server = Server::oidc(json!({}));
    let home = Home::new();
    let window = Window::open(&home);
    at_the_form(&window, "Other (OAuth 2 / OpenID)");
    window.fill("What the product is called", "Anvils");
    window.fill("Sign-in address", &server.url);
    window.press("Continue");
    window.sees("Connect Anvils");
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.allow_as("maria").heading, "Anvils is connected");
    connected(&home, &window, "Anvils", "maria");
    let token = home.run(&["token", "Anvils"]).ok().stdout;
    assert!(server.honours(token.trim_end()));

    // Somebody else signs in: nothing changes until it is said what is meant.
    window.press("Sign in again");
    chromium.open(&address(&home, 1));
    chromium.fill("input[name=login]", "bob");
    chromium.press("button[name=decision][value=allow]");
    window.sees("bob");
    assert_eq!(home.list()[0]["identity"], "maria");
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, token);
}

#[test]
fn an_oauth_1_0a_provider_is_described_by_its_three_addresses() {
    let server = Server::oauth1();
    let home = Home::new();
    let window = Window::open(&home);
    at_the_form(&window, "Other (OAuth 1.0a)");
    window.fill("What the product is called", "Anvils");
    for (label, path) in [
        ("Request token address", "/request_token"),
        ("Sign-in address", "/authorize"),
        ("Access token address", "/access_token"),
    ] {
        window.fill(label, server.at(path).as_str());
    }
    window.press("Continue");
    window.sees("Connect Anvils");
    window.fill("Consumer key", CLIENT_ID);
    window.fill("Consumer secret", OAUTH1_SECRET);
    window.press("Advanced");
    window.fill("Callback URL", &callback());
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.allow_as("maria").heading, "Anvils is connected");
    eventually("the new row stands in the list", || window.has_row("Anvils").then_some(()));
    home.assert_whole(1);
    assert_eq!(server.counts()["access"], 1);
}

#[test]
fn an_element_file_of_ones_own_stands_in_the_list() {
    let server = Server::mock();
    let home = Home::new();
    write_element(&home, "acme", &plain_element("acme", &server.url));
    let window = Window::open(&home);
    at_the_form(&window, "Acme acme");
    window.fill("Client ID", CLIENT_ID);
    window.fill("Secret", CLIENT_SECRET);
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.last_page().heading, "Acme acme is connected");
    connected(&home, &window, "Acme acme", "johndoe@mock.example");
}

#[test]
fn of_nineteen_programs_and_the_open_window_one_renews() {
    let home = Home::new();
    let server = Server::oidc_with_client(json!({}));
    write_element(&home, "acme", &oidc_element("acme", &server.url));
    servers::connect(&home, "acme", "maria", &["--name", "Anvils"]).ok();
    let window = Window::open(&home);
    window.press_row("Anvils");
    window.sees("Works");
    for round in 0..rounds_of(5, 50) {
        server.set_life(1);
        home.run(&["renew", "Anvils"]).ok();
        server.set_life(600);
        let before = server.token_calls("refresh_token");
        // Slow enough that all of them, and the window, meet at the lock.
        server.control("next", json!({ "after_ms": 700 }));
        wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));
        let running: Vec<_> = (0..19).map(|_| home.start(&["token", "Anvils"])).collect();
        window.press("Copy token");
        let printed: Vec<_> = running.into_iter().map(|running| running.wait().ok().stdout).collect();
        let token = home.session.items()[0]["access_token"].as_str().expect("a token").to_owned();
        eventually("the window has it too", || (window.display.clipboard() == token).then_some(()));
        assert!(printed.iter().all(|text| text.trim_end() == token), "round {round}: one new token for all");
        assert_eq!(server.token_calls("refresh_token"), before + 1, "round {round}");
        assert!(server.honours(&token), "round {round}");
    }
    let counts = server.counts();
    assert_eq!((&counts["replays"], &counts["revoked_grants"]), (&json!(0), &json!(0)), "the grant is alive");
    assert_eq!(home.list()[0]["status"], "ok");
}

/// The most calls that fell into one life of a token.
fn most_in_one(life: Duration, calls: &[Instant]) -> usize {
    let within = |from: &Instant| calls.iter().filter(|at| **at >= *from && **at < *from + life).count();
    calls.iter().map(within).max().unwrap_or_default()
}

#[test]
fn no_token_however_short_its_life_is_renewed_more_than_twice_in_it() {
    let home = Home::new();
    let lives = [1, 2, 3, 5, 8, 12, 20, 30, 60];
    let servers: Vec<_> = lives
        .iter()
        .map(|life| {
            let (key, server) = (format!("life-{life}"), Scripted::start());
            server.set_life(*life);
            write_element(&home, &key, &plain_element(&key, &server.url));
            servers::connect(&home, &key, "maria", &["--name", &key]).ok();
            (*life, key, server)
        })
        .collect();
    let window = Window::open(&home);
    window.sees("life-60");
    // The window by itself, then with a script that asks all the time.
    let begun = Instant::now();
    let (alone, all) = (Duration::from_secs(8), Duration::from_secs(rounds_of(20, 150).into()));
    while begun.elapsed() < alone {
        std::thread::sleep(Duration::from_millis(100));
    }
    let by_the_window = servers.iter().filter(|(_, _, server)| server.heard().len() > 1).count();
    assert!(by_the_window > 0, "it does renew ahead of need");
    while begun.elapsed() < all {
        for (_, key, _) in &servers {
            home.run(&["token", key]).ok();
        }
    }
    drop(window);
    for (life, _, server) in &servers {
        let calls = server.heard_at();
        // The first one was the sign-in.
        let most = most_in_one(Duration::from_secs(u64::try_from(*life).expect("a life")), &calls[1..]);
        assert!(most <= 2, "life {life} s: {most} renewals in one life, {} in all", calls.len());
    }
    let heard: Vec<_> = servers.iter().map(|(life, _, server)| (life, server.heard().len())).collect();
    println!("calls at each life in {:?}: {heard:?}", begun.elapsed());
    assert!(home.list().iter().all(|row| row["status"] == "ok"));
}
