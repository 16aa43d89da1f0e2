//! The window at servers that others wrote: signing in through a real browser, and renewing ahead of need while others
//! want the same token.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::address;
use crate::support::browser::Chromium;
use crate::support::home::{Home, eventually, wait_until};
use crate::support::rounds_of;
use crate::support::scripted::Scripted;
use crate::support::servers::{
    self, CLIENT_ID, CLIENT_SECRET, OAUTH1_SECRET, Server, callback_on_free_port, oidc_element,
    plain_element, write_element,
};
use crate::support::window::Window;

/// The value of a callback field.
fn callback() -> String {
    callback_on_free_port().split_once('=').expect("a value").1.to_owned()
}

/// Goes to the form of a product of this computer's own workspace.
fn at_the_form(window: &Window, product: &str) {
    window.press("Add connection");
    window.press_row(product);
}

fn connected(home: &Home, window: &Window, name: &str, identity: &str) {
    eventually("the new row stands in the list", || window.has_row(name).then_some(()));
    window.press_row(name);
    window.wait_for_text(identity);
    window.wait_for_text("Works");
    home.assert_consistent(1);
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
    window.wait_for_text("Connect Anvils");
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.allow_as("maria").heading, "Anvils is connected");
    connected(&home, &window, "Anvils", "maria");
    let token = home.run(&["token", "Anvils"]).ok().stdout;
    assert!(server.accepts(token.trim_end()));

    // Somebody else signs in: nothing changes until it is said what is meant.
    window.press("Sign in again");
    chromium.open(&address(&home, 1));
    chromium.fill("input[name=login]", "bob");
    chromium.press("button[name=decision][value=allow]");
    window.wait_for_text("bob");
    assert_eq!(home.list()[0]["identity"], "maria");
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, token);
}

/// Maria's connection Anvils, and bob who signs in to it again in the open window: nothing is saved yet.
fn somebody_else_signs_in(home: &Home, server: &Server) -> Window {
    write_element(home, "acme", &oidc_element("acme", &server.url));
    servers::connect(home, "acme", "maria", &["--name", "Anvils"]).ok();
    let window = Window::open(home);
    window.press_row("Anvils");
    window.press("Sign in again");
    let chromium = Chromium::start();
    chromium.open(&address(home, 0));
    chromium.fill("input[name=login]", "bob");
    chromium.press("button[name=decision][value=allow]");
    chromium.wait_for_heading("is not saved yet");
    window.wait_for_text("Another account signed in");
    window
}

/// The item of this row.
#[track_caller]
fn item(home: &Home, row: &Value) -> Value {
    home.session.items().into_iter().find(|item| item["id"] == row["id"]).expect("the row has its item")
}

#[test]
fn somebody_elses_sign_in_becomes_a_connection_of_its_own() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let window = somebody_else_signs_in(&home, &server);
    let rows = home.list();
    let before = item(&home, &rows[0]);
    assert_eq!((rows.len(), &rows[0]["identity"]), (1, &json!("maria@oidc.example")));
    window.press("Save as a new connection");
    let now = eventually("there are two", || Some(home.list()).filter(|rows| rows.len() == 2));
    let (first, second): (Vec<_>, Vec<_>) = now.into_iter().partition(|row| row["id"] == rows[0]["id"]);
    assert_eq!((&first, &item(&home, &rows[0])), (&rows, &before), "the first one is as it was");
    let name = second[0]["name"].as_str().expect("a name");
    eventually("whose account it is", || {
        (home.json(&["show", name])["identity"] == "bob@oidc.example").then_some(())
    });
    assert_eq!(second[0]["element"], "acme");
    home.assert_consistent(2);
    assert_eq!(home.session.secrets().len(), 2, "nothing is set aside any more");
    for (name, who) in [("Anvils", "maria@oidc.example"), (name, "bob@oidc.example")] {
        let tested = home.json(&["test", name]);
        assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!(who)));
        home.run(&["renew", name]).ok();
    }
    assert_eq!(server.counts()["revocations"], 0, "nothing was given back");
    crate::assert_page_holds_no_secret(&home, &window);
    window.wait_for_text(name);
}

#[test]
fn a_connection_is_somebody_elses_from_now_on() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let window = somebody_else_signs_in(&home, &server);
    let row = home.list().remove(0);
    let before = item(&home, &row);
    window.press("Use for “Anvils” from now on");
    let after = eventually("it is bob's", || {
        Some(home.list().remove(0)).filter(|row| row["identity"] == "bob@oidc.example")
    });
    for member in ["id", "name", "element", "tags", "created_at", "status"] {
        assert_eq!(after[member], row[member], "{member}");
    }
    home.assert_consistent(1);
    assert_eq!(home.session.secrets().len(), 1, "nothing is set aside any more");
    assert_ne!(item(&home, &row)["refresh_token"], before["refresh_token"]);
    home.run(&["renew", "Anvils"]).ok();
    assert_eq!(home.json(&["test", "Anvils"])[0]["identity"], "bob@oidc.example");
    crate::assert_page_holds_no_secret(&home, &window);
    window.wait_for_text("bob@oidc.example");
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
    window.wait_for_text("Connect Anvils");
    window.fill("Consumer key", CLIENT_ID);
    window.fill("Consumer secret", OAUTH1_SECRET);
    window.press("Advanced");
    window.fill("Callback URL", &callback());
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.allow_as("maria").heading, "Anvils is connected");
    eventually("the new row stands in the list", || window.has_row("Anvils").then_some(()));
    home.assert_consistent(1);
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
    window.wait_for_text("Works");
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
        assert!(server.accepts(&token), "round {round}");
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

/// How late a renewal ahead of need may come on a machine that is busy.
const SLACK: Duration = Duration::from_secs(4);

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
            (Duration::from_secs(life.unsigned_abs()), key, server)
        })
        .collect();
    let window = Window::open(&home);
    window.wait_for_text("life-60");
    let begun = Instant::now();
    // The window by itself.
    let alone = Duration::from_secs(rounds_of(12, 60).into());
    while begun.elapsed() < alone {
        std::thread::sleep(Duration::from_millis(100));
    }
    for (life, key, server) in &servers {
        let calls = server.token_request_times();
        // The first one was the sign-in. A third of the life is the lead of all that live shorter than some minutes.
        let due = calls[0] + *life * 2 / 3;
        let observed = begun + alone;
        match calls.get(1) {
            Some(renewed) => assert!(*renewed >= due, "{key}: {:?} too early", due - *renewed),
            None => assert!(due.max(begun) + SLACK > observed, "{key} was not renewed ahead of need"),
        }
    }
    let ahead = servers.iter().filter(|(_, _, server)| server.token_requests().len() > 1).count();
    assert!(ahead >= 5, "that is so for the shorter half at least: {ahead}");
    // Then with a script that asks all the time, for the short ones most. One at a time: several in a loop crash
    // gnome-keyring-daemon now and then.
    let all = alone + Duration::from_secs(rounds_of(12, 100).into());
    let (short, long) = servers.split_at(2);
    while begun.elapsed() < all {
        for each in long {
            for (_, key, _) in short.iter().chain([each]) {
                home.run(&["token", key]).ok();
            }
        }
    }
    drop(window);
    for (life, key, server) in &servers {
        let calls = server.token_request_times();
        let most = most_in_one(*life, &calls[1..]);
        assert!(most <= 2, "{key}: {most} renewals in one life, {} in all", calls.len());
        // And it was renewed: at least at every other end, however slow the script is.
        let ends = (all - alone).as_secs() / life.as_secs();
        assert!(calls.len() as u64 > ends / 2, "{key}: {} calls", calls.len());
    }
    let heard: Vec<_> = servers.iter().map(|(_, key, server)| (key, server.token_requests().len())).collect();
    println!("calls at each life in {:?}: {heard:?}", begun.elapsed());
    assert!(home.list().iter().all(|row| row["status"] == "ok"));
}
