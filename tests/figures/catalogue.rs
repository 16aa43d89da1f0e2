//! What the size of the catalogue costs: the shipped elements alone, and the same with 1,000 files of the user.

use std::fs;
use std::process::Command;

use crate::support::display::Display;
use crate::support::home::Home;
use crate::{COMMANDS, WINDOWS, command, median, release, row, start, timed};

/// Files in the user's folder.
const OWN: usize = 1_000;

/// Prints the time of each command with the user's files, beside that without.
pub(crate) fn figures() {
    let (with, without) = (Home::new(), Home::new());
    for home in [&with, &without] {
        home.connect(&["zendesk", "--name", "Figures"]);
    }
    write_elements(&with);
    let shipped = with.json(&["elements", "list"]).as_array().expect("a list").len() - OWN;
    println!("\nThe catalogue: {shipped} elements and {OWN} of the user, beside {shipped} alone.");
    let ours = release("keyrack");
    let ours = ours.to_str().expect("a plain path");
    for arguments in [&["elements", "list"][..], &["list"], &["token", "Figures"]] {
        let of = |home: &Home| -> Command { command(home, ours, arguments) };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..COMMANDS {
            a.push(timed(of(&with)));
            b.push(timed(of(&without)));
        }
        let what = format!("keyrack {}", arguments.join(" "));
        row(&what, "ms", "without own files", median(a.into_iter()), median(b.into_iter()));
    }
    let (display, window) = (Display::start(), release("keyrack-desktop"));
    let mapped = |home: &Home| start(home, &display, &window, None).0.mapped.as_secs_f64() * 1000.0;
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        a.push(mapped(&with));
        b.push(mapped(&without));
    }
    row("window mapped", "ms", "without own files", median(a.into_iter()), median(b.into_iter()));
}

fn write_elements(home: &Home) {
    for number in 0..OWN {
        let key = format!("own-{number}");
        let text = format!(
            "format = 2\nkey = \"{key}\"\nname = \"Own {number}\"\ncategory = \"Own\"\ngives = \"Anvils\"\n\n\
             [auth.api_key]\n\n[api]\naddress = \"https://api{number}.acme.example\"\n\
             headers = {{ X-Acme-Key = \"{{token}}\" }}\n"
        );
        let folder = home.path().join("config/elements").join(&key);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("element.toml"), text).expect("written");
    }
}
