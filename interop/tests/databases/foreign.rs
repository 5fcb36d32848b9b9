//! A table that somebody made for a Tomcat after the example of its documentation, with the names and types of that place.

use anyhow::{Context, Result, ensure};
use outlive_interop::Scene;
use outlive_interop::database::{Database, MariaDb, Postgres};
use outlive_store::{StoreFault, contract};
use outlive_store_sql::{SqlConfig, SqlStores, TableNames};
use sqlx::{Connection, Executor, MySqlConnection, PgConnection};

use crate::promises;

fn names(table: &str) -> TableNames {
    TableNames {
        table: table.to_owned(),
        app: "app_name".to_owned(),
        id: "session_id".to_owned(),
        data: "session_data".to_owned(),
        valid: "valid_session".to_owned(),
        max_inactive: "max_inactive".to_owned(),
        last_accessed: "last_access".to_owned(),
        graves: format!("{table}_graves"),
    }
}

/// The order of a language, not of bytes; `numeric` and `char(n)`; the id alone as the key; names with capitals, which PostgreSQL takes
/// in small letters.
pub(crate) fn on_postgres(scene: &Scene) -> Result<()> {
    let database = Postgres::new(scene)?;
    let url = database.socket_url();
    let runtime = promises::runtime()?;
    runtime.block_on(async {
        let mut beside = PgConnection::connect(&url).await?;
        beside.execute("create schema shop").await?;
        for number in 1..=RULES_MAX {
            let table = format!(
                "create table shop.Tomcat_Sessions{number} (session_id varchar(255) collate \"en-x-icu\" not null primary key, \
                 valid_session char(1) not null, max_inactive numeric(10) not null, last_access numeric(19) not null, \
                 app_name text collate \"en-x-icu\", session_data bytea, noted_at timestamp default now())"
            );
            beside.execute(&*table).await?;
        }
        keeps_the_contract(&url, "shop.Tomcat_Sessions").await?;
        // What the contract does not have: rows that are no sessions.
        let insert = "insert into shop.tomcat_sessions1 values ('X.n1', '1', 1800, 1, '/foreign', null)";
        beside.execute(insert).await?;
        let config = SqlConfig { names: names("shop.Tomcat_Sessions1"), ..SqlConfig::new(&url) };
        let store = SqlStores::open(config)?.context("/foreign");
        let id = promises::id("X.n1")?;
        let corrupt = store.load(&id).await.err().context("a row without a session was loaded")?;
        promises::told(&corrupt, StoreFault::Corrupt)?;
        ensure!(store.load(&id).await?.is_none(), "it was not set aside");
        beside.execute("create table wrong (app text, id text primary key, data text, valid text, maxinactive int, lastaccess int)").await?;
        anyhow::Ok(())
    })?;
    let _within = runtime.enter();
    let wrong =
        SqlConfig { names: TableNames { table: "wrong".to_owned(), ..TableNames::default() }, ..SqlConfig::new(&url) };
    let store = SqlStores::open(wrong)?.context("/foreign");
    let told = promises::refused(&runtime, &*store, StoreFault::Schema)?;
    ensure!(told.ends_with("has a column data of type text, which must be bytea"), "{told}");
    Ok(())
}

/// Another character set than ours, and the small types of the example.
pub(crate) fn on_mariadb(scene: &Scene) -> Result<()> {
    let database = MariaDb::new(scene)?;
    let url = database.url();
    promises::runtime()?.block_on(async {
        // sqlx knows the server by its first name only.
        let mut beside = MySqlConnection::connect(&url.replace("mariadb:", "mysql:")).await?;
        for number in 1..=RULES_MAX {
            let table = format!(
                "create table tomcat_sessions{number} (session_id varchar(255) not null primary key, valid_session char(1) not null, \
                 max_inactive int not null, last_access bigint not null, app_name varchar(255), session_data mediumblob, \
                 key kapp_name (app_name)) default charset latin1 collate latin1_bin"
            );
            beside.execute(&*table).await?;
        }
        keeps_the_contract(&url, "tomcat_sessions").await
    })
}

/// As many as the contract has rules, or more: each gets a table of its own, for the id alone is the key of these.
const RULES_MAX: usize = 40;

async fn keeps_the_contract(url: &str, table: &str) -> Result<()> {
    let mut number = 0;
    contract::check(async || {
        number += 1;
        assert!(number <= RULES_MAX, "more rules than tables");
        let names = names(&format!("{table}{number}"));
        let config = SqlConfig { names, pool_size: 2, ..SqlConfig::new(url) };
        [config.clone(), config].map(|config| match SqlStores::open(config) {
            Ok(stores) => stores.store("/Catalina/localhost/app"),
            Err(error) => panic!("{error}"),
        })
    })
    .await;
    Ok(())
}
