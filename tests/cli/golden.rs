//! Opens homes that an earlier version wrote. tests/golden/README.md lists their contents.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::browser::Chromium;
use crate::support::golden::{self, Network};
use crate::support::home::Home;
use crate::support::http;
use crate::support::keyrack::{Outcome, Running};
use crate::support::platform::Platform;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers;
use crate::support::session::KeyringItem;
use crate::support::user;
use crate::support::visitor::Visitor;

const V1: &str = "v1";

/// The home with all kinds of connections.
fn home() -> Home {
    golden::open(V1, "home")
}

/// The home that serves the hosted workspace.
fn upstream() -> Home {
    golden::open(V1, "platform")
}

/// Calls the platform's API. Returns the status and the body.
#[track_caller]
fn call(platform: &Platform, authorization: &str, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", platform.base_url).parse().expect("an address");
    let text = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\n\r\n",
        http::target(&url),
        http::authority(&url),
    );
    let answer = http::send(&url, &text).expect("an answer");
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

#[track_caller]
fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}

#[track_caller]
fn row(home: &Home, name: &str) -> Value {
    home.list().into_iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no row {name}"))
}

/// The items of the keyring whose user name contains this text.
fn keyring_items(home: &Home, text: &str) -> Vec<KeyringItem> {
    let mut items = home.session.keyring();
    items.retain(|item| item.attributes["username"].contains(text));
    items
}

/// The item of a connection that is not split into parts.
#[track_caller]
fn item(home: &Home, id: &str) -> Value {
    let items = keyring_items(home, id);
    assert_eq!(items.len(), 1, "one item for {id}");
    serde_json::from_str(&items[0].secret).expect("JSON")
}

/// The names of all connections, sorted.
fn names(home: &Home) -> Vec<String> {
    let mut names: Vec<_> = home.list().iter().map(|row| text(row, "name").to_owned()).collect();
    names.sort();
    names
}

/// Asserts that rows and items of connections match one to one.
#[track_caller]
fn assert_rows_match_items(home: &Home) {
    let mut rows: Vec<_> = home.list().iter().map(|row| text(row, "id").to_owned()).collect();
    rows.sort();
    let key = |item: &KeyringItem| item.attributes["username"].split_once(':').expect("a home").1.to_owned();
    let mut items: Vec<_> = home.session.keyring().iter().map(key).collect();
    items.retain(|key| key.len() == 32);
    items.sort();
    assert_eq!(rows, items);
}

#[test]
fn each_answer_is_what_it_was() {
    for (name, home) in [("home", home()), ("platform", upstream())] {
        let answers: Vec<Value> = golden::read(V1, name, "answers.json");
        assert!(answers.len() > 10);
        for then in answers {
            let arguments: Vec<&str> =
                then["arguments"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
            let now = home.run(&arguments).ok();
            match then.get("json") {
                Some(then) => {
                    assert!(
                        golden::contains_all(&now.json(), then),
                        "{arguments:?}: {}\n{then:#}",
                        now.stdout
                    );
                }
                None => assert_eq!(now.stdout, then["text"], "{arguments:?}"),
            }
        }
    }
}

#[test]
fn scripts_that_call_the_platform_are_let_in_as_before() {
    let network = Network::take();
    let upstream = upstream();
    let platform = network.platform(&upstream);
    let then: Value = golden::read(V1, "platform", "api.json");
    assert_eq!(platform.base_url, then["base_url"]);
    assert_eq!(platform.authorization, then["authorization"]);
    for then in then["calls"].as_array().expect("a list") {
        let (status, now) = call(&platform, text(then, "authorization"), text(then, "path"));
        assert_eq!(status, 200, "{then}");
        assert!(golden::contains_all(&now, &then["json"]), "{now:#}\n{:#}", then["json"]);
    }
}

#[test]
fn a_connection_without_a_token_says_why() {
    let home = home();
    home.run(&["token", "Switched off", "--json"]).error(10, "connection_disabled");
    home.run(&["token", "Needs sign-in", "--json"]).error(10, "sign_in_expired");
    for name in ["Removed", "Told later", "Dropped", "With an item"] {
        home.run(&["token", name, "--json"]).error(3, "connection_unknown");
    }
    home.run(&["enable", "Switched off"]).ok();
    home.run(&["token", "Switched off"]).ok();
}

#[test]
fn a_connection_is_found_by_its_words() {
    let home = home();
    assert_eq!(home.json(&["show", "BÜRO KÖLN"])["tags"], json!(["größe", "eu"]));
    let listed = |filter: [&str; 2]| home.json(&[&["list"][..], &filter].concat()).as_array().map(Vec::len);
    for (filter, found) in [
        (["--tag", "größe"], 1),
        (["--tag", "eu"], 3),
        (["--element", "acme"], 6),
        (["--element", "oauth2"], 2),
        (["--status", "needs_sign_in"], 1),
        (["--status", "needs_settings"], 1),
        (["--status", "retrying"], 1),
        (["--workspace", "acme"], 2),
        (["--workspace", "practice"], 4),
    ] {
        assert_eq!(listed(filter), Some(found), "{filter:?}");
    }
    home.run(&["rename", "Büro Köln", "Anvils", "--json"]).ok();
    home.run(&["show", "Anvils", "--json"]).error(4, "name_ambiguous");
    home.run(&["rename", "Retrying", "anvils", "--json"]).error(2, "name_taken");
}

#[test]
fn tokens_are_renewed_with_what_was_kept() {
    let network = Network::take();
    let (home, provider) = (home(), network.provider());
    // In practice: `token` renews an expired token, `renew` a fresh one.
    let ended = row(&home, "Ended");
    let before = item(&home, text(&ended, "id"));
    let token = home.run(&["token", "Ended"]).ok().stdout;
    assert_ne!(token.trim_end(), before["access_token"]);
    assert_eq!(home.run(&["token", "Ended"]).ok().stdout, token, "the new one is kept");
    home.run(&["renew", "Büro Köln"]).ok();
    home.run(&["test", "Büro Köln"]).ok();

    // On this computer: the form of each renewal.
    let client = "client_id=keyrack&client_secret=a-secret-with%2B%2F%3A%25%26%3Din-it";
    for (name, form) in [
        ("Anvils", ["refresh_token=golden-refresh-anvils", client]),
        ("Large", ["refresh_token=golden-refresh-large", client]),
        ("Retrying", ["refresh_token=golden-refresh-retrying", client]),
        ("Needs settings", ["refresh_token=golden-refresh-settings", client]),
        ("Robot", ["grant_type=client_credentials", "scope=read"]),
        (
            "Registered",
            ["refresh_token=golden-refresh-registered", "client_id=a-client-that-registered-itself"],
        ),
    ] {
        home.run(&["renew", name]).ok();
        let requests = provider.token_requests();
        let asked = requests.last().expect("a request");
        assert!(form.iter().all(|part| asked.contains(part)), "{name}: {asked}");
        let token = format!("access-{}", requests.len());
        assert_eq!(home.run(&["token", name]).ok().stdout.trim_end(), token, "{name}");
        let row = row(&home, name);
        assert_eq!(row["status"], "ok", "{name}");
        assert_eq!(item(&home, text(&row, "id"))["access_token"], token, "{name} lies in one piece");
    }
    home.run(&["renew", "Needs sign-in", "--json"]);
    assert_eq!(row(&home, "Needs sign-in")["status"], "needs_sign_in");
    assert_eq!(provider.token_requests().len(), 6, "a refused refresh token is not sent again");
}

#[test]
fn connections_are_tested_where_they_belong() {
    let network = Network::take();
    let (home, upstream) = (home(), upstream());
    let (_provider, _platform) = (network.provider(), network.platform(&upstream));
    for (name, identity) in [
        ("Büro Köln", json!("maria@practice.example")),
        // The practice provider derives its token secret from a key in the keyring.
        ("Signed", json!("maria@practice.example")),
        ("Anvils", json!("maria@scripted.example")),
        ("Registered", json!("maria@scripted.example")),
        ("Helpdesk", Value::Null),
        ("Old desk", Value::Null),
    ] {
        let tested = home.json(&["test", name]);
        assert_eq!((&tested[0]["ok"], &tested[0]["identity"]), (&json!(true), &identity), "{name}: {tested}");
    }
}

/// Signs in again with `finish`. The connection stays the same and gets new tokens.
#[track_caller]
fn assert_signed_in_again(home: &Home, name: &str, finish: impl FnOnce()) {
    let before = row(home, name);
    let id = text(&before, "id");
    let kept = item(home, id);
    finish();
    let after = row(home, name);
    for member in ["id", "name", "tags", "element", "instance", "workspace", "created_at", "identity"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(after["status"], "ok");
    let new = item(home, id);
    assert_eq!(new["element_token"], kept["element_token"], "scripts hold it");
    let of_platform = kept["access_token"].is_null();
    assert!(of_platform || new["access_token"] != kept["access_token"], "another sign-in");
}

#[track_caller]
fn carry(mut running: Running) -> Outcome {
    let tab = user::open_tab(&user::allow(&running.line("open: ")));
    let outcome = running.wait().ok();
    let page = tab.join().expect("a tab").expect("a page");
    assert!(page.body.contains("is connected"), "{}", page.body);
    outcome
}

#[test]
fn practice_connections_are_signed_in_again_in_a_real_browser() {
    let _network = Network::take();
    let (home, chromium) = (home(), Chromium::start());
    for name in ["Büro Köln", "Signed", "Ended"] {
        assert_signed_in_again(&home, name, || {
            let mut running = home.start(&["reconnect", name, "--no-browser"]);
            chromium.open(&running.line("open: "));
            let page = chromium.allow();
            assert!(page.heading.contains("is connected"), "{}", page.source);
            running.wait().ok();
        });
        home.run(&["test", name]).ok();
    }
}

#[test]
fn connections_elsewhere_are_signed_in_again() {
    let network = Network::take();
    let (home, upstream) = (home(), upstream());
    let (_provider, _platform) = (network.provider(), network.platform(&upstream));
    for name in ["Anvils", "Needs sign-in", "Needs settings", "Retrying"] {
        assert_signed_in_again(&home, name, || {
            servers::sign_in(&home, &["reconnect", name], "maria", &[]).ok();
        });
    }
    assert_signed_in_again(&home, "Robot", || {
        home.run(&["reconnect", "Robot"]).ok();
    });
    assert_signed_in_again(&home, "Registered", || {
        let mut running = home.start(&["reconnect", "Registered", "--no-browser"]);
        let address = running.line("open: ");
        let tab = user::open_tab(&Visitor::new().allow(&address, "maria"));
        running.wait().ok();
        let _ = tab.join();
    });
    assert_signed_in_again(&home, "Helpdesk", || {
        let callback = servers::callback_on_free_port();
        carry(home.start(&["reconnect", "Helpdesk", "--no-browser", "--set", &callback]));
    });
    home.run(&["test", "Helpdesk"]).ok();
}

#[test]
fn connections_are_removed_and_their_access_is_ended() {
    let network = Network::take();
    let (home, upstream) = (home(), upstream());
    let (provider, platform) = (network.provider(), network.platform(&upstream));
    let remove = |name: &str| {
        let id = text(&row(&home, name), "id").to_owned();
        let removed = home.json(&["remove", name]);
        assert_eq!(keyring_items(&home, &id), [], "{name}: no part of it is left");
        assert!(!names(&home).iter().any(|known| known == name));
        removed["revoked"].clone()
    };
    assert_eq!(remove("Büro Köln"), "yes");
    // OAuth 1.0a has no revocation.
    assert_eq!(remove("Signed"), "no");
    for (name, token) in [
        ("Anvils", "golden-refresh-anvils"),
        ("Large", "golden-refresh-large"),
        ("Robot", "golden-access-robot"),
        ("Registered", "golden-refresh-registered"),
    ] {
        assert_eq!(remove(name), "yes", "{name}");
        assert!(provider.last_revocation().contains(token), "{name}: {}", provider.last_revocation());
    }
    let instance = |name: &str| {
        let path = format!("/instances/{}", text(&row(&home, name), "instance"));
        move || call(&platform, &platform.authorization, &path).0
    };
    let there = instance("Helpdesk");
    assert_eq!(there(), 200);
    assert_eq!(remove("Helpdesk"), "yes");
    assert_eq!(there(), 404);
    home.run(&["workspaces", "remove", "Acme"]).ok();
    let left = keyring_items(&home, ":workspace-");
    assert!(left.iter().all(|item| item.label != "Keyrack workspace: Acme"), "no secret of it is left");
    assert_eq!(names(&upstream), ["Dropped", "Made there", "Old desk"], "the platform keeps its instances");
}

#[test]
fn what_was_cut_off_is_finished() {
    for command in [&["doctor"][..], &["renew", "--all"]] {
        let network = Network::take();
        let (home, upstream) = (home(), upstream());
        let (provider, platform) = (network.provider(), network.platform(&upstream));
        let mut expected = names(&home);
        home.run(command);

        // A sign-in with an item becomes a connection, one without is closed, and the instance is imported.
        expected.extend(["Made there".to_owned(), "With an item".to_owned()]);
        expected.sort();
        assert_eq!(names(&home), expected, "{command:?}");
        assert_eq!(row(&home, "With an item")["identity"], "maria@practice.example");
        home.run(&["test", "With an item"]).ok();
        home.run(&["test", "Made there"]).ok();
        assert_eq!(row(&upstream, "Made there")["tags"], json!(["eu"]), "the tag of the attempt is removed");

        // The token that was set aside belongs to the same account and replaces the old one.
        let again = row(&home, "Signed in again");
        let refresh = item(&home, text(&again, "id"))["refresh_token"].clone();
        if command == ["doctor"] {
            assert_eq!(refresh, "golden-refresh-after");
            assert_eq!(home.run(&["token", "Signed in again"]).ok().stdout, "golden-access-after\n");
        } else {
            // `renew --all` has renewed it.
            assert!(
                provider
                    .token_requests()
                    .iter()
                    .any(|form| form.contains("refresh_token=golden-refresh-after"))
            );
        }

        // Removals are finished, at the provider and at the platform too.
        assert_eq!(provider.revocation_count(), 1);
        assert!(provider.last_revocation().contains("golden-refresh-later"));
        assert_eq!(
            call(&platform, &platform.authorization, "/instances").1.as_array().map(Vec::len),
            Some(3)
        );
        assert_rows_match_items(&home);
        for open in ["attempt", "connection WHERE removing <> 0", "workspace WHERE state <> 'ok'"] {
            assert_eq!(home.count(&format!("SELECT count(*) FROM {open}")), 0, "{open}");
        }
        assert_eq!(keyring_items(&home, ":workspace-").len(), 1, "of the one workspace that is left");
        home.run(&["doctor"]).ok();
    }
}

#[test]
fn the_next_sign_in_finishes_what_was_cut_off_here() {
    let _network = Network::take();
    let home = home();
    let mut expected = names(&home);
    home.connect(&["zendesk", "--name", "Next"]);
    expected.extend(["Next", "With an item"].map(str::to_owned));
    expected.sort();
    assert_eq!(names(&home), expected);
    home.run(&["test", "With an item"]).ok();
}

#[test]
fn what_was_set_aside_for_another_account_is_given_back() {
    let network = Network::take();
    let (home, provider) = (home(), network.provider());
    let other = json!({ "email": "bob@scripted.example", "sub": "bob-1" });
    provider.publish("/userinfo", Response::json("200 OK", &other.to_string()));
    home.run(&["doctor"]);
    let revoked = provider.revocations();
    assert!(revoked.iter().any(|form| form.contains("golden-refresh-after")), "{revoked:?}");
    assert_eq!(home.run(&["token", "Signed in again"]).ok().stdout, "golden-access-before\n");
}

#[test]
fn settings_are_kept() {
    let network = Network::take();
    let (home, upstream) = (home(), upstream());
    let platform = network.platform(&upstream);
    let says = home.run(&["doctor"]).stdout;
    assert!(says.contains("18183"), "the port of callbacks: {says}");
    let shown = home.json(&["elements", "show", "desk", "--workspace", "local"]);
    assert!(shown.to_string().contains("http://localhost:18183/callback/desk"), "{shown}");
    // The chosen workspace of the command line is the hosted one, which does not list the elements of this computer.
    let listed = home.json(&["elements", "list"]);
    let keys: Vec<_> =
        listed.as_array().expect("a list").iter().map(|element| text(element, "key")).collect();
    assert!(keys.contains(&"zendesk") && !keys.contains(&"acme"), "{keys:?}");
    drop(platform);
    home.run(&["elements", "list", "--json"]).error(12, "platform_unreachable");
    // Commands do not change the settings of the window.
    for (key, value) in [("appearance", "dark"), ("window_size", "1100x760")] {
        let query = format!("SELECT count(*) FROM setting WHERE key = '{key}' AND value = '{value}'");
        assert_eq!(home.count(&query), 1, "{key}");
    }
}

#[test]
fn elements_of_the_users_own_are_used() {
    let network = Network::take();
    let (home, provider) = (home(), network.provider());
    for key in ["acme", "127-82-75-1-18181", "127-82-75-1-18181-token"] {
        let file = home.path().join("config/elements").join(key).join("element.toml");
        home.run(&["elements", "check", file.to_str().expect("a plain path")]).ok();
        assert_eq!(home.json(&["elements", "show", key, "--workspace", "local"])["key"], key);
    }
    let local = ["--workspace", "local"];
    servers::connect(&home, "acme", "maria", &[&["--name", "More anvils"], &local[..]].concat()).ok();
    home.run(&["test", "More anvils"]).ok();
    // Describing the same server again keeps its file.
    let files = elements(&home);
    describe_again(&home, &provider);
    assert_eq!(row(&home, "Again")["element"], "127-82-75-1-18181");
    assert_eq!(elements(&home), files);
}

fn elements(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = home.files();
    files.retain(|(path, _)| path.starts_with(home.path().join("config/elements")));
    files.sort();
    files
}

fn describe_again(home: &Home, provider: &Scripted) {
    let issuer = format!("issuer={}", provider.url);
    let arguments =
        ["connect", "oauth2", "--set", &issuer, "--name", "Again", "--workspace", "local", "--no-browser"];
    let mut running = home.start(&arguments);
    let address = running.line("open: ");
    let tab = user::open_tab(&Visitor::new().allow(&address, "maria"));
    running.wait().ok();
    let _ = tab.join();
}

#[test]
fn a_home_of_a_newer_version_is_refused_and_nothing_in_it_changes() {
    let home = home();
    home.index().pragma_update(None, "user_version", 99).expect("set");
    let files = || {
        let mut files = home.files();
        // The log records the refusal.
        files.retain(|(path, _)| !path.starts_with(home.path().join("state")));
        files.sort();
        files
    };
    let (before, keyring) = (files(), home.session.keyring());
    for command in [
        "list",
        "show Anvils",
        "token Anvils",
        "renew --all",
        "remove Anvils",
        "rename Anvils Other",
        "connect zendesk --workspace practice",
        "reconnect Anvils",
        "workspaces list",
        "serve --workspace practice",
        "doctor",
    ] {
        let words: Vec<_> = command.split(' ').chain(["--json"]).collect();
        home.run(&words).error(1, "index_newer");
        assert_eq!(files(), before, "{command}");
        assert_eq!(home.session.keyring(), keyring, "{command}");
    }
    assert!(home.opened_addresses().is_empty());
    let stderr = home.run(&["list"]).stderr;
    let file = home.path().join("data/index.sqlite3").display().to_string();
    assert!(stderr.contains("newer version") && stderr.contains(&file), "{stderr}");
}
