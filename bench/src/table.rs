//! The figures as a Markdown table: a row a figure, a column a system.

use std::fmt::Write;

use crate::record::{Results, Spread};

/// Median, and least to most where there are several repetitions.
pub(crate) fn markdown(results: &Results) -> String {
    let systems: Vec<_> = results.systems().collect();
    let mut out = String::from("| |");
    for system in &systems {
        let _ = write!(out, " {} |", system.name());
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(systems.len()));
    out.push('\n');
    for row in results.rows() {
        let _ = write!(out, "| {row} |");
        for system in &systems {
            let cell = results.spread(*system, row).map_or_else(|| "–".to_owned(), shown);
            let _ = write!(out, " {cell} |");
        }
        out.push('\n');
    }
    out
}

fn shown(spread: Spread) -> String {
    if spread.least == spread.most {
        return number(spread.median);
    }
    format!("{} [{}–{}]", number(spread.median), number(spread.least), number(spread.most))
}

/// Three significant digits, thousands set apart.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        small if small == 0.0 || small >= 100.0 => 0,
        small if small >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.trim_start_matches('-').len();
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if place > whole.len() - digits && left % 3 == 0 {
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
    use crate::system::System;

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
            record.put("cost", value);
            results.add(System::Hyper, record);
        }
        assert_eq!(markdown(&results), "| | bare hyper |\n|---|---|\n| cost | 2.00 [1.00–3.00] |\n");
    }
}
