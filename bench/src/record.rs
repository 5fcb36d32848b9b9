//! Figures: what one system gave in one repetition, and all of them together.

use crate::system::System;

/// The name of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The table in which it stands.
    pub(crate) group: String,
    /// What it is, with its unit.
    pub(crate) name: String,
}

impl Row {
    /// A row of a group.
    pub(crate) fn new(group: &str, name: &str) -> Self {
        Self { group: group.to_owned(), name: name.to_owned() }
    }
}

/// The figures of one system in one repetition, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Record(Vec<(Row, f64)>);

impl Record {
    /// Adds a figure.
    pub(crate) fn put(&mut self, group: &str, name: &str, value: f64) {
        self.0.push((Row::new(group, name), value));
    }

    /// Adds a figure right behind another one of the group.
    pub(crate) fn put_behind(&mut self, other: &str, group: &str, name: &str, value: f64) {
        let other = Row::new(group, other);
        let place = self.0.iter().position(|(row, _)| *row == other).map_or(self.0.len(), |place| place + 1);
        self.0.insert(place, (Row::new(group, name), value));
    }

    /// A figure.
    pub(crate) fn get(&self, group: &str, name: &str) -> Option<f64> {
        self.0.iter().find_map(|(row, value)| (row.group == group && row.name == name).then_some(*value))
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

    /// All rows of any system. Where a system has rows that those before it have not, they stand behind the same row as there.
    pub(crate) fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = Vec::new();
        for record in self.0.iter().flat_map(|(_, records)| records) {
            let mut place = rows.len();
            for (row, _) in &record.0 {
                if let Some(known) = rows.iter().position(|known| *known == row) {
                    place = known + 1;
                } else {
                    rows.insert(place, row);
                    place += 1;
                }
            }
        }
        rows
    }

    /// A row's figures for a system.
    pub(crate) fn spread(&self, system: System, row: &Row) -> Option<Spread> {
        let (_, records) = self.0.iter().find(|(known, _)| *known == system)?;
        Spread::of(records.iter().filter_map(|record| record.get(&row.group, &row.name)).collect())
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
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

    #[test]
    fn rows_that_come_later_stand_where_they_belong() {
        let record = |names: &[&str]| {
            let mut record = Record::default();
            names.iter().for_each(|name| record.put("group", name, 1.0));
            record
        };
        let mut results = Results::default();
        results.add(System::Hyper, record(&["cost", "speed"]));
        results.add(System::Static, record(&["cost", "… on A", "… on B", "speed"]));
        let names: Vec<&str> = results.rows().iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["cost", "… on A", "… on B", "speed"]);
    }
}
