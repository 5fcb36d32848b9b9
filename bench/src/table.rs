//! The figures as Markdown tables: one for each group, a row a figure, a column a system.

use std::fmt::Write;

use crate::record::{Results, Row, Spread};
use crate::system::System;

/// A table for each group, under its heading: median, and least to most where there are several repetitions.
pub(crate) fn markdown(results: &Results) -> String {
    let rows = results.rows();
    let mut groups: Vec<&str> = Vec::new();
    for row in &rows {
        if !groups.contains(&row.group.as_str()) {
            groups.push(&row.group);
        }
    }
    let mut out = String::new();
    for group in groups {
        let rows: Vec<&Row> = rows.iter().copied().filter(|row| row.group == group).collect();
        // A system that has nothing to say to this group needs no column.
        let has = |system: &System| rows.iter().any(|row| results.spread(*system, row).is_some());
        let systems: Vec<System> = results.systems().filter(has).collect();
        let heads: String = systems.iter().map(|system| format!(" {} |", system.name())).collect();
        let _ = writeln!(out, "### {group}\n\n| |{heads}\n|---|{}", "---:|".repeat(systems.len()));
        for row in rows {
            let cell = |system: &System| results.spread(*system, row).map_or_else(|| "–".to_owned(), shown);
            let cells: String = systems.iter().map(|system| format!(" {} |", cell(system))).collect();
            let _ = writeln!(out, "| {} |{cells}", row.name);
        }
        out.push('\n');
    }
    out
}

fn shown(spread: Spread) -> String {
    let [median, least, most] = [spread.median, spread.least, spread.most].map(number);
    if least == most { median } else { format!("{median} [{least}–{most}]") }
}

/// Three significant digits, thousands set apart.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size == 0.0 || size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.trim_start_matches('-').len();
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if left < digits && left % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    #[test]
    fn numbers_have_three_digits() {
        let texts = [0.0, 0.256, 4.0, 12.34, 123.4, 1234.5, 1_234_567.0, -1234.0].map(number);
        assert_eq!(texts, ["0", "0.26", "4.00", "12.3", "123", "1,234", "1,234,567", "-1,234"]);
    }

    #[test]
    fn a_row_a_figure() {
        let mut results = Results::default();
        for value in [1.0, 3.0, 2.0] {
            let mut record = Record::default();
            record.put("Requests", "cost", value);
            record.put("Sizes", "bytes", 5.0);
            results.add(System::Hyper, record);
        }
        assert_eq!(
            markdown(&results),
            "### Requests\n\n| | bare hyper |\n|---|---:|\n| cost | 2.00 [1.00–3.00] |\n\n\
             ### Sizes\n\n| | bare hyper |\n|---|---:|\n| bytes | 5.00 |\n\n"
        );
    }
}
