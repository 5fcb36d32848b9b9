//! What ChromeDriver knows beside WebDriver: commands of the DevTools protocol, and logs.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A command of the DevTools protocol.
#[derive(Debug)]
pub(crate) struct DevTools {
    body: Value,
}

impl DevTools {
    pub(crate) fn new(method: &str, parameters: Value) -> Self {
        Self { body: json!({"cmd": method, "params": parameters}) }
    }
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        of_session(base, session, "goog/cdp/execute")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// One of Chromium's logs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Log {
    /// What the page's console shows: its own lines, and the browser's complaints about it.
    Console,
    /// The events of the DevTools protocol, those of the network among them.
    Events,
}

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        of_session(base, session, "se/log")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let name = match self {
            Self::Console => "browser",
            Self::Events => "performance",
        };
        (Method::POST, Some(json!({"type": name}).to_string()))
    }
}

fn of_session(base: &Url, session: Option<&str>, command: &str) -> Result<Url, ParseError> {
    base.join(&format!("session/{}/{command}", session.unwrap_or_default()))
}
