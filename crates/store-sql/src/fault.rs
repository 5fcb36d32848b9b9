//! What a database's error means, in a sentence.
//!
//! The databases' own words are repeated where they name a user, a table or a limit. Where they could name a value, such as the id in
//! `Duplicate entry '…'`, only the code is.

use std::io;

use outlive_store::{StoreError, StoreFault};
use sqlx::error::DatabaseError;

use crate::dialect::Dialect;

/// A code of a database, sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Fault(StoreFault),
    /// Two transactions stood in each other's way, and this one was undone.
    Conflict,
}

/// Whether the statement surely had no effect and may work at once: it was undone in favour of another.
pub(crate) fn is_conflict(error: &sqlx::Error, dialect: Dialect) -> bool {
    error.as_database_error().is_some_and(|error| sorted(error, dialect) == Code::Conflict)
}

/// The error as a store tells it; `place` is what the database is called for people.
pub(crate) fn store_error(error: &sqlx::Error, dialect: Dialect, place: &str) -> StoreError {
    let told = |fault, what: &str| StoreError::new(fault, format!("{place} {what}"));
    match error {
        sqlx::Error::Database(error) => {
            let fault = match sorted(error.as_ref(), dialect) {
                Code::Fault(fault) => fault,
                Code::Conflict => StoreFault::Unavailable,
            };
            let code = error.code().unwrap_or_default();
            let what = match fault {
                StoreFault::Denied => format!("refuses us: {}", error.message()),
                StoreFault::Full => format!("has no room: {}", error.message()),
                StoreFault::Schema if names_a_value(&code) => format!("does not take a value (code {code})"),
                StoreFault::Schema => format!("cannot be used as it is: {}", error.message()),
                StoreFault::TooLarge => format!("does not take a session of this size (code {code})"),
                StoreFault::Unavailable | StoreFault::Corrupt => format!("cannot do it now (code {code})"),
            };
            told(fault, &what)
        }
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            told(StoreFault::Denied, &format!("cannot be opened: {error}"))
        }
        sqlx::Error::Io(error) => told(StoreFault::Unavailable, &format!("cannot be reached: {error}")),
        sqlx::Error::Tls(error) => told(StoreFault::Denied, &format!("cannot be reached over TLS: {error}")),
        sqlx::Error::Configuration(_) => told(StoreFault::Denied, "cannot be used with these settings"),
        sqlx::Error::PoolTimedOut => told(StoreFault::Unavailable, "gives no connection in time"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::TypeNotFound { .. } => {
            told(StoreFault::Schema, "answers with values of other types than were asked for")
        }
        // The protocol broke off: a server that was killed, or is none of this kind.
        _ => told(StoreFault::Unavailable, "broke the conversation off"),
    }
}

/// Codes whose message may quote what was to be written.
fn names_a_value(code: &str) -> bool {
    ["22", "23", "HY"].iter().any(|class| code.starts_with(class))
}

fn sorted(error: &dyn DatabaseError, dialect: Dialect) -> Code {
    match dialect {
        Dialect::Postgres => postgres(&error.code().unwrap_or_default()),
        Dialect::MySql => {
            let number = error
                .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                .map_or(0, sqlx::mysql::MySqlDatabaseError::number);
            mysql(number, error.message())
        }
        Dialect::Sqlite => {
            let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
            sqlite(code & 0xff)
        }
    }
}

/// Source: PostgreSQL, Appendix A, "PostgreSQL Error Codes".
fn postgres(code: &str) -> Code {
    let fault = match code {
        "40001" | "40P01" => return Code::Conflict,
        "42501" | "25006" => StoreFault::Denied,
        "53100" => StoreFault::Full,
        _ => match code.get(..2).unwrap_or_default() {
            "28" => StoreFault::Denied,
            "54" => StoreFault::TooLarge,
            "3D" | "3F" | "42" | "22" | "23" | "44" => StoreFault::Schema,
            _ => StoreFault::Unavailable,
        },
    };
    Code::Fault(fault)
}

/// Source: MariaDB, "MariaDB Error Codes"; the same numbers in MySQL.
fn mysql(number: u16, message: &str) -> Code {
    let fault = match number {
        1205 | 1213 => return Code::Conflict,
        1044 | 1045 | 1130 | 1142 | 1143 | 1227 | 1290 | 1698 | 1836 => StoreFault::Denied,
        1021 | 1114 => StoreFault::Full,
        // "Got error 28 "No space left on device" from storage engine".
        1030 if message.contains("28") => StoreFault::Full,
        1153 | 1406 => StoreFault::TooLarge,
        1049 | 1054 | 1064 | 1109 | 1146 | 1264 | 1267 | 1292 | 1364 | 1366 | 1062 | 1048 => StoreFault::Schema,
        _ => StoreFault::Unavailable,
    };
    Code::Fault(fault)
}

/// Source: SQLite, "Result and Error Codes"; the primary code.
fn sqlite(code: u32) -> Code {
    let fault = match code {
        // BUSY comes only after the busy time-out, LOCKED from within this process.
        6 => return Code::Conflict,
        3 | 8 | 14 | 23 => StoreFault::Denied,
        13 => StoreFault::Full,
        18 => StoreFault::TooLarge,
        1 | 11 | 19 | 20 | 26 => StoreFault::Schema,
        _ => StoreFault::Unavailable,
    };
    Code::Fault(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_is_to_be_done() {
        let sorted = [
            (postgres("28P01"), StoreFault::Denied),
            (postgres("42501"), StoreFault::Denied),
            (postgres("3D000"), StoreFault::Schema),
            (postgres("42P01"), StoreFault::Schema),
            (postgres("53100"), StoreFault::Full),
            (postgres("53300"), StoreFault::Unavailable),
            (postgres("57P01"), StoreFault::Unavailable),
            (postgres(""), StoreFault::Unavailable),
            (mysql(1045, ""), StoreFault::Denied),
            (mysql(1049, ""), StoreFault::Schema),
            (mysql(1030, "Got error 28 from storage engine"), StoreFault::Full),
            (mysql(1153, ""), StoreFault::TooLarge),
            (sqlite(13), StoreFault::Full),
            (sqlite(26), StoreFault::Schema),
            (sqlite(5), StoreFault::Unavailable),
        ];
        for (index, (code, fault)) in sorted.into_iter().enumerate() {
            assert_eq!(code, Code::Fault(fault), "number {index}");
        }
        assert_eq!([postgres("40P01"), mysql(1213, ""), sqlite(6)], [Code::Conflict; 3]);
    }

    #[test]
    fn what_was_to_be_written_is_never_repeated() {
        assert!(names_a_value("23000") && names_a_value("23505") && names_a_value("22001") && !names_a_value("42P01"));
    }
}
