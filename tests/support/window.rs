//! The real window, driven through WebKitWebDriver by its visible text, as a user does.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::runtime::Runtime;

use super::TIMEOUT;
use super::display::Display;
use super::home::{Home, eventually};

/// One window at a time: each has a web engine of its own, and two of them overload two cores.
static ONE_WINDOW: Mutex<()> = Mutex::new(());

/// A running window on a screen of its own, closed on drop.
pub struct Window {
    runtime: Runtime,
    page: Client,
    driver: Child,
    pub display: Display,
    _guard: MutexGuard<'static, ()>,
}

impl Window {
    pub fn open(home: &Home) -> Self {
        Self::open_with(home, &[])
    }

    pub fn open_with(home: &Home, variables: &[(&str, &str)]) -> Self {
        let guard = ONE_WINDOW.lock().unwrap_or_else(PoisonError::into_inner);
        let display = Display::start();
        // The driver needs a port number and cannot choose one.
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|s| s.local_addr()).expect("a port").port();
        let mut command = Command::new(find_program("WebKitWebDriver"));
        command
            .arg(format!("--port={port}"))
            .env_clear()
            .envs(home.environment())
            .envs(variables.iter().copied())
            .env("DISPLAY", &display.name)
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // This session has no accessibility bus to wait for.
            .env("NO_AT_BRIDGE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let driver = command.spawn().expect("webkit2gtk-driver is installed");
        eventually("WebKitWebDriver listens", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        let options =
            json!({ "webkitgtk:browserOptions": { "binary": env!("CARGO_BIN_EXE_keyrack-desktop") } });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let page = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(options.as_object().expect("an object").clone());
            builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("the window opens")
        });
        Self { runtime, page, driver, display, _guard: guard }
    }

    /// Waits for the first element that this XPath finds.
    #[track_caller]
    pub fn find(&self, xpath: &str) -> Element {
        let found =
            self.runtime.block_on(self.page.wait().at_most(TIMEOUT).for_element(Locator::XPath(xpath)));
        found.unwrap_or_else(|error| panic!("{xpath}: {error}\nThe text of the page:\n{}", self.text()))
    }

    /// Waits until the page contains this text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.find(&format!("//body//*[contains(normalize-space(.), {})]", quoted(text)));
    }

    /// Presses the button with this name.
    #[track_caller]
    pub fn press(&self, name: &str) {
        let name = quoted(name);
        let xpath =
            format!("//*[self::button or self::summary][normalize-space(.)={name} or @aria-label={name}]");
        let button = self.find(&xpath);
        self.click(&button);
    }

    /// Presses the row with this name.
    #[track_caller]
    pub fn press_row(&self, name: &str) {
        let row = self.find(&format!("//li//*[@data-row][.//*[normalize-space(.)={}]]", quoted(name)));
        self.click(&row);
    }

    /// Finds a product of the catalogue by its name, and opens its form.
    #[track_caller]
    pub fn choose_product(&self, name: &str) {
        self.fill("Filter products", name);
        self.press_row(name);
    }

    /// Scrolls to an element and clicks it.
    #[track_caller]
    fn click(&self, element: &Element) {
        // Rows out of view are not laid out, and a screen that appears is animated.
        let argument = serde_json::to_value(element).expect("a reference");
        let shown = self.page.execute("arguments[0].scrollIntoView({ block: 'center' })", vec![argument]);
        self.runtime.block_on(shown).expect("scrolled");
        self.wait_until_still();
        self.runtime.block_on(element.click()).unwrap_or_else(|e| panic!("not clicked: {e}"));
    }

    /// Waits until no animation runs.
    pub fn wait_until_still(&self) {
        let script = "const [done] = arguments;
            const frame = () => new Promise(requestAnimationFrame);
            frame()
                .then(() => Promise.all(document.getAnimations()
                    .filter((a) => a.effect.getComputedTiming().iterations !== Infinity)
                    .map((a) => a.finished.catch(() => 0))))
                .then(frame).then(frame).then(done)";
        self.runtime.block_on(self.page.execute_async(script, vec![])).expect("animations end");
    }

    /// Takes a screenshot once no animation runs.
    pub fn screenshot(&self, file: &std::path::Path) {
        self.wait_until_still();
        self.display.screenshot(file);
    }

    /// Whether a row has this name now.
    pub fn has_row(&self, name: &str) -> bool {
        let xpath = format!("//li//*[@data-row][.//*[normalize-space(.)={}]]", quoted(name));
        self.runtime.block_on(self.page.find(Locator::XPath(&xpath))).is_ok()
    }

    /// Replaces the value of the field with this label.
    #[track_caller]
    pub fn fill(&self, label: &str, value: &str) {
        let field = self.field(label);
        self.runtime.block_on(async {
            // Selects all and types over it. The driver's own "clear" sends no event to the page.
            let (control, backspace) = ('\u{e009}', "\u{e003}");
            let typed = if value.is_empty() { backspace } else { value };
            field.send_keys(&format!("{control}a{control}{typed}")).await.expect("typed");
        });
    }

    /// Chooses an option of the field with this label, with the events that a user causes.
    #[track_caller]
    pub fn choose(&self, label: &str, option: &str) {
        let field = self.field(label);
        let found = self.find(&format!(
            "//*[@id=//label[starts-with(normalize-space(.), {})]/@for]/option[normalize-space(.)={}]",
            quoted(label),
            quoted(option)
        ));
        let arguments = [&field, &found].map(|e| serde_json::to_value(e).expect("a reference")).to_vec();
        let script = "const [select, option] = arguments;
            select.value = option.value;
            select.dispatchEvent(new Event('input', { bubbles: true }));
            select.dispatchEvent(new Event('change', { bubbles: true }))";
        self.runtime.block_on(self.page.execute(script, arguments)).expect("chosen");
    }

    /// Clicks the label of a checkbox.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        let label = self.find(&format!("//label[normalize-space(.)={}]", quoted(label)));
        self.click(&label);
    }

    #[track_caller]
    pub fn type_into(&self, field: &Element, text: &str) {
        self.runtime.block_on(field.send_keys(text)).expect("typed");
    }

    /// The value of the field with this label.
    #[track_caller]
    pub fn value(&self, label: &str) -> String {
        let field = self.field(label);
        self.runtime.block_on(field.prop("value")).expect("read").unwrap_or_default()
    }

    fn field(&self, label: &str) -> Element {
        let label = quoted(label);
        self.find(&format!(
            "//*[@id=//label[starts-with(normalize-space(.), {label})]/@for] | //input[@aria-label={label}]"
        ))
    }

    pub fn script(&self, script: &str) -> serde_json::Value {
        self.runtime.block_on(self.page.execute(script, vec![])).expect("the script runs")
    }

    /// The visible text.
    pub fn text(&self) -> String {
        let read = self.runtime.block_on(self.page.execute("return document.body.innerText", vec![]));
        read.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The markup of the page and the values of its fields.
    pub fn markup(&self) -> String {
        let script = "return document.documentElement.outerHTML + \
                      [...document.querySelectorAll('input')].map((i) => i.value).join()";
        self.script(script).as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.page.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The path of a program, for commands with another `PATH`.
fn find_program(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.exists()).unwrap_or_else(|| program.into())
}

/// A string literal for XPath, which has no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
