//! The window with independent servers: sign-ins through a real browser, and renewal ahead of need while other processes
//! request the same token.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::address;
use crate::support::browser::Chromium;
use crate::support::elements::{oidc_element, plain_element};
use crate::support::home::{Home, eventually, wait_until};
use crate::support::rounds_of;
use crate::support::scripted::Scripted;
use crate::support::servers::{
    self, CLIENT_ID, CLIENT_SECRET, OAUTH1_SECRET, Server, callback_on_free_port, write_element,
};
use crate::support::window::Window;

/// The value of a callback field.
fn callback() -> String {
    callback_on_free_port().split_once('=').expect("a value").1.to_owned()
}

/// Opens the form of a product in the local workspace.
fn open_form(window: &Window, product: &str) {
    window.press("Add connection");
    window.choose_product(product);
}

fn assert_connected(home: &Home, window: &Window, name: &str, identity: &str) {
    eventually("the new row is in the list", || window.has_row(name).then_some(()));
    window.press_row(name);
    window.wait_for_text(identity);
    window.wait_for_text("Works");
    home.assert_consistent(1);
    crate::assert_page_holds_no_secret(home, window);
}

#[test]
fn an_openid_provider_needs_only_its_address_in_the_window() {
    let server = Server::oidc(json!({}));
    let home = Home::new();
    let window = Window::open(&home);
    open_form(&window, "Other (OAuth 2 / OpenID)");
    window.fill("What the product is called", "Anvils");
    window.fill("Sign-in address", &server.url);
    window.press("Continue");
    window.wait_for_text("Connect Anvils");
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.allow_as("maria").heading, "Anvils is connected");
    assert_connected(&home, &window, "Anvils", "maria");
    let token = home.run(&["token", "Anvils"]).ok().stdout;
    assert!(server.accepts(token.trim_end()));

    // Another account signs in: nothing changes until the user decides.
    window.press("Sign in again");
    chromium.open(&address(&home, 1));
    chromium.fill("input[name=login]", "bob");
    chromium.press("button[name=decision][value=allow]");
    window.wait_for_text("bob");
    assert_eq!(home.list()[0]["identity"], "maria");
    assert_eq!(home.run(&["token", "Anvils"]).ok().stdout, token);
}

/// Connects maria as Anvils, then signs in to it again as bob in the window, without a decision.
fn sign_in_as_another_account(home: &Home, server: &Server) -> Window {
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

#[track_caller]
fn item(home: &Home, row: &Value) -> Value {
    home.session.items().into_iter().find(|item| item["id"] == row["id"]).expect("the row has its item")
}

#[test]
fn a_sign_in_of_another_account_is_saved_as_a_new_connection() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let window = sign_in_as_another_account(&home, &server);
    let rows = home.list();
    let before = item(&home, &rows[0]);
    assert_eq!((rows.len(), &rows[0]["identity"]), (1, &json!("maria@oidc.example")));
    window.press("Save as a new connection");
    let now = eventually("two connections", || Some(home.list()).filter(|rows| rows.len() == 2));
    let (first, second): (Vec<_>, Vec<_>) = now.into_iter().partition(|row| row["id"] == rows[0]["id"]);
    assert_eq!((&first, &item(&home, &rows[0])), (&rows, &before), "the first connection is unchanged");
    let name = second[0]["name"].as_str().expect("a name");
    eventually("the identity is known", || {
        (home.json(&["show", name])["identity"] == "bob@oidc.example").then_some(())
    });
    assert_eq!(second[0]["element"], "acme");
    home.assert_consistent(2);
    assert_eq!(home.session.secrets().len(), 2, "no other item is left");
    for (name, who) in [("Anvils", "maria@oidc.example"), (name, "bob@oidc.example")] {
        let tested = home.json(&["test", name]);
        assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &json!(who)));
        home.run(&["renew", name]).ok();
    }
    assert_eq!(server.counts()["revocations"], 0, "nothing was revoked");
    crate::assert_page_holds_no_secret(&home, &window);
    window.wait_for_text(name);
}

#[test]
fn a_sign_in_of_another_account_replaces_the_old_one() {
    let server = Server::oidc_with_client(json!({}));
    let home = Home::new();
    let window = sign_in_as_another_account(&home, &server);
    let row = home.list().remove(0);
    let before = item(&home, &row);
    window.press("Use for “Anvils” from now on");
    let after = eventually("the account is bob's", || {
        Some(home.list().remove(0)).filter(|row| row["identity"] == "bob@oidc.example")
    });
    for member in ["id", "name", "element", "tags", "created_at", "status"] {
        assert_eq!(after[member], row[member], "{member}");
    }
    home.assert_consistent(1);
    assert_eq!(home.session.secrets().len(), 1, "no other item is left");
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
    open_form(&window, "Other (OAuth 1.0a)");
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
    eventually("the new row is in the list", || window.has_row("Anvils").then_some(()));
    home.assert_consistent(1);
    assert_eq!(server.counts()["access"], 1);
}

#[test]
fn an_element_file_of_the_user_is_listed() {
    let server = Server::mock();
    let home = Home::new();
    write_element(&home, "acme", &plain_element("acme", &server.url));
    let window = Window::open(&home);
    open_form(&window, "Acme acme");
    window.fill("Client ID", CLIENT_ID);
    window.fill("Secret", CLIENT_SECRET);
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.last_page().heading, "Acme acme is connected");
    assert_connected(&home, &window, "Acme acme", "johndoe@mock.example");
}

#[test]
fn one_of_nineteen_processes_and_the_window_renews() {
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
        // Slow enough that all of them, and the window, wait for the lock.
        server.control("next", json!({ "after_ms": 700 }));
        wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));
        let running: Vec<_> = (0..19).map(|_| home.start(&["token", "Anvils"])).collect();
        window.press("Copy token");
        let printed: Vec<_> = running.into_iter().map(|running| running.wait().ok().stdout).collect();
        let token = home.session.items()[0]["access_token"].as_str().expect("a token").to_owned();
        eventually("the window has the token too", || (window.display.clipboard() == token).then_some(()));
        assert!(printed.iter().all(|text| text.trim_end() == token), "round {round}: one new token for all");
        assert_eq!(server.token_calls("refresh_token"), before + 1, "round {round}");
        assert!(server.accepts(&token), "round {round}");
    }
    let counts = server.counts();
    assert_eq!((&counts["replays"], &counts["revoked_grants"]), (&json!(0), &json!(0)), "the grant is valid");
    assert_eq!(home.list()[0]["status"], "ok");
}

/// The maximum number of calls within one lifetime of a token.
fn max_calls_in_one(life: Duration, calls: &[Instant]) -> usize {
    let within = |from: &Instant| calls.iter().filter(|at| **at >= *from && **at < *from + life).count();
    calls.iter().map(within).max().unwrap_or_default()
}

/// How late a renewal ahead of need may be on a busy machine.
const SLACK: Duration = Duration::from_secs(4);

#[test]
fn tokens_are_renewed_at_most_twice_in_their_lifetime() {
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
    // First only the window renews.
    let alone = Duration::from_secs(rounds_of(12, 60).into());
    while begun.elapsed() < alone {
        std::thread::sleep(Duration::from_millis(100));
    }
    for (life, key, server) in &servers {
        let calls = server.token_request_times();
        // The first call was the sign-in. Short-lived tokens are renewed when a third of their lifetime is left.
        let due = calls[0] + *life * 2 / 3;
        let observed = begun + alone;
        match calls.get(1) {
            Some(renewed) => assert!(*renewed >= due, "{key}: {:?} too early", due - *renewed),
            None => assert!(due.max(begun) + SLACK > observed, "{key} was not renewed ahead of need"),
        }
    }
    let ahead = servers.iter().filter(|(_, _, server)| server.token_requests().len() > 1).count();
    assert!(ahead >= 5, "at least the shorter half was renewed: {ahead}");
    // Then a script requests tokens continuously, those with short lifetimes most often. Sequentially: concurrent requests
    // sometimes crash gnome-keyring-daemon.
    let all = alone + Duration::from_secs(rounds_of(12, 100).into());
    let (short, long) = servers.split_at(2);
    let mut asked: BTreeMap<&str, u64> = BTreeMap::new();
    while begun.elapsed() < all {
        for each in long {
            for (_, key, _) in short.iter().chain([each]) {
                home.run(&["token", key]).ok();
                *asked.entry(key).or_default() += 1;
            }
        }
    }
    drop(window);
    for (life, key, server) in &servers {
        let calls = server.token_request_times();
        let most = max_calls_in_one(*life, &calls[1..]);
        assert!(most <= 2, "{key}: {most} renewals in one life, {} in all", calls.len());
        // It was renewed at least at every other expiry at which the script asked, however slow this machine is.
        let ends = ((all - alone).as_secs() / life.as_secs()).min(asked[key.as_str()]);
        assert!(
            calls.len() as u64 > ends / 2,
            "{key}: {} calls for {} questions",
            calls.len(),
            asked[key.as_str()]
        );
    }
    let calls: Vec<_> = servers.iter().map(|(_, key, server)| (key, server.token_requests().len())).collect();
    println!("calls at each life in {:?}: {calls:?}", begun.elapsed());
    assert!(home.list().iter().all(|row| row["status"] == "ok"));
}
