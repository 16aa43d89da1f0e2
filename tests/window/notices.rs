//! Desktop notifications, read from dunst, an independent notification daemon.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::home::{Home, eventually};
use crate::support::window::Window;

/// A notification daemon on the screen of a window, in the session of a home.
struct Dunst<'h> {
    home: &'h Home,
    process: Child,
}

impl<'h> Dunst<'h> {
    fn start(home: &'h Home, window: &Window) -> Self {
        let process = Command::new("dunst")
            .args(["-config", "/dev/null"])
            .env_clear()
            .envs(home.environment())
            .env("DISPLAY", &window.display.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dunst is installed");
        let dunst = Self { home, process };
        eventually("dunst listens", || dunst.control(&["count"]));
        dunst
    }

    fn control(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("dunstctl")
            .args(arguments)
            .env_clear()
            .envs(self.home.environment())
            .stderr(Stdio::null())
            .output()
            .expect("dunstctl is installed");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The titles of all notifications, newest first.
    fn titles(&self) -> Vec<String> {
        self.control(&["close-all"]).expect("a response of dunst");
        let history = self.control(&["history"]).expect("a response of dunst");
        let history: Value = serde_json::from_str(&history).expect("JSON");
        let shown = history["data"][0].as_array().cloned().unwrap_or_default();
        shown
            .iter()
            .map(|notification| notification["summary"]["data"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Drop for Dunst<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_connection_that_needs_the_user_is_notified_once() {
    let home = Home::new();
    home.connect_with(&["zendesk", "--name", "Support"], &[("KEYRACK_PRACTICE_LIFE", "3")]);
    home.connect(&["sfdc", "--name", "Sales"]);
    // The provider ends the grant.
    home.index().execute("UPDATE practice_grant SET revoked = 1", []).expect("written");
    let window = Window::open(&home);
    let dunst = Dunst::start(&home, &window);
    let support = || home.list().into_iter().find(|row| row["name"] == "Support").expect("in the list");
    eventually("the window renews ahead of need and fails", || {
        (support()["status"] == "needs_sign_in").then_some(())
    });
    eventually("a notification is shown", || (!dunst.titles().is_empty()).then_some(()));
    // Further requests fail once the token expires, and must not notify again.
    eventually("the token expires", || (home.run(&["token", "Support"]).code() == Some(10)).then_some(()));
    for _ in 0..3 {
        home.run(&["token", "Support", "--json"]).error(10, "sign_in_expired");
    }
    // Another process finds another failure, of which the window notifies too; a second notification of the first would be
    // shown by then.
    home.run(&["renew", "Sales", "--json"]);
    eventually("a notification of the other is shown", || (dunst.titles().len() > 1).then_some(()));
    assert_eq!(dunst.titles(), ["Sign in to “Sales” again", "Sign in to “Support” again"]);
}
