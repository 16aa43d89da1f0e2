//! What the desktop tells a person who is looking elsewhere: seen in dunst, a notification daemon that knows nothing of
//! us.

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
        eventually("dunst listens", || dunst.ask(&["count"]));
        dunst
    }

    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let asked = Command::new("dunstctl")
            .args(arguments)
            .env_clear()
            .envs(self.home.environment())
            .stderr(Stdio::null())
            .output()
            .expect("dunstctl is installed");
        asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).into_owned())
    }

    /// The title of each notification that was shown so far, newest first.
    fn told(&self) -> Vec<String> {
        self.ask(&["close-all"]).expect("dunst answers");
        let history = self.ask(&["history"]).expect("dunst answers");
        let history: Value = serde_json::from_str(&history).expect("JSON");
        let shown = history["data"][0].as_array().cloned().unwrap_or_default();
        shown.iter().map(|one| one["summary"]["data"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Dunst<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_person_is_told_once_when_a_connection_begins_to_need_them() {
    let home = Home::new();
    home.connect_with(&["zendesk", "--name", "Support"], &[("KEYRACK_PRACTICE_LIFE", "3")]);
    home.connect(&["sfdc", "--name", "Sales"]);
    // The provider ends the sign-in; nobody has noticed yet.
    home.index().execute("UPDATE practice_grant SET revoked = 1", []).expect("written");
    let window = Window::open(&home);
    let dunst = Dunst::start(&home, &window);
    let support = || home.list().into_iter().find(|row| row["name"] == "Support").expect("in the list");
    eventually("the window notices before anybody asks", || {
        (support()["status"] == "needs_sign_in").then_some(())
    });
    eventually("the person is told", || (!dunst.told().is_empty()).then_some(()));
    // Whoever asks again learns the same once the token itself has ended, which is no news.
    eventually("the token ends", || (home.run(&["token", "Support"]).code() == Some(10)).then_some(()));
    for _ in 0..3 {
        home.run(&["token", "Support", "--json"]).error(10, "sign_in_expired");
    }
    // Another program finds another one: the window tells of that, too, and by then would have told of the first twice.
    home.run(&["renew", "Sales", "--json"]);
    eventually("the person is told of the other", || (dunst.told().len() > 1).then_some(()));
    assert_eq!(dunst.told(), ["Sign in to “Sales” again", "Sign in to “Support” again"]);
}
