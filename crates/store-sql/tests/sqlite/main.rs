//! What holds for a database in a file, where no server is needed. The same against real servers: `interop`, test `stores_sql`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod foreign;
mod races;
mod support;
