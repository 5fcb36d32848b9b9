//! How often a session that changes all the time is saved.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{Database, Postgres, Redis, RedisMode};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, poll};
use sqlx::{Connection, PgConnection, Row};

use crate::cluster::EVENTUALLY;

/// For how long a client changes its session.
const A_WHILE: Duration = Duration::from_secs(4);
/// One at the begin and one at the end of so many seconds, and what a busy machine needs.
const SAVES_MAX: u64 = A_WHILE.as_secs() + 4;

/// A client counts for a while at a node over a store. How often.
fn counts(scene: &Scene, url: &str) -> Result<u64> {
    let mut node = OutliveNode::new(scene, NodeSpec::new("node", 1))?.with_store(url);
    node.start()?;
    let (mut client, mut count) = (Client::new(), 0);
    let end = Instant::now() + A_WHILE;
    while Instant::now() < end {
        let answer = client.get(node.http(), "counter", &[])?;
        count = answer["counter"].as_u64().context("a counter")?;
    }
    node.stop()?;
    ensure!(count > 10 * SAVES_MAX, "only {count} changes");
    Ok(count)
}

/// PostgreSQL counts the rows that are written, Redis the scripts that are run: with the first, which makes the tables and looks at what
/// is there, there are few more than seconds.
pub(crate) fn one_a_second(scene: &Scene) -> Result<()> {
    let postgres = Postgres::new(scene)?;
    let changes = counts(scene, &postgres.url())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // A connection tells what it has counted when it ends.
    let written = poll::until("PostgreSQL has counted", EVENTUALLY, || {
        let count = "select (n_tup_ins + n_tup_upd)::bigint from pg_stat_user_tables where relname = 'tomcat$sessions'";
        let rows: i64 = runtime.block_on(async {
            let mut beside = PgConnection::connect(&postgres.url()).await?;
            anyhow::Ok(sqlx::query(count).fetch_one(&mut beside).await?.try_get(0)?)
        })?;
        ensure!(rows > 0, "nothing is counted");
        Ok(rows.cast_unsigned())
    })?;
    println!("    PostgreSQL: {written} saves of {changes} changes");
    ensure!((2..=SAVES_MAX).contains(&written), "{written} saves in {A_WHILE:?}");

    let redis = Redis::new(scene, 6379, RedisMode::Single)?;
    let changes = counts(scene, &redis.url())?;
    // Each save writes the session's hash anew.
    let told = redis.ask(&["INFO", "commandstats"])?;
    let written =
        told.lines().find_map(|line| line.strip_prefix("cmdstat_hset:calls=")?.split(',').next()?.parse().ok());
    let written: u64 = written.with_context(|| format!("no HSET in {told}"))?;
    println!("    Redis: {written} saves of {changes} changes");
    ensure!((2..=SAVES_MAX).contains(&written), "{written} saves in {A_WHILE:?}");
    Ok(())
}
