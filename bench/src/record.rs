//! Figures: what one system gave in one repetition, and all of them together.

use crate::system::System;

/// The figures of one system in one repetition, by row, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Record(Vec<(String, f64)>);

impl Record {
    /// Adds a figure.
    pub(crate) fn put(&mut self, row: &str, value: f64) {
        self.0.push((row.to_owned(), value));
    }

    /// Adds a figure right behind another row.
    pub(crate) fn put_behind(&mut self, other: &str, row: &str, value: f64) {
        let place = self.0.iter().position(|(name, _)| name == other).map_or(self.0.len(), |place| place + 1);
        self.0.insert(place, (row.to_owned(), value));
    }

    /// The figure of a row.
    pub(crate) fn get(&self, row: &str) -> Option<f64> {
        self.0.iter().find_map(|(name, value)| (name == row).then_some(*value))
    }

    /// The rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// The records of all repetitions, by system.
#[derive(Debug, Default)]
pub(crate) struct Results(Vec<(System, Vec<Record>)>);

/// A figure over all repetitions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The one in the middle; of an even number, the mean of the two.
    pub(crate) median: f64,
    /// The least.
    pub(crate) least: f64,
    /// The most.
    pub(crate) most: f64,
}

impl Results {
    /// Adds a repetition of a system.
    pub(crate) fn add(&mut self, system: System, record: Record) {
        match self.0.iter_mut().find(|(known, _)| *known == system) {
            Some((_, records)) => records.push(record),
            None => self.0.push((system, vec![record])),
        }
    }

    /// The systems, in the order in which they were measured.
    pub(crate) fn systems(&self) -> impl Iterator<Item = System> {
        self.0.iter().map(|(system, _)| *system)
    }

    /// All rows of any system, in order.
    pub(crate) fn rows(&self) -> Vec<&str> {
        let mut rows: Vec<&str> = Vec::new();
        for row in self.0.iter().flat_map(|(_, records)| records).flat_map(Record::rows) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// A row's figures for a system.
    pub(crate) fn spread(&self, system: System, row: &str) -> Option<Spread> {
        let (_, records) = self.0.iter().find(|(known, _)| *known == system)?;
        Spread::of(records.iter().filter_map(|record| record.get(row)).collect())
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let median = (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0;
        Some(Self { median, least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_all_repetitions() {
        let spread =
            |values: &[f64]| Spread::of(values.to_vec()).map(|spread| (spread.median, spread.least, spread.most));
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some((2.0, 1.0, 3.0)));
        assert_eq!(spread(&[4.0, 1.0]), Some((2.5, 1.0, 4.0)));
        assert_eq!(spread(&[]), None);
    }
}
