//! One panel: a title, and a bar for each system.

use std::fmt::Write;

use crate::table::number;

/// Of every panel.
pub(super) const WIDTH: f64 = 460.0;
const TITLE: f64 = 24.0;
const BAR: f64 = 16.0;
const STEP: f64 = 24.0;
/// Room for a system's name.
const LABEL: f64 = 165.0;
/// Room for a value behind its bar.
const VALUE: f64 = 105.0;

/// Shades of a bar's parts.
const SHADES: [&str; 3] = ["", " second", " third"];

/// A system's bar.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) ours: bool,
    /// One behind the other, none below zero.
    pub(super) parts: Vec<f64>,
    /// Least and most of the whole.
    pub(super) spread: Option<(f64, f64)>,
}

/// A title and bars of one unit.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
}

impl Bar {
    fn whole(&self) -> f64 {
        self.parts.iter().map(|part| part.max(0.0)).sum()
    }

    /// How far it reaches, with its spread.
    fn reach(&self) -> f64 {
        self.spread.map_or(0.0, |(_, most)| most).max(self.whole())
    }
}

impl Panel {
    /// How much room it takes.
    pub(super) fn height(&self) -> f64 {
        TITLE + STEP * self.bars.len() as f64
    }

    /// Draws it with its corner at the given place.
    pub(super) fn draw(&self, out: &mut String, x: f64, y: f64) {
        let _ = writeln!(
            out,
            "<text class=\"title\" x=\"{x:.0}\" y=\"{:.0}\">{}</text>",
            y + BAR - 3.0,
            escaped(&self.title)
        );
        let reach = self.bars.iter().map(Bar::reach).fold(f64::MIN_POSITIVE, f64::max);
        let scale = (WIDTH - LABEL - VALUE) / reach;
        for (place, bar) in self.bars.iter().enumerate() {
            draw_bar(bar, out, x, y + TITLE + STEP * place as f64, scale);
        }
    }
}

fn draw_bar(bar: &Bar, out: &mut String, x: f64, y: f64, scale: f64) {
    let middle = y + BAR / 2.0;
    let _ = writeln!(out, "<text x=\"{x:.0}\" y=\"{:.1}\">{}</text>", middle + 4.5, escaped(&bar.label));
    let start = x + LABEL;
    let colour = if bar.ours { "ours" } else { "theirs" };
    let mut left = start;
    for (part, shade) in bar.parts.iter().zip(SHADES) {
        let width = part.max(0.0) * scale;
        let _ = writeln!(
            out,
            "<rect class=\"{colour}{shade}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>"
        );
        left += width;
    }
    if let Some((least, most)) = bar.spread {
        let (least, most) = (start + least * scale, start + most * scale);
        let _ = writeln!(
            out,
            "<path class=\"spread\" d=\"M{least:.1} {middle:.1}H{most:.1}M{least:.1} {:.1}v8M{most:.1} {:.1}v8\"/>",
            middle - 4.0,
            middle - 4.0
        );
    }
    let values: Vec<String> = bar.parts.iter().filter(|part| **part > 0.0).map(|part| number(*part)).collect();
    let values = if values.is_empty() { "0".to_owned() } else { values.join(" + ") };
    let _ = writeln!(
        out,
        "<text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        start + bar.reach() * scale + 6.0,
        middle + 4.5,
        values
    );
}

/// Text for XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
