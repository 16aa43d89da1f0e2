//! Tests of the real window on a virtual screen, with a real keyring and a real browser.

#[path = "../support/mod.rs"]
mod support;

mod certificates;
mod hosted;
mod notices;
mod providers;

use std::process::Command;

use support::browser::Chromium;
use support::display::Display;
use support::golden;
use support::home::{Home, eventually};
use support::prompting_keyring::{Asking, PromptingKeyring};
use support::session::Session;
use support::user;
use support::window::Window;

/// Opens the window at the form of a product in the practice workspace.
fn open_form(home: &Home, product: &str) -> Window {
    let window = Window::open(home);
    window.press("Practise first");
    window.choose_product(product);
    window.wait_for_text(&format!("Connect {product}"));
    window
}

/// The nth address that the window opened in the browser.
#[track_caller]
fn address(home: &Home, number: usize) -> String {
    eventually("a browser is opened", || home.opened_addresses().get(number).cloned())
}

/// The names of this home's connections, from the command line.
fn names(home: &Home) -> Vec<String> {
    home.list().iter().map(|c| c["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Asserts that the page contains no token and no client secret of this home.
#[track_caller]
fn assert_page_holds_no_secret(home: &Home, window: &Window) {
    let markup = window.markup();
    for item in home.session.items() {
        for name in ["access_token", "refresh_token", "element_token", "token_secret"] {
            if let Some(secret) = item[name].as_str() {
                assert!(!markup.contains(secret), "{name} is in the page");
            }
        }
    }
}

fn connect_by_allow(product: &str, key: &str) {
    let home = Home::new();
    let window = open_form(&home, product);
    window.press("Continue in browser");
    window.wait_for_text("Finish in your browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    let page = chromium.allow();
    assert_eq!(page.heading, format!("{product} is connected"));
    eventually("the new row is in the list", || window.has_row(product).then_some(()));
    assert_eq!(names(&home), [product]);
    let printed = home.run(&["token", product]).ok().stdout;
    let items = home.session.items();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["element"], key);
    assert_eq!(items[0]["access_token"], printed.trim());
    assert_page_holds_no_secret(&home, &window);
    window.press_row(product);
    window.wait_for_text("maria@practice.example");
    window.wait_for_text("Works");
    assert_page_holds_no_secret(&home, &window);
    home.assert_consistent(1);
}

#[test]
fn desk_is_connected_by_allow() {
    connect_by_allow("Desk.com", "desk");
}

#[test]
fn zendesk_is_connected_by_allow() {
    connect_by_allow("Zendesk", "zendesk");
}

#[test]
fn a_denial_is_explained_in_the_form_and_saves_nothing() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    window.fill("Zendesk address", "kept");
    window.press("Continue in browser");
    let chromium = Chromium::start();
    chromium.open(&address(&home, 0));
    assert_eq!(chromium.deny().heading, "Zendesk was not connected");
    window.wait_for_text("Access was not given");
    assert_eq!(window.value("Zendesk address"), "kept", "the entry is kept");
    home.assert_consistent(0);
}

#[test]
fn cancel_returns_to_the_form_and_a_late_callback_is_refused() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    window.press("Continue in browser");
    window.wait_for_text("Finish in your browser");
    let callback = user::allow(&address(&home, 0));
    window.press("Cancel");
    window.find("//button[normalize-space(.)='Continue in browser']");
    let late = user::open_tab(&callback).join().expect("a tab");
    assert!(late.is_err() || late.is_ok_and(|answer| answer.status == 404), "the late callback is refused");
    home.assert_consistent(0);
}

#[test]
fn an_empty_field_shows_its_error_and_no_browser_opens() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    window.fill("Zendesk address", "");
    window.press("Continue in browser");
    let field = window.find("//input[@aria-invalid='true']");
    drop(field);
    let focused = window.script("return document.activeElement.getAttribute('aria-invalid')");
    assert_eq!(focused, "true", "the first wrong field has the focus");
    let described = window.script(
        "return document.activeElement.getAttribute('aria-describedby').split(' ')\
         .map((id) => document.getElementById(id)?.innerText).join(' ')",
    );
    assert!(!described.as_str().unwrap_or_default().is_empty(), "and describes the error");
    assert!(home.opened_addresses().is_empty());
    home.assert_consistent(0);
}

#[test]
fn a_connection_made_on_the_command_line_appears_in_the_open_window() {
    let home = Home::new();
    let window = Window::open(&home);
    window.press("Practise first");
    window.wait_for_text("Add connection");
    window.press("Connections");
    home.connect(&["zendesk", "--name", "From a script"]);
    eventually("the row appears", || window.has_row("From a script").then_some(()));
    home.run(&["remove", "From a script"]).ok();
    eventually("the row disappears", || (!window.has_row("From a script")).then_some(()));
}

#[test]
fn a_connection_is_renamed_and_removed() {
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Support"]);
    let window = Window::open(&home);
    window.press("Practise first");
    window.press("Connections");
    window.press_row("Support");
    window.press("Rename…");
    window.fill("Name", "Help desk");
    window.press("Rename");
    window.wait_for_text("Help desk");
    eventually("the name is saved", || (names(&home) == ["Help desk"]).then_some(()));
    assert_eq!(home.session.items()[0]["name"], "Help desk", "in the keyring too");
    window.press("Remove…");
    window.wait_for_text("Remove Help desk?");
    window.find("//dialog//button[normalize-space(.)='Remove']");
    window.script(
        "[...document.querySelectorAll('dialog button')].find((b) => b.innerText === 'Remove').click()",
    );
    window.wait_for_text("No connections yet");
    home.assert_consistent(0);
}

#[test]
fn an_unfinished_sign_in_times_out_and_keeps_the_entries() {
    let home = Home::new();
    let window = Window::open_with(&home, &[("KEYRACK_ATTEMPT_LIFE", "2")]);
    window.press("Practise first");
    window.choose_product("Zendesk");
    window.fill("Zendesk address", "kept");
    window.press("Continue in browser");
    window.wait_for_text("No answer from the browser");
    assert_eq!(window.value("Zendesk address"), "kept");
    home.assert_consistent(0);
}

#[test]
fn a_copied_token_is_cleared_from_the_clipboard_after_a_while() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    let window = Window::open_with(&home, &[("KEYRACK_CLIPBOARD_LIFE", "3")]);
    window.press("Practise first");
    window.press("Connections");
    window.press_row("Zendesk");
    window.press("Copy token");
    let token = home.session.items()[0]["access_token"].as_str().expect("a token").to_owned();
    eventually("the token is on the clipboard", || (window.display.clipboard() == token).then_some(()));
    eventually("the clipboard is cleared", || (window.display.clipboard() != token).then_some(()));
    assert_page_holds_no_secret(&home, &window);
}

#[test]
fn a_locked_keyring_is_reported_before_a_browser_opens() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    home.session.lock();
    window.press("Continue in browser");
    window.wait_for_text("The keyring is locked");
    assert!(home.opened_addresses().is_empty());
    home.session.unlock();
    window.press("Unlock");
    window.wait_for_text("Finish in your browser");
}

#[test]
fn a_locked_keyring_is_unlocked_by_its_own_prompt() {
    let home = Home::in_session(Session::without_keyring());
    let keyring = PromptingKeyring::start(&home.session, Asking::WhenLocked);
    let window = Window::open(&home);
    window.wait_for_text("No connections yet");
    keyring.lock();
    window.press("Settings");
    keyring.set_allows(false);
    window.press("Check again");
    window.wait_for_text("Locked");
    assert_eq!(keyring.prompts(), 1);
    keyring.set_allows(true);
    window.press("Unlock");
    window.wait_for_text("Check again");
    assert_eq!(keyring.prompts(), 2);
}

#[test]
fn a_damaged_index_is_repaired_by_one_press() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    let token = home.run(&["token", "Zendesk"]).ok().stdout;
    home.delete_index();
    std::fs::write(home.path().join("data/index.sqlite3"), "no index").expect("written");
    let window = Window::open(&home);
    window.wait_for_text("The list is damaged or missing");
    window.press("Repair");
    window.press("Practise first");
    window.press("Connections");
    eventually("the connection is back", || window.has_row("Zendesk").then_some(()));
    // What changes from now on is seen, so the new index is watched.
    home.connect(&["desk"]);
    eventually("the new row appears", || window.has_row("Desk.com").then_some(()));
    assert_eq!(home.run(&["token", "Zendesk"]).ok().stdout, token);
    home.assert_consistent(2);
}

#[test]
fn a_keyring_locked_during_a_sign_in_loses_no_token() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    window.press("Continue in browser");
    let callback = user::allow(&address(&home, 0));
    home.session.lock();
    let tab = user::open_tab(&callback);
    window.wait_for_text("not saved yet");
    let page = tab.join().expect("a tab").expect("a page");
    assert!(page.body.contains("is not saved yet"), "{}", page.body);
    home.session.unlock();
    window.press("Try again");
    eventually("the connection is in the list", || window.has_row("Zendesk").then_some(()));
    home.assert_consistent(1);
}

#[test]
fn the_callback_of_another_host_is_pasted() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    window.press("Advanced");
    window.fill("Redirect URL", "https://www.mycoolapp.com/auth");
    window.press("Continue in browser");
    window.wait_for_text("Finish in your browser");
    let callback = user::allow(&address(&home, 0));
    assert!(callback.as_str().starts_with("https://www.mycoolapp.com/auth?"));
    let forged = callback.as_str().replace("state=", "state=x");
    let paste = |text: &str| {
        let field = window.find("//input[starts-with(@placeholder, 'https://')]");
        let script = "const i = document.querySelector(\"input[placeholder^='https://']\"); i.value = '';";
        window.script(script);
        window.type_into(&field, text);
        window.type_into(&field, "\u{e007}");
    };
    paste(&forged);
    window.wait_for_text("The answer did not match");
    paste(callback.as_str());
    eventually("the connection is in the list", || window.has_row("Zendesk").then_some(()));
    home.assert_consistent(1);
}

#[test]
fn a_port_in_use_is_named_and_a_free_one_is_offered() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = holder.local_addr().expect("bound").port();
    window.press("Advanced");
    window.fill("Redirect URL", &format!("http://127.0.0.1:{port}/callback/zendesk"));
    window.press("Continue in browser");
    window.wait_for_text("The callback address is taken");
    window.wait_for_text(&port.to_string());
    assert!(home.opened_addresses().is_empty());
}

#[test]
fn without_a_browser_the_link_is_shown() {
    let home = Home::new();
    let window = Window::open_with(&home, &[("BROWSER", "/bin/false"), ("PATH", "/nowhere")]);
    window.press("Practise first");
    window.choose_product("Zendesk");
    window.press("Continue in browser");
    window.wait_for_text("http://127.0.0.1:");
    let link =
        window.text().lines().find(|l| l.contains("/oauth2/authorize?")).expect("the link").trim().to_owned();
    let tab = user::open_tab(&user::allow(&link));
    eventually("the connection is in the list", || window.has_row("Zendesk").then_some(()));
    assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
}

#[test]
fn concurrent_sign_ins_each_make_their_own_connection() {
    let home = Home::new();
    let window = open_form(&home, "Zendesk");
    window.press("Continue in browser");
    let first = address(&home, 0);
    window.press("Connections");
    window.press("Add connection");
    window.choose_product("Webex");
    window.press("Continue in browser");
    let second = address(&home, 1);
    let tabs = [second, first].map(|address| user::open_tab(&user::allow(&address)));
    for tab in tabs {
        assert!(tab.join().expect("a tab").expect("a page").body.contains("is connected"));
    }
    eventually("both are connected", || (names(&home) == ["Webex", "Zendesk"]).then_some(()));
    home.assert_consistent(2);
}

#[test]
fn a_second_start_shows_the_first_window_and_exits() {
    let home = Home::new();
    let window = Window::open(&home);
    window.wait_for_text("No connections yet");
    let second = Command::new(env!("CARGO_BIN_EXE_keyrack-desktop"))
        .env_clear()
        .envs(home.environment())
        .env("DISPLAY", &window.display.name)
        .status()
        .expect("started");
    assert!(second.success());
    window.wait_for_text("No connections yet");
}

#[test]
fn the_appearance_is_remembered() {
    let home = Home::new();
    let window = Window::open(&home);
    window.press("Settings");
    window.wait_for_text("Appearance");
    window
        .script("[...document.querySelectorAll('label')].find((e) => e.innerText.trim() === 'Dark').click()");
    let stored = || -> Option<String> {
        home.index().query_row("SELECT value FROM setting WHERE key = 'appearance'", [], |r| r.get(0)).ok()
    };
    eventually("the choice is stored", || (stored().as_deref() == Some("dark")).then_some(()));
    drop(window);
    let window = Window::open(&home);
    eventually("the background is dark", || {
        let background = window.script("return getComputedStyle(document.documentElement).backgroundColor");
        (background == "rgb(21, 20, 18)").then_some(())
    });
}

#[test]
fn a_home_of_an_earlier_version_is_shown_with_its_settings() {
    let _network = golden::Network::take();
    let home = golden::open("v1", "home");
    let window = Window::open(&home);
    // The hosted workspace was the chosen one.
    window.wait_for_text("Helpdesk");
    assert!(!window.has_row("Anvils"));
    let background = window.script("return getComputedStyle(document.documentElement).backgroundColor");
    assert_eq!(background, "rgb(21, 20, 18)", "it is dark");
    window.press("Settings");
    window.wait_for_text("Appearance");
    assert_eq!(window.value("Callback port"), "18183");
}

#[test]
fn the_size_of_the_window_is_remembered() {
    let home = Home::new();
    let display = Display::start();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack-desktop"));
        command.env_clear().envs(home.environment()).env("DISPLAY", &display.name).env("NO_AT_BRIDGE", "1");
        command.spawn().expect("started")
    };
    let mut program = start();
    let window = eventually("a window appears", || display.window());
    display.resize(window, 900, 700);
    eventually("it is larger", || (display.size(window) == Some((900, 700))).then_some(()));
    display.close(window);
    assert!(program.wait().expect("ended").success());
    let mut program = start();
    let window = eventually("a window appears", || display.window());
    assert_eq!(display.size(window), Some((900, 700)));
    display.close(window);
    assert!(program.wait().expect("ended").success());
}

#[test]
fn the_page_cannot_navigate_elsewhere() {
    let home = Home::new();
    let window = Window::open(&home);
    window.wait_for_text("No connections yet");
    for away in ["http://127.0.0.1:9/", "https://example.com/", "data:text/html,elsewhere"] {
        window.script(&format!("location.assign({away:?})"));
        assert_eq!(window.script("return location.protocol + location.host"), "tauri:localhost");
    }
    window.press("Practise first");
    window.wait_for_text("Practice");
}
