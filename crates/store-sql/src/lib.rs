//! Sessions in the table of a database: SQLite, PostgreSQL, MariaDB or MySQL.
//!
//! The table is that of Tomcat's `DataSourceStore`, so that one table may serve Tomcats and nodes of ours at once. [`SqlStores`] is a
//! database with its pool of connections; [`SqlStores::context`] gives the [`Store`](outlive_store::Store) of one web application.
//!
//! ```no_run
//! use outlive_store_sql::{SqlConfig, SqlStores};
//!
//! # fn example() -> Result<(), outlive_store::StoreError> {
//! let stores = SqlStores::open(SqlConfig::new("postgres://shop@db/shop"))?;
//! let store = stores.context("/Catalina/localhost/app");
//! # Ok(()) }
//! ```
//!
//! # Two tables
//!
//! | table | columns | key |
//! |---|---|---|
//! | `tomcat$sessions` | `app`, `id`, `data`, `valid`, `maxinactive`, `lastaccess` | application and id |
//! | `outlive_graves` | `app`, `base`, `moved_to`, `keep_until` | application and base |
//!
//! The first may be one that somebody made for a Tomcat, with names and types of its own; it is used as it is. [`Store::check`] says
//! what is wrong with it.
//!
//! # A grave hides what is under it
//!
//! Neither [`load`], [`heads`] nor [`expired`] gives a session whose base has a grave. A save that began before the grave was dug may
//! write its row after it, and a Tomcat asks for no graves at all: such a row is there and never seen, and goes with the grave. So no
//! lock is taken, and a session that was buried stays buried.
//!
//! A row that cannot be a session is left out of lists and counted in the log. When it is asked for, it is set aside: its application
//! becomes `…#corrupt`, under which nobody looks.
//!
//! What this does *not* do: it cannot tell two states of a session apart ([`Version`] is always `None`, for Tomcat's table has no place
//! for one), and it looks into no value.
//!
//! [`Store::check`]: outlive_store::Store::check
//! [`load`]: outlive_store::Store::load
//! [`heads`]: outlive_store::Store::heads
//! [`expired`]: outlive_store::Store::expired
//! [`Version`]: outlive_store::Version

mod address;
mod config;
mod database;
mod dialect;
mod fault;
mod lease;
mod names;
mod row;
mod schema;
mod statements;
mod store;
mod stores;

pub use config::SqlConfig;
pub use names::TableNames;
pub use store::SqlStore;
pub use stores::SqlStores;
