//! Redis as the place for sessions: alone, behind a Sentinel, as a Cluster.

mod promises;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::Scene;
use outlive_interop::database::{Database, PASSWORD_ENCODED, Redis, RedisMode};
use outlive_interop::poll;
use outlive_interop::runner::{self, Test};
use outlive_store::{Saved, Store, StoreFault, contract};
use outlive_store_redis::{RedisConfig, RedisStores};
use outlive_tribes_proto::time::UnixMillis;

const APP: &str = "/Catalina/localhost/app";
const PORT: u16 = 6379;
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    runner::main(&[
        Test::new("redis_keeps_the_contract", keeps_the_contract).with_redis(),
        Test::new("redis_is_killed_slow_and_refuses", faults).with_redis(),
        Test::new("redis_has_something_else_there", something_else).with_redis(),
        Test::new("redis_takes_over_behind_a_sentinel", behind_a_sentinel).with_redis(),
        Test::new("a_redis_cluster_keeps_the_contract", cluster).with_redis(),
    ])
}

fn open(url: &str, app: &str) -> Result<Arc<dyn Store>> {
    let limit = Duration::from_secs(2);
    let config = RedisConfig { connect_limit: limit, operation_limit: limit, ..RedisConfig::new(url) };
    Ok(RedisStores::open(config)?.context(app))
}

fn keeps_the_contract(scene: &Scene) -> Result<()> {
    of_two_nodes(&Redis::new(scene, PORT, RedisMode::Single)?.url())
}

fn of_two_nodes(url: &str) -> Result<()> {
    promises::runtime()?.block_on(async {
        let nodes = [RedisStores::open(RedisConfig::new(url))?, RedisStores::open(RedisConfig::new(url))?];
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

fn faults(scene: &Scene) -> Result<()> {
    let mut database = Redis::new(scene, PORT, RedisMode::Single)?;
    let url = database.url();
    let runtime = promises::runtime()?;
    promises::nothing_acknowledged_is_lost(&mut database, &|app| open(&url, app))?;
    promises::a_server_that_hangs_is_told(&database, &|app| open(&url, app))?;

    let refused = |url: &str, fault| promises::refused(&runtime, &*open(url, APP)?, fault);
    refused(&url.replace(PASSWORD_ENCODED, "k4tz3n-wrong"), StoreFault::Denied)?;
    refused(&url.replace(&format!(":{PASSWORD_ENCODED}@"), ""), StoreFault::Denied)?;
    // A user who may read and not write.
    database.ask(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">k4tz3n-reader",
        "~*",
        "+@read",
        "+@connection",
        "+eval",
        "+evalsha",
    ])?;
    refused(&format!("redis://reader:k4tz3n-reader@127.0.0.1:{PORT}"), StoreFault::Denied)?;

    // No memory left, for it may drop nothing.
    let store = open(&url, APP)?;
    let id = promises::id("M.n1")?;
    database.ask(&["CONFIG", "SET", "maxmemory", "1"])?;
    let full = runtime.block_on(store.save(&promises::save(&id, 1))).err().context("saved without memory")?;
    promises::told(&full, StoreFault::Full)?;
    database.ask(&["CONFIG", "SET", "maxmemory", "0"])?;
    ensure!(matches!(runtime.block_on(store.save(&promises::save(&id, 1)))?, Saved::Kept(_)), "not kept");

    database.kill()?;
    refused(&url, StoreFault::Unavailable)?;
    Ok(())
}

/// What others wrote to our keys, or what time has taken.
fn something_else(scene: &Scene) -> Result<()> {
    let database = Redis::new(scene, PORT, RedisMode::Single)?;
    let runtime = promises::runtime()?;
    let store = open(&database.url(), APP)?;
    let key = |name: &str| format!("outlive:{{{APP}}}:{name}");
    for name in ["A.n1", "B.n1", "C.n1", "D.n1"] {
        runtime.block_on(store.save(&promises::save(&promises::id(name)?, 1)))?;
    }
    database.ask(&["SET", &key("session:A"), "text"])?;
    database.ask(&["HSET", &key("session:B"), "max_inactive", "long"])?;
    database.ask(&["DEL", &key("session:C")])?;
    let ids = || -> Result<Vec<String>> {
        Ok(runtime.block_on(store.heads(None, 10))?.iter().map(|head| head.id.to_string()).collect())
    };
    ensure!(ids()? == ["D.n1"], "{:?}", ids()?);
    for name in ["A.n1", "B.n1"] {
        let corrupt = runtime.block_on(store.load(&promises::id(name)?)).err().context("no session was loaded")?;
        promises::told(&corrupt, StoreFault::Corrupt)?;
        ensure!(runtime.block_on(store.load(&promises::id(name)?))?.is_none(), "{name} was not set aside");
    }
    ensure!(database.ask(&["EXISTS", &key("corrupt:A"), &key("corrupt:B")])? == "2", "nothing lies aside");
    // A page of one finds the one that is there behind the one that is gone.
    let expired = runtime.block_on(store.expired(UnixMillis(i64::MAX), 1))?;
    ensure!(expired.iter().map(|head| head.id.to_string()).eq(["D.n1".to_owned()]), "{expired:?}");
    ensure!(database.ask(&["ZCARD", &key("ids")])? == "1", "what is gone is still listed");
    Ok(())
}

/// The master is killed, the replica takes over, and the same store goes on with it.
fn behind_a_sentinel(scene: &Scene) -> Result<()> {
    let mut master = Redis::new(scene, PORT, RedisMode::Single)?;
    let replica = Redis::new(scene, PORT + 1, RedisMode::ReplicaOf(PORT))?;
    let sentinel = Redis::new(scene, 26379, RedisMode::SentinelOf(PORT))?;
    poll::until("the Sentinel knows the replica", LIMIT, || {
        let told = sentinel.ask(&["SENTINEL", "REPLICAS", "main"])?;
        ensure!(told.contains(&(PORT + 1).to_string()), "{told}");
        Ok(())
    })?;
    let runtime = promises::runtime()?;
    let store = open(&sentinel.url(), APP)?;
    let (before, after) = (promises::id("S.n1")?, promises::id("T.n1")?);
    runtime.block_on(store.save(&promises::save(&before, 1)))?;
    poll::until("the replica has it", LIMIT, || {
        ensure!(replica.ask(&["EXISTS", &format!("outlive:{{{APP}}}:session:S")])? == "1", "not yet");
        Ok(())
    })?;
    master.kill()?;
    poll::until("a save after the take-over", LIMIT, || {
        ensure!(matches!(runtime.block_on(store.save(&promises::save(&after, 1)))?, Saved::Kept(_)), "not kept");
        Ok(())
    })?;
    ensure!(runtime.block_on(store.load(&before))?.is_some(), "what was saved before the take-over is gone");
    let unknown = open(&sentinel.url().replace("/main", "/other"), APP)?;
    promises::refused(&runtime, &*unknown, StoreFault::Schema)?;
    Ok(())
}

fn cluster(scene: &Scene) -> Result<()> {
    let nodes =
        (0..3).map(|number| Redis::new(scene, PORT + number, RedisMode::Cluster)).collect::<Result<Vec<_>>>()?;
    Redis::join(&nodes)?;
    for node in &nodes {
        poll::until("the Cluster is up", LIMIT, || {
            let told = node.ask(&["CLUSTER", "INFO"])?;
            ensure!(told.contains("cluster_state:ok"), "{told}");
            Ok(())
        })?;
    }
    of_two_nodes(&nodes[1].url())?;
    // Who asks one of them as if it stood alone is told.
    let runtime = promises::runtime()?;
    let mut refusals = 0;
    for node in &nodes {
        let alone = open(&node.url().replace("redis+cluster:", "redis:"), APP)?;
        if let Err(refused) = runtime.block_on(alone.check()) {
            promises::told(&refused, StoreFault::Schema)?;
            refusals += 1;
        }
    }
    ensure!(refusals == 2, "{refusals} of three nodes do not have the slot");
    Ok(())
}
