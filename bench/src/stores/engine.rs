//! A store driven from this process as a node drives it: eight operations at once.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use outlive_serial::Value;
use outlive_session::{SessionCell, SessionId, StoredSession};
use outlive_store::{Save, Saved, SessionHead, SessionRecord, Store};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use tokio::task::JoinSet;

use super::place::Place;
use super::runtime;
use super::step::Step;

/// Operations at once.
pub(super) const AT_ONCE: usize = 8;

/// Heads that are asked for at once, as a node does at its start.
const PAGE: usize = 10_000;

/// Bytes of text in a session, beside a counter.
pub(super) const TEXT: usize = 100;

/// Saves, saves again, loads, and lists.
///
/// # Errors
/// The store fails, or a session is lost or another one.
pub(super) fn measure(place: &mut Place<'_>, sessions: usize) -> Result<Vec<Step>> {
    let runtime = runtime()?;
    let _within = runtime.enter();
    let store = place.open()?;
    runtime.block_on(store.init())?;
    let saves = |counter| each(&store, 0..sessions, move |store, number| save(store, number, counter));
    Ok(vec![
        Step::of("save", place, sessions, || runtime.block_on(saves(1)))?,
        Step::of("save again", place, sessions, || runtime.block_on(saves(2)))?,
        Step::of("load", place, sessions, || runtime.block_on(each(&store, 0..sessions, load)))?,
        Step::of("list", place, sessions, || runtime.block_on(list(&store, sessions)))?,
    ])
}

/// Saves more, until there are so many.
///
/// # Errors
/// The store fails.
pub(super) fn fill(place: &Place<'_>, from: usize, to: usize) -> Result<()> {
    let runtime = runtime()?;
    let _within = runtime.enter();
    let store = place.open()?;
    runtime.block_on(each(&store, from..to, |store, number| save(store, number, 1)))
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
    let (cell, _) = SessionCell::from_stored(now()?, stored)?;
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

fn now() -> Result<Now> {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Now { monotonic: Monotonic(Duration::from_secs(1 << 32)), wall: UnixMillis(wall.as_millis().try_into()?) })
}

/// Ids are spread like real ones, and the same in every run.
pub(super) fn id(number: usize) -> Result<SessionId> {
    let random = fastrand::Rng::with_seed(number as u64).u128(..);
    Ok(SessionId::generate(random.to_be_bytes(), "node-a"))
}

/// A session as a store keeps it.
///
/// # Errors
/// The clock is before 1970.
pub(super) fn stored(number: usize, counter: i32) -> Result<StoredSession> {
    // Idle for a day at most, so that none ends within the run.
    let mut cell = SessionCell::create(now()?, id(number)?, 24 * 3600);
    cell.set_attribute("text", Value::string(&"x".repeat(TEXT)))?;
    cell.set_attribute("counter", Value::integer(counter))?;
    Ok(cell.stored(now()?))
}

fn record(number: usize, counter: i32) -> Result<SessionRecord> {
    let stored = stored(number, counter)?;
    let head = SessionHead {
        id: id(number)?,
        is_valid: true,
        max_inactive_seconds: stored.state.max_inactive,
        last_accessed: stored.state.last_accessed,
    };
    Ok(SessionRecord { head, data: stored.encode().into(), version: None })
}
