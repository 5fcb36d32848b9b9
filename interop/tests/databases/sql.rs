//! PostgreSQL and MariaDB as the place for sessions: what a store promises, through crashes and with tables made by others.

mod foreign;
mod full_disk;
mod promises;
mod shared_table;
mod two_processes;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{Database, MariaDb, PASSWORD_ENCODED, Postgres};
use outlive_interop::runner::{self, Test};
use outlive_store::{Store, StoreFault, contract};
use outlive_store_sql::{SqlConfig, SqlStores, TableNames};
use tokio::task::JoinSet;

fn main() -> ExitCode {
    runner::main(&[
        Test::new("postgresql_keeps_the_contract", |scene| keeps_the_contract(&Postgres::new(scene)?)).with_postgres(),
        Test::new("mariadb_keeps_the_contract", |scene| keeps_the_contract(&MariaDb::new(scene)?)).with_mariadb(),
        Test::new("postgresql_makes_a_table_for_many_at_once", |scene| made_at_once(&Postgres::new(scene)?))
            .with_postgres(),
        Test::new("mariadb_makes_a_table_for_many_at_once", |scene| made_at_once(&MariaDb::new(scene)?)).with_mariadb(),
        Test::new("postgresql_is_killed_slow_and_refuses", |scene| faults(&mut Postgres::new(scene)?)).with_postgres(),
        Test::new("mariadb_is_killed_slow_and_refuses", |scene| faults(&mut MariaDb::new(scene)?)).with_mariadb(),
        Test::new("a_table_of_somebody_else_on_postgresql", foreign::on_postgres).with_postgres(),
        Test::new("a_table_of_somebody_else_on_mariadb", foreign::on_mariadb).with_mariadb(),
        Test::new("sqlite_on_a_full_disk", full_disk::sqlite),
        Test::new("postgresql_on_a_full_disk", full_disk::postgres).with_postgres(),
        Test::new("two_processes_write_at_once", two_processes::at_once).with_mariadb().with_postgres().with_outlive(),
        Test::new("one_table_with_a_tomcat", shared_table::both_ways).with_postgres().with_tomcat(),
    ])
}

/// A configuration with limits that a test can wait for.
fn config(url: &str) -> SqlConfig {
    let limit = Duration::from_secs(2);
    SqlConfig { connect_limit: limit, statement_limit: limit, ..SqlConfig::new(url) }
}

fn open(url: &str, app: &str) -> Result<Arc<dyn Store>> {
    Ok(SqlStores::open(config(url))?.context(app))
}

/// Each rule in an application of its own, in one table.
fn keeps_the_contract(database: &dyn Database) -> Result<()> {
    promises::runtime()?.block_on(async {
        let nodes =
            [SqlStores::open(SqlConfig::new(database.url()))?, SqlStores::open(SqlConfig::new(database.url()))?];
        let mut number = 0;
        contract::check(async || {
            number += 1;
            let app = format!("/Catalina/localhost/app{number}");
            nodes.each_ref().map(|node| node.store(&app))
        })
        .await;
        Ok(())
    })
}

/// Nodes that start at the same moment all find that there are no tables yet.
fn made_at_once(database: &dyn Database) -> Result<()> {
    promises::runtime()?.block_on(async {
        for round in 0..8 {
            let (table, graves) = (format!("sessions{round}"), format!("graves{round}"));
            let names = TableNames { table, graves, ..TableNames::default() };
            let config = SqlConfig { names, ..SqlConfig::new(database.url()) };
            let mut nodes = JoinSet::new();
            for _ in 0..8 {
                let store = SqlStores::open(config.clone())?.context("/Catalina/localhost/app");
                nodes.spawn(async move { store.init().await });
            }
            for made in nodes.join_all().await {
                made.with_context(|| format!("round {round}"))?;
            }
        }
        Ok(())
    })
}

fn faults(database: &mut dyn Database) -> Result<()> {
    let url = database.url();
    let runtime = promises::runtime()?;
    let _within = runtime.enter();
    promises::nothing_acknowledged_is_lost(database, &|app| open(&url, app))?;
    promises::a_server_that_hangs_is_told(database, &|app| open(&url, app))?;

    let refused = |url: &str, fault| promises::refused(&runtime, &*open(url, "/Catalina/localhost/app")?, fault);
    refused(&url.replace(PASSWORD_ENCODED, "k4tz3n-wrong"), StoreFault::Denied)?;
    let (server, _) = url.rsplit_once('/').context("a URL with a database")?;
    // MariaDB does not tell who may not enter whether there is such a database.
    let fault = if url.starts_with("postgres") { StoreFault::Schema } else { StoreFault::Denied };
    let told = refused(&format!("{server}/nowhere"), fault)?;
    ensure!(told.contains("nowhere"), "it does not say which database: {told}");
    database.kill()?;
    refused(&url, StoreFault::Unavailable)?;
    Ok(())
}
