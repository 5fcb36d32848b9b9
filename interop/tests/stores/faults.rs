//! What is wrong with a place while nodes serve: no room, no right to write, a table of another form, sessions that are none. One clear
//! message each, requests go on, and nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{Database, Postgres, Redis, RedisMode};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, SharedStore, StoreKind, poll};
use sqlx::{Connection, Executor, PgConnection};

use crate::cluster::{EVENTUALLY, Kept, all_hold, base_of};

const FAILS: &str = "the store fails";
const WORKS_AGAIN: &str = "the store works";
/// Bytes in each session of a test that fills a disk.
const LARGE: &str = "200000";
/// So many of them do not fit on any disk of these tests.
const SESSIONS_MAX: usize = 60;
/// How long it may take from a change to the message that it could not be saved.
const SOON: Duration = Duration::from_secs(3);

/// A file system that is gone at the end of the test.
struct Mounted(PathBuf);

impl Mounted {
    fn new(arguments: &[&str], at: &Path) -> Result<Self> {
        fs::create_dir_all(at)?;
        run(Command::new("mount").args(arguments).arg(at))?;
        Ok(Self(at.to_owned()))
    }

    fn remount(&self, options: &str) -> Result<()> {
        run(Command::new("mount").args(["-o", options]).arg(&self.0))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a node may still be about to end. It goes with the sandbox in any case.
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.0));
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A node alone over a store, not started.
fn node<'scene>(scene: &'scene Scene, url: &str) -> Result<OutliveNode<'scene>> {
    Ok(OutliveNode::new(scene, NodeSpec::new("node", 1))?.with_store(url))
}

/// What a node says at the levels of warnings and errors.
fn complaints(node: &OutliveNode<'_>) -> Result<Vec<String>> {
    let output = node.process()?.output()?;
    let is_one = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
    Ok(output.lines().filter(is_one).map(str::to_owned).collect())
}

/// Exactly one complaint, which says that the store fails and why.
fn complains_once(node: &OutliveNode<'_>, why: &str) -> Result<()> {
    let told = complaints(node)?;
    println!("    {}", told.join("\n    "));
    ensure!(told.len() == 1 && told[0].contains(FAILS) && told[0].contains(why), "not one message: {told:#?}");
    Ok(())
}

fn says(node: &OutliveNode<'_>, words: &str, limit: Duration) -> Result<()> {
    poll::until(&format!("the node says that {words}"), limit, || {
        ensure!(node.process()?.output()?.contains(words), "not yet");
        Ok(())
    })
}

/// A new session of many bytes, and a counter.
fn large(node: &OutliveNode<'_>) -> Result<Client> {
    let mut client = Client::new();
    client.get(node.http(), "fill", &[("name", "large"), ("bytes", LARGE)])?;
    client.get(node.http(), "counter", &[])?;
    Ok(client)
}

/// Each client's session is in the store with that counter.
fn all_are_kept(scene: &Scene, url: &str, clients: &[Client], counter: i32) -> Result<()> {
    poll::until("the store has everything", EVENTUALLY, || {
        let kept = Kept::of(scene, url)?;
        for client in clients {
            let number = kept.number(&base_of(client)?, "counter");
            ensure!(number == Some(counter), "{number:?}, not {counter}, is kept of one of {}", clients.len());
        }
        Ok(())
    })
}

/// A disk is filled up, then gets room again.
fn full_disk(scene: &Scene, size: &str, ballast: usize, why: &str, url: impl Fn(&Path) -> String) -> Result<()> {
    let disk = Mounted::new(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], &scene.folder().join("disk"))?;
    fs::write(disk.0.join("ballast"), vec![0; ballast])?;
    let url = url(&disk.0);
    let mut node = node(scene, &url)?;
    node.start()?;
    let mut clients = Vec::new();
    while clients.len() < SESSIONS_MAX && complaints(&node)?.is_empty() {
        clients.push(large(&node)?);
        // Not faster than they are saved, so that the disk is full in time.
        let _ = says(&node, FAILS, Duration::from_millis(100));
    }
    says(&node, FAILS, SOON)?;
    ensure!(clients.len() > 3, "full with {} sessions", clients.len());
    // Requests go on: new sessions, and changes of those that are saved.
    for _ in 0..3 {
        clients.push(large(&node)?);
    }
    for client in &mut clients {
        client.get(node.http(), "counter", &[])?;
    }
    complains_once(&node, why)?;
    fs::remove_file(disk.0.join("ballast"))?;
    says(&node, WORKS_AGAIN, EVENTUALLY)?;
    all_are_kept(scene, &url, &clients, 2)?;
    node.kill()?;
    node.start()?;
    all_hold(std::slice::from_ref(&node), clients.len() as u64)?;
    for client in &mut clients {
        ensure!(client.get(node.http(), "counter", &[])?["counter"] == 3, "a session is lost");
    }
    node.kill()
}

pub(crate) fn full_disk_of_files(scene: &Scene) -> Result<()> {
    full_disk(scene, "6m", 4 << 20, "No space left on device", |disk| format!("file:{}/store", disk.display()))
}

/// SQLite writes all twice, first into its journal.
pub(crate) fn full_disk_of_sqlite(scene: &Scene) -> Result<()> {
    full_disk(scene, "32m", 28 << 20, "full", |disk| format!("sqlite:{}/sessions.db", disk.display()))
}

/// A Redis that has no memory left for sessions, then has.
pub(crate) fn full_redis(scene: &Scene) -> Result<()> {
    let database = Redis::new(scene, 6379, RedisMode::Single)?;
    let url = database.url();
    let mut node = node(scene, &url)?;
    node.start()?;
    let mut clients = vec![large(&node)?, large(&node)?];
    all_are_kept(scene, &url, &clients, 1)?;
    // Less than it has taken already.
    database.ask(&["CONFIG", "SET", "maxmemory", "1"])?;
    clients.push(large(&node)?);
    says(&node, FAILS, SOON)?;
    for client in &mut clients {
        client.get(node.http(), "counter", &[])?;
    }
    complains_once(&node, "has no memory left")?;
    database.ask(&["CONFIG", "SET", "maxmemory", "0"])?;
    has_missed_nothing(scene, &url, &mut node, &clients)
}

/// The store works again: it gets what it missed, and all is there when the node has died and is started again.
fn has_missed_nothing(scene: &Scene, url: &str, node: &mut OutliveNode<'_>, clients: &[Client]) -> Result<()> {
    says(node, WORKS_AGAIN, EVENTUALLY)?;
    all_are_kept(scene, url, clients, 2)?;
    node.kill()?;
    node.start()?;
    all_hold(std::slice::from_ref(node), 3)?;
    node.kill()
}

/// A folder that nobody may write to any more, as a share becomes after an error; later it can be written to again.
pub(crate) fn read_only(scene: &Scene) -> Result<()> {
    let disk = Mounted::new(&["-t", "tmpfs", "tmpfs"], &scene.folder().join("disk"))?;
    let url = format!("file:{}/store", disk.0.display());
    let mut node = node(scene, &url)?;
    node.start()?;
    let mut clients = vec![large(&node)?, large(&node)?];
    all_are_kept(scene, &url, &clients, 1)?;
    disk.remount("remount,ro")?;
    clients.push(large(&node)?);
    clients[0].get(node.http(), "counter", &[])?;
    says(&node, FAILS, SOON)?;
    clients[1].get(node.http(), "counter", &[])?;
    clients[2].get(node.http(), "counter", &[])?;
    complains_once(&node, "Read-only file system")?;
    disk.remount("remount,rw")?;
    has_missed_nothing(scene, &url, &mut node, &clients)
}

/// A table of the right name and another form. When somebody has put it away, the node makes its own and saves what it has.
pub(crate) fn another_schema(scene: &Scene) -> Result<()> {
    let database = Postgres::new(scene)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sql = |statement: &str| -> Result<()> {
        runtime.block_on(async {
            let mut beside = PgConnection::connect(&database.url()).await?;
            beside.execute(statement).await?;
            Ok(())
        })
    };
    sql(
        "create table \"tomcat$sessions\" (id text primary key, app text, data text, valid text, maxinactive int, lastaccess int)",
    )?;
    let mut node = node(scene, &database.url())?;
    node.start()?;
    let mut clients = vec![large(&node)?, large(&node)?];
    says(&node, FAILS, SOON)?;
    clients[0].get(node.http(), "counter", &[])?;
    clients[1].get(node.http(), "counter", &[])?;
    complains_once(&node, "has a column data of type text, which must be bytea")?;
    sql("alter table \"tomcat$sessions\" rename to put_away")?;
    says(&node, WORKS_AGAIN, EVENTUALLY)?;
    all_are_kept(scene, &database.url(), &clients, 2)?;
    node.kill()?;
    node.start()?;
    all_hold(std::slice::from_ref(&node), 2)?;
    node.kill()
}

/// Writes a file that looks as if it had been so for long: one that was written just now may be on its way still.
fn spoil(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes)?;
    fs::File::options().write(true).open(file)?.set_modified(SystemTime::now() - Duration::from_secs(60))?;
    Ok(())
}

/// Of three sessions two are spoilt while the node is down: one is no session any more, one breaks off. They are set aside, which is told,
/// and their clients get new sessions; the third is as it was.
pub(crate) fn spoilt(scene: &Scene, kind: StoreKind) -> Result<()> {
    let store = SharedStore::new(scene, kind)?;
    let mut node = node(scene, store.url())?;
    node.start()?;
    let mut clients = vec![large(&node)?, large(&node)?, large(&node)?];
    all_are_kept(scene, store.url(), &clients, 1)?;
    node.kill()?;
    let ids = clients.iter().map(|client| client.cookie().context("a cookie")).collect::<Result<Vec<_>>>()?;
    match store.app_folder() {
        Some(folder) => {
            let file = |id: &str| folder.join(format!("{id}.session"));
            spoil(&file(ids[0]), b"no session")?;
            let whole = fs::read(file(ids[1]))?;
            spoil(&file(ids[1]), &whole[..whole.len() / 2])?;
        }
        None => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut beside = PgConnection::connect(store.url()).await?;
                let no_session = "update \"tomcat$sessions\" set data = 'no session' where id = $1";
                sqlx::query(no_session).bind(ids[0]).execute(&mut beside).await?;
                let cut = "update \"tomcat$sessions\" set data = substring(data for length(data) / 2) where id = $1";
                sqlx::query(cut).bind(ids[1]).execute(&mut beside).await?;
                anyhow::Ok(())
            })?;
        }
    }
    let ids = ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
    node.start()?;
    for (client, id) in clients[..2].iter_mut().zip(&ids) {
        ensure!(client.get(node.http(), "session", &[])?["id"].is_null(), "a spoilt session is served");
        ensure!(client.get(node.http(), "counter", &[])?["counter"] == 1, "no new session");
        ensure!(client.cookie() != Some(id), "a new session under an old id");
    }
    ensure!(clients[2].get(node.http(), "counter", &[])?["counter"] == 2, "the third is not as it was");
    let told = complaints(&node)?;
    println!("    {}", told.join("\n    "));
    ensure!(told.len() == 2 && told.iter().all(|line| line.contains("aside")), "not one message each: {told:#?}");
    let output = node.process()?.output()?;
    ensure!(!ids.iter().any(|id| output.contains(id.as_str())), "a whole id is told");
    // The next start finds nothing of them.
    all_are_kept(scene, store.url(), &clients[2..], 2)?;
    node.kill()?;
    node.start()?;
    all_hold(std::slice::from_ref(&node), 3)?;
    ensure!(complaints(&node)?.is_empty(), "they were not set aside: {:#?}", complaints(&node)?);
    node.kill()
}
