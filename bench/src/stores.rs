//! What keeping sessions costs: saved, saved again, loaded, and listed at a start, for each store that is named.
//!
//! The stores are driven as a node drives them, eight operations at once, from this process; its processor time is counted, and not that
//! of a database's server. Tomcat's `FileStore` is driven by a Java program beside (`tomcat`).

mod tomcat;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use outlive_serial::Value;
use outlive_session::{SessionCell, SessionId, StoredSession};
use outlive_store::{FileStore, Save, Saved, SessionHead, SessionRecord, Store};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use tokio::task::JoinSet;

use crate::{cpu, run};

/// Operations at once.
const AT_ONCE: usize = 8;

/// Heads that are asked for at once.
const PAGE: usize = 10_000;

/// Bytes of text in a session, beside a counter.
const TEXT: usize = 100;

/// Which stores, and how many sessions.
#[derive(Debug, Args)]
pub(crate) struct StoresArguments {
    /// Stores, by their URL; each must be empty. Without one: files in a folder of this run
    #[arg(long = "store", value_name = "URL")]
    stores: Vec<String>,
    /// Sessions that are saved and loaded
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    sessions: usize,
    /// Sessions in the store at a start
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    start: usize,
    /// Measures Tomcat's FileStore beside
    #[arg(long)]
    tomcat: bool,
}

/// What one step took.
struct Step {
    name: &'static str,
    sessions: usize,
    wall: Duration,
    cpu: Duration,
}

/// Measures and prints.
pub(crate) fn run(arguments: &StoresArguments) -> Result<()> {
    let folder = run::results_folder()?.join("stores");
    let mut urls = arguments.stores.clone();
    if urls.is_empty() {
        urls.push(format!("file:{}", folder.join("outlive").display()));
    }
    let mut table =
        "| store | step | sessions | sessions/s | CPU µs a session |\n|---|---|---:|---:|---:|\n".to_owned();
    for url in &urls {
        let store = open(url)?;
        let steps = runtime()?.block_on(measure(Arc::clone(&store), arguments))?;
        rows(&mut table, &store.describe(), &steps);
    }
    if arguments.tomcat {
        let steps = tomcat::measure(&folder.join("tomcat"), arguments.sessions)?;
        rows(&mut table, "Tomcat's FileStore, one thread", &steps);
    }
    println!("{table}");
    // What was made here; a store that was named is its owner's.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// The store that a URL names.
fn open(url: &str) -> Result<Arc<dyn Store>> {
    match url.split_once(':') {
        Some(("file", folder)) => {
            let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
            ensure!(is_empty, "{folder} is not empty");
            Ok(Arc::new(FileStore::new(Path::new(folder))))
        }
        // The URL may hold a password.
        _ => bail!("there is no such store; known: file:DIR"),
    }
}

fn rows(table: &mut String, store: &str, steps: &[Step]) {
    for Step { name, sessions, wall, cpu } in steps {
        let (rate, cost) = (*sessions as f64 / wall.as_secs_f64(), cpu.as_secs_f64() * 1e6 / *sessions as f64);
        let _ = writeln!(table, "| {store} | {name} | {sessions} | {rate:.0} | {cost:.1} |");
    }
}

async fn measure(store: Arc<dyn Store>, arguments: &StoresArguments) -> Result<Vec<Step>> {
    store.init().await?;
    let sessions = arguments.sessions;
    let mut steps = Vec::new();
    for (name, counter) in [("save", 1), ("save again", 2)] {
        steps.push(
            step(name, sessions, each(&store, 0..sessions, move |store, number| save(store, number, counter))).await?,
        );
    }
    steps.push(step("load", sessions, each(&store, 0..sessions, load)).await?);
    each(&store, sessions..arguments.start, |store, number| save(store, number, 1)).await?;
    let there = arguments.start.max(sessions);
    steps.push(step("list at a start", there, list(&store, there)).await?);
    Ok(steps)
}

async fn step(name: &'static str, sessions: usize, work: impl Future<Output = Result<()>>) -> Result<Step> {
    let (begin, worked) = (Instant::now(), cpu::own_time()?);
    work.await?;
    Ok(Step { name, sessions, wall: begin.elapsed(), cpu: cpu::own_time()?.saturating_sub(worked) })
}

/// Does the same for all these sessions, a few at once.
async fn each<F: Future<Output = Result<()>> + Send + 'static>(
    store: &Arc<dyn Store>,
    numbers: std::ops::Range<usize>,
    work: impl Fn(Arc<dyn Store>, usize) -> F + Copy + Send + 'static,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let (store, numbers) = (Arc::clone(store), numbers.clone());
        tasks.spawn(async move {
            for number in numbers.skip(task).step_by(AT_ONCE) {
                work(Arc::clone(&store), number).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn save(store: Arc<dyn Store>, number: usize, counter: i32) -> Result<()> {
    let saved = store.save(&Save { record: record(number, counter)?, force: true }).await?;
    ensure!(matches!(saved, Saved::Kept(_)), "session {number}: {saved:?}");
    Ok(())
}

/// Loads a session as a node does: up to the cell that serves it.
async fn load(store: Arc<dyn Store>, number: usize) -> Result<()> {
    let record = store.load(&id(number)?).await?.with_context(|| format!("session {number} is not there"))?;
    let stored = StoredSession::decode(&record.data, &outlive_serial::Limits::default())?;
    let (cell, _) = SessionCell::from_stored(now(), stored)?;
    ensure!(cell.attribute("counter") == Some(&Value::integer(2)), "session {number} is another one");
    Ok(())
}

async fn list(store: &Arc<dyn Store>, wanted: usize) -> Result<()> {
    let (mut listed, mut last) = (0, None);
    loop {
        let heads = store.heads(last.as_ref(), PAGE).await?;
        listed += heads.len();
        if heads.len() < PAGE {
            break;
        }
        last = heads.last().map(|head| head.id.clone());
    }
    ensure!(listed == wanted, "{listed} of {wanted} sessions were listed");
    Ok(())
}

fn now() -> Now {
    Now { monotonic: Monotonic(Duration::from_secs(1 << 32)), wall: UnixMillis(1_700_000_000_000) }
}

/// Ids are spread like real ones, and the same in every run.
fn id(number: usize) -> Result<SessionId> {
    let random = fastrand::Rng::with_seed(number as u64).u128(..);
    Ok(SessionId::generate(random.to_be_bytes(), "node-a"))
}

fn record(number: usize, counter: i32) -> Result<SessionRecord> {
    let mut cell = SessionCell::create(now(), id(number)?, 1800);
    cell.set_attribute("text", Value::string(&"x".repeat(TEXT)))?;
    cell.set_attribute("counter", Value::integer(counter))?;
    let stored = cell.stored(now());
    let head = SessionHead {
        id: cell.id().clone(),
        is_valid: true,
        max_inactive_seconds: cell.max_inactive(),
        last_accessed: stored.state.last_accessed,
    };
    Ok(SessionRecord { head, data: stored.encode().into(), version: None })
}
