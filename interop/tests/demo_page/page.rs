//! The page as a visitor meets it: a demo, a browser that has it open, and what stands where.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::{Scene, poll};

use crate::browser::{Browser, LIMIT, Scripts};
use crate::demo::Demo;
use crate::devtools::Log;

/// How long nodes may take to start, to find each other, and to play all steps, of which the last alone waits for an expiry.
const NODES_LIMIT: Duration = Duration::from_secs(90);

/// The open page.
pub(crate) struct Page {
    pub(crate) demo: Demo,
    pub(crate) browser: Browser,
}

impl Page {
    /// Starts a demo and opens its page; both nodes are up, and one serves.
    pub(crate) fn open(scene: &Scene) -> Result<Self> {
        let page = Self { demo: Demo::start(scene)?, browser: Browser::start(scene, Scripts::On)? };
        page.browser.open(&format!("{}/", page.demo.url()))?;
        for node in ["A", "B"] {
            page.shows(&format!("{} .state", card(node)), "up")?;
            page.shows(&format!("{} .members", card(node)), if node == "A" { "node B" } else { "node A" })?;
        }
        page.serving()?;
        Ok(page)
    }

    /// Waits until the element's visible text is this one.
    pub(crate) fn shows(&self, selector: &str, want: &str) -> Result<()> {
        poll::until_equal(selector, NODES_LIMIT, &want.to_owned(), || self.browser.text(selector))
    }

    /// Waits until the line of news holds this.
    pub(crate) fn tells(&self, part: &str) -> Result<()> {
        poll::until(&format!("news with {part:?}"), NODES_LIMIT, || {
            let news = self.browser.text("#status")?;
            ensure!(news.contains(part), "it tells {news:?}");
            Ok(())
        })
    }

    /// The node that the arrow points at, as soon as there is one; card, arrow and badge name the same.
    pub(crate) fn serving(&self) -> Result<&'static str> {
        poll::until("a node that serves", LIMIT, || {
            let badge = self.browser.text("#server")?;
            let node = ["A", "B"].into_iter().find(|node| badge == format!("served by node {node}")).context(badge)?;
            for other in ["A", "B"] {
                let points = self.browser.attribute(&card(other), "data-serves")?.is_some();
                ensure!(points == (other == node), "the arrow and the badge differ");
            }
            Ok(node)
        })
    }

    /// The hash of the session's id that the page shows.
    pub(crate) fn session_mark(&self) -> Result<String> {
        self.browser.text("#session code")
    }

    /// Presses the button of a form, once it works.
    pub(crate) fn press(&self, form: &str) -> Result<()> {
        let button = format!("{form} button");
        poll::until(&format!("{button} works"), NODES_LIMIT, || {
            let rests = self.browser.attribute(&button, "aria-disabled")?;
            ensure!(rests.as_deref() != Some("true"), "it rests");
            Ok(())
        })?;
        self.browser.click(&button)
    }

    /// Writes a text into a field, in place of what is there.
    pub(crate) fn fill(&self, field: &str, text: &str) -> Result<()> {
        self.browser
            .script(&format!("const field = document.querySelector('{field}'); field.focus(); field.select()"))?;
        self.browser.type_keys(text)
    }

    /// Nothing went anywhere but to the demo, and the browser has nothing to complain of.
    pub(crate) fn is_clean(&self) -> Result<()> {
        for entry in self.browser.log(Log::Console)? {
            ensure!(entry["level"] != "SEVERE" && entry["level"] != "WARNING", "the console shows {entry}");
        }
        let mut requests = 0;
        for entry in self.browser.log(Log::Events)? {
            let event: serde_json::Value = serde_json::from_str(entry["message"].as_str().context("no message")?)?;
            if event["message"]["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = event["message"]["params"]["request"]["url"].as_str().context("a request without a URL")?;
            // A new tab's own page is Chromium's.
            if url.starts_with("data:") || url.starts_with("chrome") || url.starts_with("about:") {
                continue;
            }
            let own = url.strip_prefix(self.demo.url()).is_some_and(|rest| rest.starts_with('/'));
            ensure!(own, "a request went to {url}");
            requests += 1;
        }
        ensure!(requests > 0, "no request was seen, so the check saw nothing");
        Ok(())
    }
}

/// A node's card.
pub(crate) fn card(node: &str) -> String {
    format!("#node-{}", node.to_lowercase())
}
