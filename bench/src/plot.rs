//! The figures as bars: one SVG file, readable on light and on dark ground, without a script and without fonts of its own.

mod panel;

use std::fmt::Write;

use panel::{Bar, Panel};

use crate::measure::{
    BYTES, COST, COST_A, COST_B, COST_STORE, HEALTH, JOIN, READ, RESIDENT_A, RESIDENT_B, RESIDENT_STORE, WRITE,
};
use crate::record::{Results, Row};

/// Panels beside each other.
const COLUMNS: usize = 2;
/// Space between panels, and around all.
const GAP: f64 = 28.0;
/// The line that says what the shades are.
const LEGEND: f64 = 26.0;

/// Colours follow the reader's choice of light or dark; inside of an `<img>`, too.
const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .value { font-size: 12px } \
.ground { fill: #ffffff } .ours { fill: #0b6e4f } .theirs { fill: #6e7781 } .second { opacity: .55 } .third { opacity: .3 } \
.spread { stroke: #1f2328; stroke-width: 1.5 } \
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ground { fill: #0d1117 } .ours { fill: #3fb68b } .theirs { fill: #8b949e } \
.spread { stroke: #e6edf3 } }";

/// Draws the figures that matter most.
pub(crate) fn svg(results: &Results) -> String {
    let panels = panels(results);
    let rows: Vec<&[Panel]> = panels.chunks(COLUMNS).collect();
    let height_of = |row: &[Panel]| row.iter().map(Panel::height).fold(0.0, f64::max);
    let width = COLUMNS as f64 * (panel::WIDTH + GAP) + GAP;
    let height = GAP + LEGEND + rows.iter().map(|row| height_of(row) + GAP).sum::<f64>();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>What sessions and their replication cost</title>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"
    );
    let _ = writeln!(
        out,
        "<text x=\"{GAP}\" y=\"{GAP}\">Shorter is better. Full shade: A, which serves; lighter: B, which receives; lightest: a shared \
         store. Lines: least to most.</text>"
    );
    let mut y = GAP + LEGEND;
    for row in rows {
        for (column, panel) in row.iter().enumerate() {
            panel.draw(&mut out, GAP + column as f64 * (panel::WIDTH + GAP), y);
        }
        y += height_of(row) + GAP;
    }
    out.push_str("</svg>\n");
    out
}

fn panels(results: &Results) -> Vec<Panel> {
    let parts = [COST_A, COST_B, COST_STORE];
    let mut panels = vec![
        panel(results, &format!("{HEALTH}: CPU µs a request"), HEALTH, &[COST], COST),
        panel(results, &format!("{WRITE}: CPU µs a request"), WRITE, &parts, COST),
        panel(results, &format!("{READ}: CPU µs a request"), READ, &parts, COST),
        panel(results, &format!("{WRITE}: bytes between, a request"), WRITE, &[BYTES], BYTES),
    ];
    // The largest number of sessions.
    if let Some(many) = results.rows().iter().rev().find(|row| row.name == RESIDENT_A).map(|row| row.group.clone()) {
        let resident = [RESIDENT_A, RESIDENT_B, RESIDENT_STORE];
        panels.push(panel(results, &format!("{many}: resident bytes a session"), &many, &resident, ""));
        panels.push(panel(results, &format!("{many}: ms until a new B holds all"), &many, &[JOIN], JOIN));
    }
    panels
}

/// A bar for each system that has any of `parts`; where `whole` is a row, its spread is shown, too.
fn panel(results: &Results, title: &str, group: &str, parts: &[&str], whole: &str) -> Panel {
    let bar = |system| {
        let part = |name: &&str| results.spread(system, &Row::new(group, name)).map(|spread| spread.median);
        let parts: Vec<Option<f64>> = parts.iter().map(part).collect();
        // What has no parts is drawn as a whole.
        let whole = results.spread(system, &Row::new(group, whole));
        let parts = match whole {
            Some(whole) if parts.iter().all(Option::is_none) => vec![Some(whole.median)],
            _ => parts,
        };
        parts.iter().any(Option::is_some).then(|| Bar {
            label: system.name().to_owned(),
            ours: system.is_ours(),
            parts: parts.into_iter().map(|part| part.unwrap_or(0.0)).collect(),
            spread: whole.map(|whole| (whole.least, whole.most)).filter(|(least, most)| least < most),
        })
    };
    Panel { title: title.to_owned(), bars: results.systems().filter_map(bar).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::system::{Sending, System};

    #[test]
    fn a_bar_has_its_parts_and_its_spread() {
        let mut results = Results::default();
        for (a, b) in [(10.0, 2.0), (12.0, 4.0)] {
            let mut record = Record::default();
            record.put(WRITE, COST, a + b);
            record.put(WRITE, COST_A, a);
            record.put(WRITE, COST_B, b);
            results.add(System::Outlive(Sending::Async), record);
        }
        let drawn = panel(&results, "writes", WRITE, &[COST_A, COST_B, COST_STORE], COST);
        assert_eq!(drawn.bars.len(), 1);
        assert_eq!(drawn.bars[0].parts, [11.0, 3.0, 0.0]);
        assert_eq!(drawn.bars[0].spread, Some((12.0, 16.0)));
    }
}
