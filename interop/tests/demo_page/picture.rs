//! The README's picture, taken rather than drawn: a session that has lived through the death of its node, and the nine steps played.

use std::env;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use outlive_interop::Scene;
use serde_json::json;

use crate::page::{Page, card};

/// The folder for `demo.png`, and for what is for the eye alone: `dark.png`, `phone.png`.
const FOLDER: &str = "OUTLIVE_PICTURES";

/// Takes the pictures.
pub(crate) fn take(scene: &Scene) -> Result<()> {
    let folder = env::var_os(FOLDER).with_context(|| format!("{FOLDER} does not say where the pictures go"))?;
    let file = |name| Path::new(&folder).join(name);
    let page = Page::open(scene)?;
    page.press("#login")?;
    page.shows("#who", "alice")?;
    page.fill("#note-text", "buy milk")?;
    page.press("#note")?;
    page.shows("#note-kept q", "buy milk")?;
    page.press("#play")?;
    page.shows("#play button", "Playing")?;
    page.shows("#play button", "Play them again")?;
    for number in 1..=3 {
        page.press("#count")?;
        page.shows("#counter", &number.to_string())?;
    }
    let serving = page.serving()?;
    page.press(&format!("{} .kill", card(serving)))?;
    page.shows(&format!("{} .state", card(serving)), "down")?;
    page.tells("serves you now")?;
    let other = if serving == "A" { "B" } else { "A" };
    page.shows(&format!("{} .members", card(other)), "nobody")?;
    page.browser.script("document.activeElement.blur()")?;
    shoot(&page, 1200, "light", &file("demo.png"))?;
    shoot(&page, 1200, "dark", &file("dark.png"))?;
    shoot(&page, 375, "light", &file("phone.png"))?;
    page.demo.stop()
}

/// The whole page at this width.
fn shoot(page: &Page, width: u32, scheme: &str, file: &Path) -> Result<()> {
    page.browser.scheme(scheme)?;
    page.browser.width(width, 400)?;
    let height = page.browser.script("return document.documentElement.scrollHeight")?.as_u64().context("no height")?;
    page.browser.width(width, u32::try_from(height)?)?;
    let shot = page.browser.devtools("Page.captureScreenshot", json!({"format": "png"}))?;
    let bytes = packed(&BASE64_STANDARD.decode(shot["data"].as_str().context("no picture")?)?)?;
    fs::write(file, &bytes).with_context(|| file.display().to_string())?;
    println!("{}: {width} x {height}, {} bytes", file.display(), bytes.len());
    Ok(())
}

/// The same picture in fewer bytes: Chromium packs for speed, and keeps a transparency that is nowhere.
fn packed(shot: &[u8]) -> Result<Vec<u8>> {
    let mut reader = png::Decoder::new(Cursor::new(shot)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().context("a picture beyond all measure")?];
    let frame = reader.next_frame(&mut pixels)?;
    let channels = frame.color_type.samples();
    let opaque: Vec<u8> = pixels.chunks_exact(channels).flat_map(|pixel| &pixel[..3]).copied().collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&opaque)?;
    Ok(bytes)
}
