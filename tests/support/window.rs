//! The real window, driven through WebKitWebDriver as a person would drive it: by what is written on things.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// How long a person would wait before they believe that nothing happens any more.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running window and the driver that steers it.
pub struct Window {
    driver: Child,
    /// The page in the window.
    pub page: Client,
}

impl Window {
    /// Starts `program` with this environment under a WebKitWebDriver of its own.
    pub async fn open(program: &str, environment: &[(String, String)]) -> Self {
        let port = super::free_port();
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .envs(environment.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // As root and in containers, the sandbox of WebKit needs namespaces that are not there.
            .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("webkit2gtk-driver is installed");
        super::wait_for_port(port);
        let capabilities = json!({ "webkitgtk:browserOptions": { "binary": program } });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object was written") };
        let page = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the window opens");
        Self { driver, page }
    }

    /// The first thing that this XPath finds, waiting for it.
    pub async fn find(&self, xpath: &str) -> Element {
        let found = self.page.wait().at_most(PATIENCE).for_element(Locator::XPath(xpath)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{xpath}: {error}\nThe page says:\n{}", self.text().await),
        }
    }

    /// Waits until this text stands somewhere on the page.
    pub async fn sees(&self, text: &str) {
        self.find(&format!("//*[not(self::script or self::style)][text()[contains(normalize-space(.), {})]]", quoted(text)))
            .await;
    }

    /// Presses the button or link of this name.
    pub async fn press(&self, name: &str) {
        let name = quoted(name);
        let xpath = format!(
            "//*[self::button or self::a or self::summary][normalize-space(.)={name} or @aria-label={name}][not(@disabled)]"
        );
        self.find(&xpath).await.click().await.expect("it can be pressed");
    }

    /// Presses a row that shows this name.
    pub async fn press_row(&self, name: &str) {
        let xpath = format!("//main//li//*[self::button or self::a][.//*[normalize-space(.)={}]]", quoted(name));
        self.find(&xpath).await.click().await.expect("it can be pressed");
    }

    /// The field with this label.
    pub async fn field(&self, label: &str) -> Element {
        let xpath = format!("//*[@id=//label[starts-with(normalize-space(.), {})]/@for]", quoted(label));
        self.find(&xpath).await
    }

    /// All text that can be read.
    pub async fn text(&self) -> String {
        let script = "return document.body.innerText";
        let read = self.page.execute(script, vec![]).await.unwrap_or_default();
        read.as_str().unwrap_or_default().to_owned()
    }

    /// Closes the window and waits until it is gone.
    pub async fn close(self) {
        let Self { mut driver, page } = self;
        let _ = page.close().await;
        let _ = driver.kill();
        let _ = driver.wait();
    }
}

/// A text for XPath, which has no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
