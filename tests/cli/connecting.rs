//! Sign-ins in a real browser, from an empty home to a token.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::support::browser::{Chromium, LastPage};
use crate::support::home::{Home, eventually};

const ELEMENTS: [&str; 8] = [
    "actessentialsoauth",
    "ciscospark",
    "desk",
    "sfdc",
    "sfdcdocuments",
    "sfdcmarketingcloud",
    "sfdcservicecloud",
    "zendesk",
];

/// A value that occurs nowhere else.
const APP_SECRET: &str = "tQ7-an-app-secret-that-occurs-nowhere-else";

/// Records the arguments of all processes until it is stopped.
struct Arguments {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<Vec<u8>>>>,
    watcher: JoinHandle<()>,
}

impl Arguments {
    fn watch() -> Self {
        let (stop, seen) = (Arc::<AtomicBool>::default(), Arc::<Mutex<BTreeSet<Vec<u8>>>>::default());
        let (stopped, seeing) = (stop.clone(), seen.clone());
        let watcher = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                    if let Ok(arguments) = std::fs::read(process.path().join("cmdline")) {
                        seeing.lock().expect("not poisoned").insert(arguments);
                    }
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        Self { stop, seen, watcher }
    }

    fn seen(self) -> BTreeSet<Vec<u8>> {
        self.stop.store(true, Ordering::Relaxed);
        self.watcher.join().expect("watched to the end");
        Arc::into_inner(self.seen).expect("the only one left").into_inner().expect("not poisoned")
    }
}

fn contains(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

fn secrets_of(item: &Value) -> Vec<String> {
    let mut secrets: Vec<_> = ["access_token", "refresh_token", "token_secret", "element_token"]
        .iter()
        .filter_map(|name| item[name].as_str().map(str::to_owned))
        .collect();
    assert!(
        secrets.len() >= 3 && secrets.iter().all(|secret| secret.len() >= 32),
        "each kind has three long secrets"
    );
    secrets.extend(item["configuration"]["oauth.api.secret"].as_str().map(str::to_owned));
    secrets
}

/// The nth address that the program opened in the browser.
fn address(home: &Home, nth: usize) -> String {
    eventually("the browser was asked to open an address", || home.opened_addresses().get(nth).cloned())
}

fn connect(home: &Home, browser: &Chromium, key: &str, nth: usize) -> (LastPage, String) {
    let arguments = [
        "connect",
        key,
        "--workspace",
        "practice",
        "--tag",
        "all",
        "--secret",
        "oauth.api.secret=env:APP_SECRET",
    ];
    let mut running = home.start_with(&arguments, &[("APP_SECRET", APP_SECRET)]);
    running.line("Finish in the browser");
    browser.open(&address(home, nth));
    let page = browser.allow();
    let outcome = running.wait().ok();
    (page, outcome.stdout + &outcome.stderr)
}

#[test]
fn all_eight_elements_are_connected_in_a_real_browser_and_secrets_are_only_in_the_keyring() {
    let home = Home::new();
    let browser = Chromium::start();
    let arguments = Arguments::watch();
    let (mut output, mut pages) = (String::new(), Vec::new());
    for (nth, key) in ELEMENTS.into_iter().enumerate() {
        let (page, printed) = connect(&home, &browser, key, nth);
        assert!(page.heading.ends_with(" is connected"), "{key}: {}", page.heading);
        output.push_str(&printed);
        pages.push(page);
    }
    drop(browser);

    let items = home.session.items();
    let of_items: BTreeSet<_> = items.iter().filter_map(|item| item["element"].as_str()).collect();
    assert_eq!(items.len(), ELEMENTS.len(), "one item for each");
    assert_eq!(of_items, BTreeSet::from(ELEMENTS));
    home.assert_consistent(ELEMENTS.len());

    for item in &items {
        let name = item["name"].as_str().expect("a name");
        let token = home.run(&["token", name]).ok();
        assert_eq!(token.stdout.trim_end(), item["access_token"], "{name}");
        output.push_str(&token.stderr);
        for command in [&["show", name][..], &["show", name, "--json"], &["token", name, "--min-ttl", "x"]] {
            let outcome = home.run(command);
            output.push_str(&(outcome.stdout + &outcome.stderr));
        }
        let shown = home.json(&["show", name]);
        assert_eq!((&shown["id"], &shown["element"]), (&item["id"], &item["element"]));
        assert_eq!(shown["identity"], "maria@practice.example");
        assert_eq!(shown["status"], "ok");
    }
    for command in
        [&["list"][..], &["list", "--json"], &["list", "--tag", "all"], &["doctor"], &["doctor", "--json"]]
    {
        let outcome = home.run(command).ok();
        output.push_str(&(outcome.stdout + &outcome.stderr));
    }

    let mut secrets: Vec<String> = items.iter().flat_map(secrets_of).collect();
    // The key from which the practice provider derives token secrets.
    secrets.extend(home.session.secrets().into_iter().filter(|value| !value.starts_with('{')));
    assert!(secrets.iter().any(|secret| secret == APP_SECRET), "the given secret is saved");
    let codes = pages.iter().flat_map(|page| page.address.query_pairs().into_owned());
    let codes: Vec<_> =
        codes.filter(|(name, _)| name == "code" || name == "oauth_verifier").map(|(_, v)| v).collect();
    assert_eq!(codes.len(), ELEMENTS.len());
    let seen = arguments.seen();
    assert!(seen.iter().any(|line| contains(line, "--tag")), "the watcher saw the program");
    let files = home.files();
    assert!(files.iter().any(|(path, _)| path.ends_with("index.sqlite3")), "the index is searched");
    assert!(files.iter().any(|(path, _)| path.ends_with("keyrack.log")), "the log is searched");
    for secret in &secrets {
        assert!(!output.contains(secret.as_str()), "a secret was printed");
        assert!(pages.iter().all(|page| !page.source.contains(secret.as_str())), "a secret is in a page");
        assert!(!seen.iter().any(|arguments| contains(arguments, secret)), "a secret was an argument");
        for (path, bytes) in &files {
            assert!(!contains(bytes, secret), "a secret is in {}", path.display());
        }
    }
    for code in &codes {
        assert!(!output.contains(code.as_str()));
        assert!(files.iter().all(|(_, bytes)| !contains(bytes, code)), "a code is in a file");
    }
}

#[test]
fn a_denial_in_a_real_browser_saves_nothing_and_the_page_shows_it() {
    let home = Home::new();
    let browser = Chromium::start();
    for (nth, key) in ["zendesk", "desk"].into_iter().enumerate() {
        let mut running = home.start(&["connect", key, "--workspace", "practice", "--json"]);
        running.line("Finish in the browser");
        browser.open(&address(&home, nth));
        let page = browser.deny();
        assert!(page.heading.ends_with(" was not connected"), "{}", page.heading);
        assert!(page.source.contains("Nothing was saved"), "{}", page.source);
        running.wait().error(14, "access_denied");
        home.assert_consistent(0);
    }
}
