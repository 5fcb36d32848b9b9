//! Tab and Enter alone.

use anyhow::{Context, Result, ensure};
use fantoccini::key::Key;
use outlive_interop::Scene;

use crate::page::{Page, card};

/// More stops than the page has: who has not come round by then goes nowhere.
const STOPS_MAX: usize = 40;

/// What has the focus: the form it belongs to, as a selector, and its kind. Fails where the focus cannot be seen.
const FOCUSED: &str = "
const element = document.activeElement;
if (element === document.body) return null;
if (getComputedStyle(element).outlineStyle === 'none') throw new Error('the focus on ' + element.outerHTML + ' cannot be seen');
const form = element.closest('form');
const card = form.closest('article');
return (card ? '#' + card.id + ' .' + form.className : '#' + form.id) + ' ' + element.localName;";

/// Every control is reached, its focus can be seen, and Enter does what a click does.
pub(crate) fn alone(scene: &Scene) -> Result<()> {
    let page = Page::open(scene)?;
    let mut stops = Vec::new();
    for _ in 0..STOPS_MAX {
        page.browser.type_keys(&Key::Tab.to_string())?;
        match page.browser.script(FOCUSED)?.as_str() {
            Some(stop) if stops.first().is_none_or(|first| first != stop) => stops.push(stop.to_owned()),
            _ => break,
        }
    }
    let wanted = [
        "#count button",
        "#note input",
        "#note button",
        "#login input",
        "#login input",
        "#login button",
        "#node-a .kill button",
        "#node-a .start button",
        "#node-b .kill button",
        "#node-b .start button",
        "#play button",
    ];
    ensure!(stops == wanted, "the stops are {stops:?}");

    page.browser.reload()?;
    let serving = page.serving()?;
    enter(&page, "#count button")?;
    page.shows("#counter", "1")?;
    to(&page, "#note input")?;
    page.browser.type_keys(&format!("by keyboard{}", Key::Enter))?;
    page.shows("#note-kept q", "by keyboard")?;
    enter(&page, "#login button")?;
    page.shows("#who", "alice")?;
    ensure!(focused(&page)? == "#logout button", "after the login the focus is not on what came in its place");
    let kill = format!("{} .kill button", card(serving));
    enter(&page, &kill)?;
    page.shows(&format!("{} .state", card(serving)), "down")?;
    page.shows("#who", "alice")?;
    ensure!(focused(&page)? == kill, "the focus is lost when the button rests");
    enter(&page, &format!("{} .start button", card(serving)))?;
    page.shows(&format!("{} .state", card(serving)), "up")?;
    page.is_clean()?;
    page.demo.stop()
}

fn enter(page: &Page, stop: &str) -> Result<()> {
    to(page, stop)?;
    page.browser.type_keys(&Key::Enter.to_string())
}

/// Tabs on until the stop is reached.
fn to(page: &Page, stop: &str) -> Result<()> {
    for _ in 0..STOPS_MAX {
        if page.browser.script(FOCUSED)?.as_str() == Some(stop) {
            return Ok(());
        }
        page.browser.type_keys(&Key::Tab.to_string())?;
    }
    anyhow::bail!("{stop} is never reached")
}

fn focused(page: &Page) -> Result<String> {
    Ok(page.browser.script(FOCUSED)?.as_str().context("nothing has the focus")?.to_owned())
}
