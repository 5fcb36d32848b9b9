//! What a visitor does with the mouse.

use anyhow::{Result, ensure};
use outlive_interop::{Scene, poll};

use crate::browser::{Browser, LIMIT, Scripts};
use crate::demo::Demo;
use crate::page::{Page, card};
use crate::squatter::Squatter;

/// Signs in, counts, writes; kills the node that serves, goes on at the other one, starts the first again.
pub(crate) fn buttons(scene: &Scene) -> Result<()> {
    let page = Page::open(scene)?;
    page.press("#count")?;
    page.shows("#counter", "1")?;
    let before = page.session_mark()?;
    page.press("#login")?;
    page.tells("Signed in as alice, and the session has a new id.")?;
    page.shows("#who", "alice")?;
    let mark = page.session_mark()?;
    ensure!(mark != before && mark.len() == 8, "the id is still {before} after the login, or {mark} is no hash of one");
    page.press("#count")?;
    page.shows("#counter", "2")?;
    page.fill("#note-text", "stays <b>here</b>")?;
    page.press("#note")?;
    page.shows("#note-kept q", "stays <b>here</b>")?;
    page.shows(&format!("{} .sessions", card("A")), "1")?;
    page.shows(&format!("{} .sessions", card("B")), "1")?;

    let killed = page.serving()?;
    let other = if killed == "A" { "B" } else { "A" };
    page.press(&format!("{} .kill", card(killed)))?;
    page.shows("#server", &format!("served by node {other}"))?;
    page.shows(&format!("{} .state", card(killed)), "down")?;
    let holds = |counter: &str| {
        page.shows("#who", "alice")?;
        page.shows("#counter", counter)?;
        page.shows("#note-kept q", "stays <b>here</b>")?;
        let now = page.session_mark()?;
        ensure!(now == mark, "the session is {now}, not {mark}");
        Ok(())
    };
    holds("2")?;
    page.press("#count")?;
    holds("3")?;

    page.press(&format!("{} .start", card(killed)))?;
    page.shows(&format!("{} .state", card(killed)), "up")?;
    page.shows(&format!("{} .sessions", card(killed)), "1")?;
    page.shows("#copies", "Both hold every session: an answer waits until its changes are on both.")?;
    page.browser.reload()?;
    holds("3")?;
    page.press("#logout")?;
    page.tells("Signed out.")?;
    page.shows("#who", "")?;
    page.shows("#login button", "Sign in")?;
    page.is_clean()?;
    page.demo.stop()
}

/// The visitor's session lives through the play, which a reload finds where it is, and which nothing else disturbs.
pub(crate) fn nine_steps(scene: &Scene) -> Result<()> {
    let page = Page::open(scene)?;
    page.press("#login")?;
    page.shows("#who", "alice")?;
    page.press("#count")?;
    page.shows("#counter", "1")?;
    let mark = page.session_mark()?;
    page.press("#play")?;
    page.shows("#play button", "Playing")?;
    for form in ["#count", "#login", "#node-a .kill", "#node-b .start", "#play"] {
        let button = format!("{form} button");
        poll::until_equal(&button, LIMIT, &Some("true".to_owned()), || {
            page.browser.attribute(&button, "aria-disabled")
        })?;
    }
    page.browser.click("#node-b .kill button")?;
    page.tells("The nine steps are being played: the nodes are theirs until the end.")?;
    page.browser.reload()?;
    page.shows("#play button", "Playing")?;
    let is = |step: usize, state: &str| {
        let item = format!("#steps li:nth-child({step})");
        poll::until_equal(&item, LIMIT, &Some(state.to_owned()), || page.browser.attribute(&item, "data-state"))
    };
    is(1, "passed")?;
    page.shows("#play button", "Play them again")?;
    (1..=9).try_for_each(|step| is(step, "passed"))?;
    let outcome = page.browser.text("#outcome")?;
    ensure!(outcome.starts_with("9 passed, 0 failed, in "), "{outcome}");
    let state = page.demo.state()?;
    ensure!(state["play"]["number"] == 1 && state["play"]["on"] == false, "{state}");

    page.tells("Your session lived through it")?;
    page.shows("#who", "alice")?;
    ensure!(page.session_mark()? == mark, "the visitor's session is another one");
    page.press("#count")?;
    page.shows("#counter", "2")?;
    page.is_clean()?;
    page.demo.stop()
}

/// A cannot start, as its port is taken: the page tells which steps failed and why, and no step ends B, which alone holds the session.
pub(crate) fn failures(scene: &Scene) -> Result<()> {
    let page = Page::open(scene)?;
    page.press("#count")?;
    page.shows("#counter", "1")?;
    page.press("#node-a .kill")?;
    page.shows("#node-a .state", "down")?;
    page.shows("#server", "served by node B")?;
    let squatter = Squatter::at(page.browser.text("#node-a .address")?.parse()?)?;
    page.press("#play")?;
    poll::until("the play's end", LIMIT, || {
        let outcome = page.browser.text("#outcome")?;
        ensure!(outcome.starts_with("1 passed, 8 failed, in "), "{outcome}");
        Ok(())
    })?;
    ensure!(page.browser.attribute("#outcome", "data-bad")?.is_some(), "the failure is not marked as one");
    let why = page.browser.text("#steps li:nth-child(1) .error")?;
    ensure!(why.starts_with("node A ended at once"), "{why}");
    ensure!(page.browser.text("#steps li:nth-child(2) .error")?.starts_with("A is not up"), "B was ended");
    page.shows("#server", "served by node B")?;
    page.shows("#counter", "1")?;
    page.press("#node-a .start")?;
    page.tells("Node A ended at once")?;
    drop(squatter);
    page.press("#node-a .start")?;
    page.shows("#node-a .state", "up")?;
    page.press("#count")?;
    page.shows("#counter", "2")?;
    page.demo.stop()
}

/// Both nodes down: the page says so, and a node that is started serves a new session.
pub(crate) fn no_node(scene: &Scene) -> Result<()> {
    let page = Page::open(scene)?;
    page.press("#count")?;
    page.shows("#counter", "1")?;
    for node in ["A", "B"] {
        page.press(&format!("{} .kill", card(node)))?;
        page.shows(&format!("{} .state", card(node)), "down")?;
    }
    page.shows("#server", "no node answers")?;
    page.shows("#copies", "No node is up, and sessions live in memory: start one to begin anew.")?;
    page.browser.click("#count button")?;
    page.tells("No node is up: start one.")?;
    page.press("#node-b .start")?;
    page.shows("#server", "served by node B")?;
    page.shows("#counter", "0")?;
    page.press("#count")?;
    page.shows("#counter", "1")?;
    page.is_clean()?;
    page.demo.stop()
}

/// Forms that no script intercepts. Those of a page from elsewhere, which a browser sends all the same, press nothing; the page's own lead
/// back to it, and what the session app answers is its JSON.
pub(crate) fn forms(scene: &Scene) -> Result<()> {
    let (demo, browser) = (Demo::start(scene)?, Browser::start(scene, Scripts::Off)?);
    for path in ["/nodes/A/kill", "/play"] {
        let form = format!("<form method=post action={}{path}><button>win</button></form>", demo.url());
        browser.open(&format!("data:text/html,{form}"))?;
        browser.click("button")?;
        poll::until("the refusal", LIMIT, || {
            let answer = browser.text("body")?;
            ensure!(answer.contains(r#"{"error":"only this page's own buttons may do that"}"#), "{answer}");
            Ok(())
        })?;
        let state = demo.state()?;
        ensure!(state["nodes"][0]["state"] == "up" && state["play"]["number"] == 0, "{state}");
    }

    browser.open(&format!("{}/", demo.url()))?;
    ensure!(browser.text("noscript p")?.starts_with("Without JavaScript the buttons work"), "no word about it");
    browser.click("#node-a .kill button")?;
    poll::until("A is down", LIMIT, || {
        let state = demo.state()?;
        ensure!(state["nodes"][0]["state"] == "down", "{state}");
        Ok(())
    })?;
    ensure!(browser.text("#node-a h2")? == "Node A", "the button does not lead back to the page");
    browser.click("#count button")?;
    poll::until("the app's answer", LIMIT, || {
        let answer = browser.text("body")?;
        ensure!(answer.contains(r#""node":"B""#) && answer.contains(r#""counter":1"#), "{answer}");
        Ok(())
    })?;
    demo.stop()
}
