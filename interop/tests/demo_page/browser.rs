//! Headless Chromium, driven through ChromeDriver. Every call waits for its answer.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use outlive_interop::process::Process;
use outlive_interop::{Scene, poll};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::devtools::{DevTools, Log};

/// How long the page may take for what it does without a node having to start.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// No sandbox, as root has none; and nothing that Chromium does for itself over a network.
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with an empty profile. Dropped it ends with its driver.
pub(crate) struct Browser {
    client: Client,
    runtime: Runtime,
    _driver: Process,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

impl Browser {
    /// Starts one.
    pub(crate) fn start(scene: &Scene, scripts: Scripts) -> Result<Self> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").current_dir(scene.folder());
        let mut driver = Process::spawn(&mut command, scene.log_file("chromedriver"))?;
        let port = poll::until("ChromeDriver's port", LIMIT, || {
            driver.still_runs()?;
            port(&driver.output()?).context("it has not told it")
        })?;
        let profile = scene.folder().join("profile");
        fs::create_dir_all(&profile)?;
        let mut arguments = FLAGS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push("--window-size=1200,1000".to_owned());
        let mut options = json!({"args": arguments});
        if scripts == Scripts::Off {
            options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("it is written as one above") };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = runtime.block_on(builder.connect(&format!("http://127.0.0.1:{port}")));
        Ok(Self { client: client.context("no session of Chromium")?, runtime, _driver: driver })
    }

    pub(crate) fn open(&self, url: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.client.goto(url))?)
    }

    pub(crate) fn reload(&self) -> Result<()> {
        Ok(self.runtime.block_on(self.client.refresh())?)
    }

    /// What a reader sees of the element: an empty text where it is hidden.
    pub(crate) fn text(&self, selector: &str) -> Result<String> {
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(selector)).await.with_context(|| selector.to_owned())?;
            Ok(element.text().await?)
        })
    }

    /// An attribute's value, or `None` where it is absent.
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> Result<Option<String>> {
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(selector)).await.with_context(|| selector.to_owned())?;
            Ok(element.attr(name).await?)
        })
    }

    /// Presses the element with the mouse, where it stands.
    pub(crate) fn click(&self, selector: &str) -> Result<()> {
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(selector)).await.with_context(|| selector.to_owned())?;
            element.click().await.with_context(|| format!("a click at {selector}"))
        })
    }

    /// Types into whatever has the focus.
    pub(crate) fn type_keys(&self, keys: &str) -> Result<()> {
        self.runtime.block_on(async { Ok(self.client.active_element().await?.send_keys(keys).await?) })
    }

    /// Runs a function's body in the page, and gives what it returns.
    pub(crate) fn script(&self, body: &str) -> Result<Value> {
        Ok(self.runtime.block_on(self.client.execute(body, Vec::new()))?)
    }

    /// A command of the DevTools protocol.
    pub(crate) fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let command = DevTools::new(method, parameters);
        self.runtime.block_on(self.client.issue_cmd(command)).with_context(|| method.to_owned())
    }

    /// What has been logged since the last call.
    pub(crate) fn log(&self, log: Log) -> Result<Vec<Value>> {
        let entries = self.runtime.block_on(self.client.issue_cmd(log))?;
        Ok(entries.as_array().context("a log that is no list")?.clone())
    }

    /// The window as a device of this width shows it.
    pub(crate) fn width(&self, width: u32, height: u32) -> Result<()> {
        let phone = width < 600;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)?;
        Ok(())
    }

    /// `light` or `dark`, as the visitor's system prefers.
    pub(crate) fn scheme(&self, scheme: &str) -> Result<()> {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}))?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends Chromium. An error says that it is gone already; the driver is killed in any case.
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}

/// `ChromeDriver was started successfully on port 12345.`
fn port(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once("started successfully on port ")?;
    let (port, _) = rest.split_once('.')?;
    port.parse().ok()
}

/// The address in a URL of the demo, which names it as a number.
pub(crate) fn address(url: &str) -> Result<SocketAddr> {
    let address = url.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse().ok());
    address.with_context(|| format!("{url:?} names no address"))
}
