//! A hosted workspace in the window, whose platform is `keyrack serve` in another process and another home.

use crate::address;
use crate::support::home::{Home, eventually};
use crate::support::platform::Platform;
use crate::support::user;
use crate::support::window::Window;

/// The secrets as a user copies them from the platform's page.
fn secrets(platform: &Platform) -> (String, String) {
    let (user, organization) = platform.authorization.split_once(", ").expect("two secrets");
    let cut = |text: &str, word: &str| text.strip_prefix(word).expect("a scheme").to_owned();
    (cut(user, "User "), cut(organization, "Organization "))
}

fn add_workspace(window: &Window, platform: &Platform) {
    let (user, organization) = secrets(platform);
    window.press("Settings");
    window.press("Add a workspace");
    window.fill("Name", "Acme platform");
    window.choose("Where", "Another address");
    window.fill("Base URL", &platform.base_url);
    window.fill("User secret", "wrong");
    window.fill("Organization secret", &organization);
    window.press("Check and add");
    // The refusal of the platform is shown, and the entries are kept.
    window.wait_for_text("does not accept these secrets");
    assert_eq!(window.value("Organization secret"), organization);
    window.fill("User secret", &user);
    window.press("Check and add");
    window.wait_for_text("Accounts here live at Acme platform");
    let markup = window.markup();
    assert!(!markup.contains(&user) && !markup.contains(&organization), "the page contains no secret");
}

/// Sets a free callback port, because windows of other tests may sign in at the same time.
fn set_free_port(home: &Home) {
    home.list();
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let set = "INSERT OR REPLACE INTO setting (key, value) VALUES ('callback_port', ?1)";
    home.index().execute(set, [port.to_string()]).expect("set");
}

/// Allows access at the address that the window opened, and waits for the result page.
fn allow(home: &Home, number: usize) {
    let callback = user::allow(&address(home, number));
    let page = user::open_tab(&callback).join().expect("a tab").expect("a page");
    assert_eq!(page.status, 200, "{}", page.body);
}

#[test]
fn an_account_is_connected_changed_imported_and_removed_at_a_platform() {
    let (upstream, home, second) = (Home::new(), Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    set_free_port(&home);
    let window = Window::open(&home);
    add_workspace(&window, &platform);

    // Connect.
    window.press("Add connection");
    window.choose_product("Zendesk");
    window.fill("Zendesk address", "acme");
    window.fill("Identifier", "keyrack");
    window.fill("Secret", "practice-secret");
    window.press("Continue in browser");
    allow(&home, 0);
    eventually("the new row is in the list", || window.has_row("Zendesk").then_some(()));
    let connected = home.list().remove(0);
    let at_platform = || upstream.list().first().cloned().unwrap_or_default();
    assert_eq!(at_platform()["name"], "Zendesk");

    // Rename at the platform too.
    window.press_row("Zendesk");
    window.press("Rename…");
    window.fill("Name in the list", "Helpdesk");
    window.press("Rename");
    eventually("the platform has the new name", || (at_platform()["name"] == "Helpdesk").then_some(()));
    // The focus returns to the button; text typed before that is lost.
    window.find("//h1[normalize-space(.)='Helpdesk']");
    let focused = || window.script("return document.activeElement.textContent.trim()");
    eventually("the focus is back", || (focused() == "Rename…").then_some(()));

    // Tag at the platform too.
    window.fill("Add a tag", "gold");
    window.press("Add");
    eventually("the platform has the tag", || (at_platform()["tags"][0] == "gold").then_some(()));
    window.find("//button[@aria-label='Remove tag gold']"); // It moves the buttons below.
    eventually("the field is empty again", || window.value("Add a tag").is_empty().then_some(()));

    // Sign in again.
    window.press("Sign in again");
    allow(&home, 1);
    eventually("the sign-in is finished", || {
        let row = home.list().remove(0);
        (row["renewed_at"] != connected["renewed_at"]).then_some(row)
    });
    let again = home.list().remove(0);
    assert_eq!((&again["id"], &again["instance"]), (&connected["id"], &connected["instance"]));
    assert_eq!(upstream.list().len(), 1, "no second instance was created");

    // Disable and enable.
    window.press_row("Helpdesk");
    window.press("Switch off");
    eventually("disabled at the platform", || (at_platform()["disabled"] == true).then_some(()));
    window.wait_for_text("Switched off");
    window.press("Switch on");
    eventually("enabled at the platform", || (at_platform()["disabled"] == false).then_some(()));

    // Import in another home.
    set_free_port(&second);
    drop(window);
    let window = Window::open(&second);
    add_workspace(&window, &platform);
    window.press("Import from platform");
    window.tick("Select all");
    window.press("Bring in 1 account");
    eventually("the row is in the index", || (second.list().len() == 1).then_some(()));
    assert_eq!(second.run(&["token", "Helpdesk"]).ok().stdout, home.run(&["token", "Helpdesk"]).ok().stdout);

    // Remove at the platform too.
    window.press_row("Helpdesk");
    window.press("Remove…");
    window.wait_for_text("This also deletes it at Acme platform.");
    window.press("Remove");
    eventually("removed at the platform", || upstream.list().is_empty().then_some(()));
    // The platform removes it before this computer.
    let rows = || second.count("SELECT count(*) FROM connection");
    eventually("removed here", || (rows() == 0).then_some(()));
    second.assert_consistent(0);
    upstream.assert_consistent(0);
}

#[test]
fn removing_a_workspace_does_not_change_the_platform() {
    let (upstream, home) = (Home::new(), Home::new());
    upstream.connect(&["zendesk", "--name", "Support"]);
    let platform = Platform::start(&upstream);
    let window = Window::open(&home);
    add_workspace(&window, &platform);
    window.press("Import from platform");
    window.tick("Select all");
    window.press("Bring in 1 account");
    eventually("the row is in the index", || (home.list().len() == 1).then_some(()));
    window.wait_for_text("1 account brought in.");
    window.press("Settings");
    window.press("Remove Acme platform");
    window.wait_for_text("stays there");
    window.press("Remove");
    eventually("the workspace is gone", || (home.count("SELECT count(*) FROM workspace") == 0).then_some(()));
    home.assert_consistent(0);
    upstream.assert_consistent(1);
    assert!(home.session.secrets().is_empty());
}
