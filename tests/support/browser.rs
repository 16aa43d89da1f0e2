//! The user's browser: a real headless Chromium, driven by chromedriver.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::runtime::Runtime;

use super::TIMEOUT;

/// One chromedriver for all open browsers of the process.
struct Driver {
    process: Child,
    port: u16,
    _home: tempfile::TempDir,
}

static DRIVER: Mutex<Weak<Driver>> = Mutex::new(Weak::new());

impl Driver {
    fn shared() -> Arc<Self> {
        let mut running = DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let driver = Arc::new(Self::start());
            *running = Arc::downgrade(&driver);
            driver
        })
    }

    fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            // Not the session and settings of the user who runs the tests.
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?
                .trim_end_matches('.')
                .parse()
                .ok()
        });
        Self { process, port: port.expect("chromedriver prints its port"), _home: home }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser with an empty profile, closed on drop.
pub struct Chromium {
    runtime: Runtime,
    client: Client,
    profile: tempfile::TempDir,
    _driver: Arc<Driver>,
}

impl Chromium {
    pub fn start() -> Self {
        let driver = Driver::shared();
        let profile = tempfile::tempdir().expect("a folder");
        let data = format!("--user-data-dir={}", profile.path().display());
        let arguments = [
            "--headless=new",
            // Chromium's sandbox refuses to run as root, as in containers.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--password-store=basic",
            // The pages of the tests are on loopback; no other host exists.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
            &data,
        ];
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let capabilities = capabilities.as_object().expect("an object").clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities);
            builder.connect(&format!("http://127.0.0.1:{}", driver.port)).await.expect("Chromium starts")
        });
        Self { runtime, client, profile, _driver: driver }
    }

    pub fn open(&self, address: &str) {
        self.runtime.block_on(self.client.goto(address)).expect("opened");
    }

    pub fn screenshot(&self, file: &std::path::Path) {
        let png = self.runtime.block_on(self.client.screenshot()).expect("a screenshot");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, png).expect("written");
    }

    /// Presses Allow on the consent page and waits for the result page.
    pub fn allow(&self) -> LastPage {
        self.decide("allow")
    }

    pub fn deny(&self) -> LastPage {
        self.decide("deny")
    }

    /// Signs in on a provider's page, presses Allow, and waits for the result page.
    pub fn allow_as(&self, login: &str) -> LastPage {
        self.fill("input[name=login]", login);
        self.allow()
    }

    /// Waits for a field and replaces its value.
    #[track_caller]
    pub fn fill(&self, selector: &str, value: &str) {
        self.runtime.block_on(async {
            let field = self.client.wait().at_most(TIMEOUT).for_element(Locator::Css(selector)).await;
            let field = field.unwrap_or_else(|error| panic!("{selector}: {error}"));
            field.clear().await.expect("emptied");
            field.send_keys(value).await.expect("typed");
        });
    }

    /// Waits for an element and clicks it.
    #[track_caller]
    pub fn press(&self, selector: &str) {
        self.runtime.block_on(async {
            let found = self.client.wait().at_most(TIMEOUT).for_element(Locator::Css(selector)).await;
            let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
            found.click().await.expect("pressed");
        });
    }

    /// Waits until the heading contains this text.
    #[track_caller]
    pub fn wait_for_heading(&self, heading: &str) {
        let heading = format!("//h1[contains(., '{heading}')]");
        self.runtime.block_on(async {
            let found = self.client.wait().at_most(TIMEOUT).for_element(Locator::XPath(&heading)).await;
            if let Err(error) = found {
                panic!("{heading}: {error}; the page is {}", self.client.source().await.unwrap_or_default());
            }
        });
    }

    fn decide(&self, decision: &str) -> LastPage {
        self.press(&format!("button[name=decision][value={decision}]"));
        self.last_page()
    }

    /// Waits for the result page.
    pub fn last_page(&self) -> LastPage {
        self.runtime.block_on(async {
            let result = Locator::XPath("//h1[contains(., 'connected')]");
            let heading = match self.client.wait().at_most(TIMEOUT).for_element(result).await {
                Ok(heading) => heading,
                Err(e) => panic!("{e}; the page is {}", self.client.source().await.unwrap_or_default()),
            };
            LastPage {
                heading: heading.text().await.expect("a heading"),
                source: self.client.source().await.expect("a source"),
                address: self.client.current_url().await.expect("an address"),
            }
        })
    }
}

/// The page that shows the result of a sign-in.
#[derive(Debug)]
pub struct LastPage {
    pub heading: String,
    pub source: String,
    pub address: url::Url,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        // Kills processes that the driver left: only this browser has this profile.
        let profile = self.profile.path().display().to_string();
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let command_line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&command_line).contains(&profile) {
                let id = process.file_name().to_string_lossy().into_owned();
                let _ = Command::new("kill").args(["-KILL", &id]).stderr(Stdio::null()).status();
            }
        }
    }
}
