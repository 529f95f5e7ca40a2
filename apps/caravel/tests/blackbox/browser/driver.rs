//! Chromium, controlled by chromedriver.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder,
    actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    elements::Element,
    error::CmdError,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use testing::{TestBackend, free_port};
use tokio::time::sleep;

use super::css;

/// The time limit until a page shows what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The names of Chromium's program.
const PROGRAMS: [&str; 3] = ["chromium", "google-chrome", "chromium-browser"];

/// Whether a browser runs scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JavaScript {
    On,
    Off,
}

/// A browser for one shop. It ends when this is dropped.
pub(super) struct Browser {
    client: Client,
    shop: String,
    _driver: Driver,
}

/// chromedriver, and the folder by which its browser's processes are found.
struct Driver(Child, String);

/// A command that only chromedriver has.
#[derive(Debug)]
struct Special {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Special {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Starts a browser with a new profile, for the shop at this URL.
    pub(super) async fn start(backend: &TestBackend, shop: &str, javascript: JavaScript) -> Self {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver can be started: ./test installs it");
        let profile = backend.folder().join("browser");
        let driver = Driver(driver, profile.display().to_string());
        let url = format!("http://127.0.0.1:{port}");
        let began = Instant::now();
        let client = loop {
            // The driver is on this machine: nothing is encrypted.
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities(&profile.display().to_string(), javascript));
            match builder.connect(&url).await {
                Ok(client) => break client,
                Err(error) => assert!(began.elapsed() < PATIENCE, "no browser: {error}"),
            }
            sleep(Duration::from_millis(50)).await;
        };
        Self { client, shop: shop.to_owned(), _driver: driver }
    }

    pub(super) async fn open(&self, path: &str) {
        self.goto(&format!("{}{path}", self.shop)).await;
    }

    pub(super) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(super) async fn back(&self) {
        self.client.back().await.unwrap();
    }

    pub(super) async fn refresh(&self) {
        self.client.refresh().await.unwrap();
    }

    /// The URL of the page.
    pub(super) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// The page's path, with its query.
    pub(super) async fn path(&self) -> String {
        self.url().await.strip_prefix(&self.shop).unwrap().to_owned()
    }

    pub(super) async fn find(&self, selector: &str) -> Element {
        self.client.find(css(selector)).await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    pub(super) async fn count(&self, selector: &str) -> usize {
        self.client.find_all(css(selector)).await.unwrap().len()
    }

    pub(super) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    pub(super) async fn value(&self, selector: &str) -> String {
        self.find(selector).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Waits until the page has this element.
    pub(super) async fn wait(&self, selector: &str) {
        let found = self.client.wait().at_most(PATIENCE).for_element(css(selector)).await;
        if let Err(error) = found {
            let (url, page) = (self.url().await, self.client.source().await.unwrap_or_default());
            panic!("{selector} is not on {url}: {error}\n{page}");
        }
    }

    pub(super) async fn wait_until(&self, what: &str, done: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !done().await {
            assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Clicks twice, faster than any page is answered.
    pub(super) async fn double_click(&self, selector: &str) {
        let button = self.find(selector).await;
        self.run_with("arguments[0].scrollIntoView({block: 'center'}); return null", vec![json!(button)])
            .await;
        let press = || PointerAction::Down { button: MOUSE_BUTTON_LEFT };
        let release = || PointerAction::Up { button: MOUSE_BUTTON_LEFT };
        let to = PointerAction::MoveToElement { element: button, duration: None, x: 0.0, y: 0.0 };
        let mouse = MouseActions::new("mouse".to_owned()).then(to);
        let mouse = mouse.then(press()).then(release()).then(press()).then(release());
        self.client.perform_actions(mouse).await.unwrap();
    }

    pub(super) async fn type_into(&self, selector: &str, text: &str) {
        self.find(selector).await.send_keys(text).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses keys in the element that has the focus.
    pub(super) async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// The result of a script.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.run_with(script, Vec::new()).await
    }

    pub(super) async fn run_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Sets the width of the window.
    pub(super) async fn be_a_phone(&self, width: u32) {
        let screen = json!({"width": width, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Sets the size of the window of a computer.
    pub(super) async fn be_a_desk(&self, width: u32, height: u32) {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Runs a script in every page that is opened from now on, before its own; no policy of the page forbids it.
    pub(super) async fn run_in_every_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Without motion, so that the new colours are there at once.
    pub(super) async fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let colours = json!({"name": "prefers-color-scheme", "value": value});
        let motion = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        let media = json!({"features": [colours, motion]});
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Saves a screenshot, for people.
    pub(super) async fn screenshot(&self, name: &str) {
        let picture = self.client.screenshot().await.unwrap();
        assert!(picture.len() > 2000, "{name} is empty");
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), picture).unwrap();
    }

    /// Checks that the console has no errors of scripts or policies.
    pub(super) async fn is_without_complaints(&self) {
        self.is_without_complaints_but("\u{0}").await;
    }

    /// Checks that the console has no errors except one about this status, which it always reports.
    pub(super) async fn is_without_complaints_but(&self, status: &str) {
        let log = self.special("se/log", json!({"type": "browser"})).await.unwrap();
        let is_fine = |entry: &&Value| {
            let message = entry["message"].as_str().unwrap_or_default();
            !["SEVERE", "WARNING"].contains(&entry["level"].as_str().unwrap_or_default())
                || message.contains("Failed to load resource") && message.contains(status)
        };
        let complaints: Vec<&Value> =
            log.as_array().unwrap().iter().filter(|entry| !is_fine(entry)).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.special("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await.unwrap();
    }

    async fn special(&self, path: &'static str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Special { path, body }).await
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        // The driver leaves its browser running; the profile's path is this test's own.
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&words).contains(&self.1) {
                let _ =
                    Command::new("kill").arg("-KILL").arg(process.file_name()).stderr(Stdio::null()).status();
            }
        }
    }
}

fn capabilities(profile: &str, javascript: JavaScript) -> fantoccini::wd::Capabilities {
    let program = PROGRAMS.iter().find_map(|name| on_path(name)).expect("Chromium is installed by ./test");
    // Chromium's words for allowed and blocked.
    let javascript = if javascript == JavaScript::On { 1 } else { 2 };
    let capabilities = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "binary": program,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-default-apps", "--window-size=1280,900", format!("--user-data-dir={profile}"),
            ],
            "prefs": {"profile.managed_default_content_settings.javascript": javascript},
        },
    });
    match capabilities {
        Value::Object(capabilities) => capabilities,
        other => unreachable!("{other}"),
    }
}

fn on_path(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())?;
    Some(found.display().to_string())
}
