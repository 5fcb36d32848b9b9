//! A connection on loan from the pool.

use std::ops::{Deref, DerefMut};

use sqlx::Database;
use sqlx::pool::PoolConnection;

/// Goes back to the pool only when the work on it has [ended](Lease::end) well. Otherwise the connection is closed: a statement may be
/// under way on it, or a transaction be open, which the server then rolls back. The pool itself would wait for the end of both, for ever
/// where the server hangs.
pub(crate) struct Lease<DB: Database> {
    connection: Option<PoolConnection<DB>>,
}

impl<DB: Database> Lease<DB> {
    pub(crate) fn new(connection: PoolConnection<DB>) -> Self {
        Lease { connection: Some(connection) }
    }

    /// The connection can be used by others.
    pub(crate) fn end(mut self) {
        drop(self.connection.take());
    }
}

impl<DB: Database> Deref for Lease<DB> {
    type Target = PoolConnection<DB>;

    fn deref(&self) -> &PoolConnection<DB> {
        self.connection.as_ref().expect("the connection is given back by `end`, which takes the lease")
    }
}

impl<DB: Database> DerefMut for Lease<DB> {
    fn deref_mut(&mut self) -> &mut PoolConnection<DB> {
        self.connection.as_mut().expect("the connection is given back by `end`, which takes the lease")
    }
}

impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}
