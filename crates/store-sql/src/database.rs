//! A pool of connections to one database, whichever it is, and what is asked of it.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use outlive_store::{StoreError, StoreFault};
use sqlx::mysql::{MySql, MySqlQueryResult};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgQueryResult, Postgres};
use sqlx::sqlite::{Sqlite, SqliteQueryResult};
use sqlx::{ColumnIndex, Connection, Decode, Encode, Executor, IntoArguments, Pool, Type};

use crate::address::{Address, Target};
use crate::config::SqlConfig;
use crate::dialect::Dialect;
use crate::fault;
use crate::lease::Lease;
use crate::row::{Kind, Row, Value};
use crate::statements::{Given, Statement};

/// How often a transaction begins anew that was undone in favour of another.
const CONFLICTS_MAX: usize = 10;
/// A connection that nobody used for so long is asked whether it still lives.
const IDLE_MAX: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Connections {
    Sqlite(Pool<Sqlite>),
    Postgres(Pool<Postgres>),
    MySql(Pool<MySql>),
}

/// The database behind a URL.
#[derive(Debug)]
pub(crate) struct Database {
    /// Made when they are first needed, as a pool can only be made within a tokio runtime.
    connections: OnceLock<Connections>,
    target: Target,
    config: SqlConfig,
    dialect: Dialect,
    place: String,
}

/// Runs one generic function on whichever pool it is.
macro_rules! on_pool {
    ($database:expr, $pool:ident => $call:expr) => {
        match $database.connections() {
            Connections::Sqlite($pool) => $call,
            Connections::Postgres($pool) => $call,
            Connections::MySql($pool) => $call,
        }
    };
}

impl Database {
    /// No connection is opened yet.
    pub(crate) fn new(address: Address, config: SqlConfig) -> Self {
        Database {
            connections: OnceLock::new(),
            target: address.target,
            config,
            dialect: address.dialect,
            place: address.place,
        }
    }

    fn connections(&self) -> &Connections {
        let config = &self.config;
        self.connections.get_or_init(|| match self.target.clone() {
            Target::Sqlite(options) => Connections::Sqlite(pool_options(config).connect_lazy_with(options)),
            Target::Postgres(options) => Connections::Postgres(pool_options(config).connect_lazy_with(options)),
            Target::MySql(options) => {
                let pool = pool_options::<MySql>(config).after_connect(|connection, _| {
                    Box::pin(async move {
                        // No locks on gaps between rows; and a value that does not fit is an error, not cut.
                        connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
                        connection
                            .execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
                            .await
                            .map(drop)
                    })
                });
                Connections::MySql(pool.connect_lazy_with(options))
            }
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What it is called for people.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The rows that a question has for an answer.
    pub(crate) async fn ask(&self, sql: &str, values: &[Value<'_>], kinds: &[Kind]) -> Result<Vec<Row>, StoreError> {
        self.patiently(|| async { on_pool!(self, pool => self.within(pool, Work::Ask(sql, values, kinds)).await) })
            .await
            .map(|done| done.rows)
    }

    /// The rows that a statement has for an answer.
    pub(crate) async fn fetch(&self, statement: &Statement, given: &Given<'_>) -> Result<Vec<Row>, StoreError> {
        self.ask(&statement.sql, &statement.values(given), statement.columns).await
    }

    /// How many rows a statement changed.
    pub(crate) async fn change(&self, statement: &Statement, given: &Given<'_>) -> Result<u64, StoreError> {
        let values = statement.values(given);
        let work = || Work::Change(&statement.sql, &values);
        self.patiently(|| async { on_pool!(self, pool => self.within(pool, work()).await) })
            .await
            .map(|done| done.changed.first().copied().unwrap_or_default())
    }

    /// Statements that have their effect together. Where one changes no row, those behind it are left out. How many rows each of them
    /// changed.
    pub(crate) async fn together(&self, statements: &[&Statement], given: &Given<'_>) -> Result<Vec<u64>, StoreError> {
        let steps: Vec<_> = statements.iter().map(|statement| (&*statement.sql, statement.values(given))).collect();
        let work = || Work::Together(&steps);
        self.patiently(|| async { on_pool!(self, pool => self.within(pool, work()).await) })
            .await
            .map(|done| done.changed)
    }

    /// Again, where a transaction was undone in favour of another: it surely had no effect.
    async fn patiently<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut conflicts = 0;
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Failure::Late) => {
                    let limit = self.config.statement_limit;
                    let message = format!("{} did not answer within {limit:?}", self.place);
                    return Err(StoreError::new(StoreFault::Unavailable, message));
                }
                Err(Failure::Sql(error)) if conflicts < CONFLICTS_MAX && fault::is_conflict(&error, self.dialect) => {
                    conflicts += 1;
                }
                Err(Failure::Sql(error)) => return Err(fault::store_error(&error, self.dialect, &self.place)),
            }
        }
    }

    /// Runs the work on a connection of its own, within the limit.
    async fn within<DB>(&self, pool: &Pool<DB>, work: Work<'_>) -> Result<Done, Failure>
    where
        DB: sqlx::Database,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
        for<'q> Option<&'q str>: Encode<'q, DB> + Type<DB>,
        for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
        for<'q> i64: Encode<'q, DB> + Decode<'q, DB> + Type<DB>,
        for<'r> String: Decode<'r, DB> + Type<DB>,
        for<'r> Vec<u8>: Decode<'r, DB> + Type<DB>,
        usize: ColumnIndex<DB::Row>,
        DB::QueryResult: Affected,
    {
        let mut lease = Lease::new(pool.acquire().await?);
        let begin = self.dialect.begin();
        let run = async {
            let connection: &mut DB::Connection = &mut lease;
            let mut done = Done::default();
            match work {
                Work::Ask(sql, values, kinds) => {
                    for row in connection.fetch_all(bound::<DB>(sql, values)).await? {
                        done.rows.push(Row::read::<DB>(&row, kinds)?);
                    }
                }
                Work::Change(sql, values) => {
                    done.changed.push(affected::<DB>(connection, sql, values).await?);
                }
                Work::Together(steps) => {
                    connection.execute(begin).await?;
                    for (sql, values) in steps {
                        let changed = affected::<DB>(connection, sql, values).await?;
                        done.changed.push(changed);
                        if changed == 0 {
                            break;
                        }
                    }
                    connection.execute("COMMIT").await?;
                }
            }
            Ok::<_, sqlx::Error>(done)
        };
        // Boxed: the statements of three databases are large futures, and stand in those of all callers.
        match tokio::time::timeout(self.config.statement_limit, Box::pin(run)).await {
            Ok(Ok(done)) => {
                lease.end();
                Ok(done)
            }
            Ok(Err(error)) => {
                // An error of a single statement leaves the connection as it was.
                if error.as_database_error().is_some() && !matches!(work, Work::Together(_)) {
                    lease.end();
                }
                Err(Failure::Sql(error))
            }
            Err(_) => Err(Failure::Late),
        }
    }
}

/// What is to be done on one connection.
#[derive(Clone, Copy)]
enum Work<'a> {
    Ask(&'a str, &'a [Value<'a>], &'a [Kind]),
    Change(&'a str, &'a [Value<'a>]),
    Together(&'a [(&'a str, Vec<Value<'a>>)]),
}

#[derive(Default)]
struct Done {
    rows: Vec<Row>,
    changed: Vec<u64>,
}

enum Failure {
    Sql(sqlx::Error),
    /// Not within the limit.
    Late,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Failure::Sql(error)
    }
}

fn pool_options<DB>(config: &SqlConfig) -> PoolOptions<DB>
where
    DB: sqlx::Database,
{
    PoolOptions::new()
        .max_connections(config.pool_size.max(1))
        .acquire_timeout(config.connect_limit)
        .test_before_acquire(false)
        // A server that was started again leaves dead connections behind; one that was used just now needs no question.
        .before_acquire(|connection: &mut DB::Connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < IDLE_MAX || connection.ping().await.is_ok()) })
        })
}

/// A statement with its values.
fn bound<'q, DB>(sql: &'q str, values: &'q [Value<'q>]) -> sqlx::query::Query<'q, DB, DB::Arguments<'q>>
where
    DB: sqlx::Database,
    Option<&'q str>: Encode<'q, DB> + Type<DB>,
    &'q [u8]: Encode<'q, DB> + Type<DB>,
    i64: Encode<'q, DB> + Type<DB>,
{
    values.iter().fold(sqlx::query(sql), |query, value| match *value {
        Value::Text(text) => query.bind(text),
        Value::Blob(bytes) => query.bind(bytes),
        Value::Long(number) => query.bind(number),
    })
}

async fn affected<DB>(connection: &mut DB::Connection, sql: &str, values: &[Value<'_>]) -> Result<u64, sqlx::Error>
where
    DB: sqlx::Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    for<'q> Option<&'q str>: Encode<'q, DB> + Type<DB>,
    for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
    DB::QueryResult: Affected,
{
    Ok(connection.execute(bound::<DB>(sql, values)).await?.rows_affected())
}

/// What all three results know.
trait Affected {
    fn rows_affected(&self) -> u64;
}

macro_rules! affected {
    ($($result:ty),*) => {$(
        impl Affected for $result {
            fn rows_affected(&self) -> u64 {
                self.rows_affected()
            }
        }
    )*};
}

affected!(SqliteQueryResult, PgQueryResult, MySqlQueryResult);
