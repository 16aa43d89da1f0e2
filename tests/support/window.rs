//! The real window, driven through WebKitWebDriver as a person would drive it: by what is written on things.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::runtime::Runtime;

use super::PATIENCE;
use super::display::Display;
use super::home::{Home, eventually};

/// One window at a time: each brings a web engine of its own, and two of them on two cores test the machine.
static TURN: Mutex<()> = Mutex::new(());

/// A running window on a screen of its own. It is closed when dropped.
pub struct Window {
    runtime: Runtime,
    page: Client,
    driver: Child,
    /// The screen it is on.
    pub display: Display,
    _turn: MutexGuard<'static, ()>,
}

impl Window {
    /// Opens the window of this home.
    pub fn open(home: &Home) -> Self {
        Self::open_with(home, &[])
    }

    /// Opens it with variables of its own.
    pub fn open_with(home: &Home, variables: &[(&str, &str)]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let display = Display::start();
        // Bound and let go: the driver can only be told a port, not asked for one.
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|s| s.local_addr()).expect("a port").port();
        let mut command = Command::new(found("WebKitWebDriver"));
        command
            .arg(format!("--port={port}"))
            .env_clear()
            .envs(home.environment())
            .envs(variables.iter().copied())
            .env("DISPLAY", &display.name)
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // There is no accessibility bus in this session to wait for.
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
        Self { runtime, page, driver, display, _turn: turn }
    }

    /// The first thing that this XPath finds, waiting for it.
    #[track_caller]
    pub fn find(&self, xpath: &str) -> Element {
        let found =
            self.runtime.block_on(self.page.wait().at_most(PATIENCE).for_element(Locator::XPath(xpath)));
        found.unwrap_or_else(|error| panic!("{xpath}: {error}\nThe page says:\n{}", self.text()))
    }

    /// Waits until this text stands somewhere on the page.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.find(&format!("//body//*[contains(normalize-space(.), {})]", quoted(text)));
    }

    /// Presses the button of this name.
    #[track_caller]
    pub fn press(&self, name: &str) {
        let name = quoted(name);
        let xpath =
            format!("//*[self::button or self::summary][normalize-space(.)={name} or @aria-label={name}]");
        let button = self.find(&xpath);
        self.click(&button);
    }

    /// Presses the row that shows this name.
    #[track_caller]
    pub fn press_row(&self, name: &str) {
        let row = self.find(&format!("//li//*[@data-row][.//*[normalize-space(.)={}]]", quoted(name)));
        self.click(&row);
    }

    /// Brings something into sight and presses it.
    #[track_caller]
    fn click(&self, element: &Element) {
        // Rows out of sight are not laid out, and a screen that is just coming in does not stand still.
        let argument = serde_json::to_value(element).expect("a reference");
        let shown = self.page.execute("arguments[0].scrollIntoView({ block: 'center' })", vec![argument]);
        self.runtime.block_on(shown).expect("it can be brought into sight");
        self.rest();
        self.runtime.block_on(element.click()).unwrap_or_else(|e| panic!("it cannot be pressed: {e}"));
    }

    /// Waits until nothing moves any more.
    pub fn rest(&self) {
        let script = "const [done] = arguments;
            const frame = () => new Promise(requestAnimationFrame);
            frame()
                .then(() => Promise.all(document.getAnimations()
                    .filter((a) => a.effect.getComputedTiming().iterations !== Infinity)
                    .map((a) => a.finished.catch(() => 0))))
                .then(frame).then(frame).then(done)";
        self.runtime.block_on(self.page.execute_async(script, vec![])).expect("it comes to rest");
    }

    /// Writes a picture of the screen at rest.
    pub fn picture(&self, file: &std::path::Path) {
        self.rest();
        self.display.picture(file);
    }

    /// Whether a row shows this name now.
    pub fn has_row(&self, name: &str) -> bool {
        let xpath = format!("//li//*[@data-row][.//*[normalize-space(.)={}]]", quoted(name));
        self.runtime.block_on(self.page.find(Locator::XPath(&xpath))).is_ok()
    }

    /// Replaces what stands in the field with this label.
    #[track_caller]
    pub fn fill(&self, label: &str, value: &str) {
        let field = self.field(label);
        self.runtime.block_on(async {
            // As a hand does it: everything is selected and typed over. The driver's own "clear" tells the page nothing.
            let (control, backspace) = ('\u{e009}', "\u{e003}");
            let typed = if value.is_empty() { backspace } else { value };
            field.send_keys(&format!("{control}a{control}{typed}")).await.expect("typed");
        });
    }

    /// Chooses an option of the field with this label, as a hand does it: the page is told by the event.
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

    /// Presses the label of a box to be ticked.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        let label = self.find(&format!("//label[normalize-space(.)={}]", quoted(label)));
        self.click(&label);
    }

    /// Types into something that was found.
    #[track_caller]
    pub fn type_into(&self, field: &Element, text: &str) {
        self.runtime.block_on(field.send_keys(text)).expect("typed");
    }

    /// What stands in the field with this label.
    #[track_caller]
    pub fn value(&self, label: &str) -> String {
        let field = self.field(label);
        self.runtime.block_on(field.prop("value")).expect("read").unwrap_or_default()
    }

    fn field(&self, label: &str) -> Element {
        self.find(&format!("//*[@id=//label[starts-with(normalize-space(.), {})]/@for]", quoted(label)))
    }

    /// Runs a script in the page.
    pub fn script(&self, script: &str) -> serde_json::Value {
        self.runtime.block_on(self.page.execute(script, vec![])).expect("the script runs")
    }

    /// All text that can be read.
    pub fn text(&self) -> String {
        let read = self.runtime.block_on(self.page.execute("return document.body.innerText", vec![]));
        read.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Everything in the page: markup and what was typed.
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

/// Where a program lies, for commands that are given another `PATH`.
fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.exists()).unwrap_or_else(|| program.into())
}

/// A text for XPath, which has no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
