//! Widths, schemes, contrast.

use anyhow::{Context, Result, ensure};
use outlive_interop::Scene;
use serde_json::json;

use crate::page::Page;

/// The texts whose contrast with what is behind them is below WCAG 2.2's 4.5 to 1, each with its ratio, and how many texts were looked at.
/// Source: WCAG 2.2, "relative luminance" and "contrast ratio".
const PALE: &str = "
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = channels(colour).slice(0, 3).map((c) => c / 255).map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((channels(colour)[3] ?? 1) === 1) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const pale = [];
let texts = 0;
for (const element of document.body.querySelectorAll('*')) {
  const own = element.localName === 'input' || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!own || !element.checkVisibility() || element.closest('.hidden, noscript')) continue;
  texts += 1;
  const [low, high] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((x, y) => x - y);
  const ratio = (high + .05) / (low + .05);
  if (ratio < 4.5) pale.push(element.outerHTML.slice(0, 80) + ': ' + ratio.toFixed(2));
}
return [texts, pale];";

/// The background's brightest channel, from 0 to 255.
const BRIGHTEST: &str =
    "return Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))";

/// Elements that reach over the right edge, and how far the page could be moved sideways.
const WIDE: &str = "
const width = document.documentElement.clientWidth;
const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width + .5);
return [document.documentElement.scrollWidth - width, wide.map((element) => element.outerHTML.slice(0, 80))];";

/// With a long note and a session, with a node up and one down: nothing is cut, nothing is pale, and motion stops where it is not wanted.
pub(crate) fn fits_and_can_be_read(scene: &Scene) -> Result<()> {
    let page = Page::open(scene)?;
    page.press("#count")?;
    page.shows("#counter", "1")?;
    page.press("#login")?;
    page.shows("#who", "alice")?;
    let long = "W".repeat(200);
    page.fill("#note-text", &long)?;
    page.press("#note")?;
    page.shows("#note-kept q", &long)?;
    page.press("#node-b .kill")?;
    page.shows("#node-b .state", "down")?;
    page.shows("#server", "served by node A")?;
    for scheme in ["light", "dark"] {
        page.browser.scheme(scheme)?;
        let brightest = page.browser.script(BRIGHTEST)?.as_u64().context("no background")?;
        ensure!((brightest < 64) == (scheme == "dark"), "{scheme}: the background's brightest channel is {brightest}");
        let seen = page.browser.script(PALE)?;
        ensure!(seen[0].as_u64() > Some(30), "only {} texts were looked at", seen[0]);
        ensure!(seen[1] == json!([]), "{scheme}: pale texts: {}", seen[1]);
        for width in [320, 375, 768, 1200] {
            page.browser.width(width, 800)?;
            let wide = page.browser.script(WIDE)?;
            ensure!(wide == json!([0, []]), "{scheme}, {width} px: too wide: {wide}");
        }
    }
    let moving = "return document.getAnimations().length";
    ensure!(page.browser.script(moving)?.as_u64() > Some(0), "nothing moves, so nothing can be stopped");
    let features = json!([{"name": "prefers-reduced-motion", "value": "reduce"}]);
    page.browser.devtools("Emulation.setEmulatedMedia", json!({"features": features}))?;
    let still = page.browser.script(moving)?;
    ensure!(still == 0, "{still} animations where none is wanted");
    page.is_clean()?;
    page.demo.stop()
}
