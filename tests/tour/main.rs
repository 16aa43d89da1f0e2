//! The tour: on a virtual display, in a temporary home with its own D-Bus session and keyring, it connects one practice
//! account as a user would: opens the window, signs in with a real browser, and prints the size of the token on the command
//! line. It prints each step and leaves screenshots in `target/tour`.

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use support::browser::Chromium;
use support::home::{Home, eventually};
use support::window::Window;

fn main() {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tour");
    let picture = |window: &Window, name: &str| -> PathBuf {
        let file = pictures.join(name);
        window.screenshot(&file);
        file
    };
    let mut step = 0;
    let mut say = |text: &str| {
        step += 1;
        println!("{step:2}. {text}");
    };

    let home = Home::new();
    say("A home of its own, with its own D-Bus session and an unlocked, empty keyring, is ready.");
    let window = Window::open(&home);
    window.wait_for_text("No connections yet");
    picture(&window, "1-first-start.png");
    say("The window is open: nothing is connected yet.");
    window.press("Practise first");
    window.choose_product("Zendesk");
    window.wait_for_text("Connect Zendesk");
    picture(&window, "2-form.png");
    say("Practise first, then Zendesk: the form comes filled in.");
    window.press("Continue in browser");
    window.wait_for_text("Finish in your browser");
    picture(&window, "3-waiting.png");
    let address = eventually("a browser is opened", || home.opened_addresses().first().cloned());
    say("Continue: the address of the practice provider was handed to the browser.");
    let chromium = Chromium::start();
    chromium.open(&address);
    chromium.screenshot(&pictures.join("4-browser-allow.png"));
    let page = chromium.allow();
    chromium.screenshot(&pictures.join("5-browser-result.png"));
    say(&format!("A real browser pressed Allow. Its last page says: {}.", page.heading));
    eventually("the account is in the list", || window.has_row("Zendesk").then_some(()));
    picture(&window, "6-connected.png");
    say("The account stands in the list.");
    let kept = home.session.items();
    assert_eq!(kept.len(), 1, "one item lies in the keyring");
    say("Its token lies in the keyring: one item under the service “keyrack”.");
    let token = home.run(&["token", "Zendesk"]).ok().stdout;
    assert_eq!(
        kept[0]["access_token"],
        token.trim(),
        "the command line prints the token that the keyring holds"
    );
    say(&format!(
        "`keyrack token Zendesk` prints it: {} characters, the same that the keyring holds.",
        token.trim().len()
    ));
    println!("\nPictures: {}", pictures.display());
}
