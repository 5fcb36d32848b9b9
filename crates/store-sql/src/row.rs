//! What goes to a database and comes from it: three types, whichever database it is.

use sqlx::{ColumnIndex, Database, Decode, Row as _, Type};

/// A value for a place in a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(Option<&'a str>),
    Blob(&'a [u8]),
    Long(i64),
}

/// What a column of a result is read as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Text,
    Blob,
    Long,
}

/// A value out of a result; `None` where the database has NULL.
#[derive(Debug)]
enum Cell {
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Long(Option<i64>),
}

/// A row of a result.
#[derive(Debug)]
pub(crate) struct Row(Vec<Cell>);

impl Row {
    /// # Errors
    /// Where the database gives another type than the statement casts to.
    pub(crate) fn read<DB>(row: &DB::Row, kinds: &[Kind]) -> Result<Self, sqlx::Error>
    where
        DB: Database,
        usize: ColumnIndex<DB::Row>,
        for<'r> String: Decode<'r, DB> + Type<DB>,
        for<'r> Vec<u8>: Decode<'r, DB> + Type<DB>,
        for<'r> i64: Decode<'r, DB> + Type<DB>,
    {
        let cells = kinds.iter().enumerate().map(|(index, kind)| match kind {
            Kind::Text => Ok(Cell::Text(row.try_get(index)?)),
            Kind::Blob => Ok(Cell::Blob(row.try_get(index)?)),
            Kind::Long => Ok(Cell::Long(row.try_get(index)?)),
        });
        Ok(Row(cells.collect::<Result<_, sqlx::Error>>()?))
    }

    /// The text of a column that was read as one.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        match self.0.get(index) {
            Some(Cell::Text(text)) => text.as_deref(),
            _ => None,
        }
    }

    /// The number of a column that was read as one.
    pub(crate) fn long(&self, index: usize) -> Option<i64> {
        match self.0.get(index) {
            Some(Cell::Long(number)) => *number,
            _ => None,
        }
    }

    /// Takes the bytes of a column that was read as such.
    pub(crate) fn take_blob(&mut self, index: usize) -> Option<Vec<u8>> {
        match self.0.get_mut(index) {
            Some(Cell::Blob(bytes)) => bytes.take(),
            _ => None,
        }
    }
}
