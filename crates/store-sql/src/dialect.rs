//! What the three databases spell differently.

use std::fmt;

/// A family of databases that understand the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    /// MariaDB and MySQL.
    MySql,
}

impl Dialect {
    /// A name between quotes.
    pub(crate) fn quoted(self, name: &str) -> String {
        match self {
            Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
            Dialect::MySql => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// A name as the database reads it where it stands without quotes.
    pub(crate) fn folded(self, name: &str) -> String {
        match self {
            Dialect::Postgres => name.to_ascii_lowercase(),
            Dialect::Sqlite | Dialect::MySql => name.to_owned(),
        }
    }

    /// The place of the value `number`, from 1, which stands in one place only: MySQL counts the places.
    pub(crate) fn place(self, number: usize) -> String {
        match self {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}"),
            Dialect::MySql => "?".to_owned(),
        }
    }

    /// An expression as text, whatever type it has.
    pub(crate) fn text(self, expression: &str) -> String {
        match self {
            Dialect::Sqlite | Dialect::Postgres => format!("CAST({expression} AS TEXT)"),
            Dialect::MySql => format!("CAST({expression} AS CHAR)"),
        }
    }

    /// An expression as a whole number of 64 bits, so that no sum is made in 32.
    pub(crate) fn long(self, expression: &str) -> String {
        match self {
            Dialect::Sqlite => format!("CAST({expression} AS INTEGER)"),
            Dialect::Postgres => format!("CAST({expression} AS BIGINT)"),
            Dialect::MySql => format!("CAST({expression} AS SIGNED)"),
        }
    }

    /// How many bytes a value has.
    pub(crate) fn bytes(self, expression: &str) -> String {
        match self {
            Dialect::Sqlite => format!("LENGTH(CAST({expression} AS BLOB))"),
            Dialect::Postgres => format!("CAST(OCTET_LENGTH({expression}) AS BIGINT)"),
            Dialect::MySql => format!("CAST(OCTET_LENGTH({expression}) AS SIGNED)"),
        }
    }

    /// What stands before the first dot of an id, compared byte by byte.
    pub(crate) fn base_of(self, id: &str) -> String {
        match self {
            Dialect::Sqlite => format!("SUBSTR({id}, 1, INSTR({id} || '.', '.') - 1)"),
            Dialect::Postgres => format!("SPLIT_PART({id}, '.', 1) COLLATE \"C\""),
            Dialect::MySql => format!("CONVERT(SUBSTRING_INDEX({id}, '.', 1) USING utf8mb4) COLLATE utf8mb4_bin"),
        }
    }

    /// An id in the order of its bytes, and so that an index in that order serves.
    pub(crate) fn ordered(self, id: &str) -> String {
        match self {
            Dialect::Postgres => format!("{id} COLLATE \"C\""),
            // What we make is ordered by bytes; in a table made otherwise, the order of that table's index will do.
            Dialect::Sqlite | Dialect::MySql => id.to_owned(),
        }
    }

    /// A row of given values, as something to select from.
    pub(crate) fn of_nothing(self) -> &'static str {
        match self {
            Dialect::Sqlite | Dialect::Postgres => "",
            Dialect::MySql => " FROM DUAL",
        }
    }

    /// The type of a column with an id, a base, or an application's name.
    pub(crate) fn key_type(self) -> &'static str {
        match self {
            Dialect::Sqlite => "TEXT",
            Dialect::Postgres => "VARCHAR(255) COLLATE \"C\"",
            Dialect::MySql => "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        }
    }

    /// The type of the column with a session's bytes.
    pub(crate) fn blob_type(self) -> &'static str {
        match self {
            Dialect::Sqlite => "BLOB",
            Dialect::Postgres => "BYTEA",
            Dialect::MySql => "LONGBLOB",
        }
    }

    /// How a transaction begins. SQLite's takes the right to write at once: one that reads first cannot always get it later.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres | Dialect::MySql => "BEGIN",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
            // One speaks for both: which of them it is shows only once it answers.
            Dialect::MySql => "MariaDB or MySQL",
        })
    }
}
