//! What every database must keep its promises through, whichever it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use outlive_interop::database::{Database, PASSWORD};
use outlive_interop::poll;
use outlive_session::SessionId;
use outlive_store::{Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault};
use outlive_tribes_proto::time::UnixMillis;
use tokio::runtime::{Builder, Runtime};

/// How a test waits for what the database does.
const LIMIT: Duration = Duration::from_secs(60);
/// What is answered to each writer before the server is killed.
const ACKNOWLEDGED_MIN: i64 = 25;
/// Tasks that write at once.
const WRITERS: usize = 4;

/// Makes a store of an application, in a pool of its own.
pub(crate) type Open<'a> = &'a (dyn Fn(&str) -> Result<Arc<dyn Store>> + Sync);

pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

pub(crate) fn id(text: &str) -> Result<SessionId> {
    Ok(SessionId::parse(text)?)
}

/// A session whose bytes say how often it was saved.
pub(crate) fn save(id: &SessionId, number: i64) -> Save {
    let head =
        SessionHead { id: id.clone(), is_valid: true, max_inactive_seconds: 1800, last_accessed: UnixMillis(number) };
    let data = Bytes::from(format!("saved {number} times, {}", "x".repeat(2000)));
    Save { record: SessionRecord { head, data, version: None }, force: true }
}

/// Waits until a server that was started takes sessions.
pub(crate) fn ready(runtime: &Runtime, store: &dyn Store) -> Result<()> {
    poll::until("the store can be used", LIMIT, || Ok(runtime.block_on(store.init())?))
}

/// The server is killed in the middle of writes. What it has acknowledged is there when it is back, and all else is whole.
pub(crate) fn nothing_acknowledged_is_lost(database: &mut dyn Database, open: Open<'_>) -> Result<()> {
    let runtime = runtime()?;
    let app = "/Catalina/localhost/killed";
    ready(&runtime, &*open(app)?)?;
    let acknowledged: Arc<[AtomicI64; WRITERS]> = Arc::default();
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (store, acknowledged, id) = (open(app)?, acknowledged.clone(), id(&format!("W{writer}.n{writer}"))?);
        writers.push(runtime.spawn(async move {
            for number in 1.. {
                match store.save(&save(&id, number)).await {
                    Ok(Saved::Kept(_)) => acknowledged[writer].store(number, Ordering::SeqCst),
                    Ok(other) => anyhow::bail!("{other:?}"),
                    Err(error) => return Ok(error),
                }
            }
            unreachable!("there are more numbers than a test has time for")
        }));
    }
    let least = || acknowledged.iter().map(|number| number.load(Ordering::SeqCst)).min().unwrap_or_default();
    poll::until("writes", LIMIT, || {
        ensure!(least() >= ACKNOWLEDGED_MIN, "{} writes", least());
        Ok(())
    })?;
    database.kill()?;
    for writer in writers {
        told(&runtime.block_on(writer)??, StoreFault::Unavailable)?;
    }
    database.start()?;
    let store = open(app)?;
    ready(&runtime, &*store)?;
    for (writer, acknowledged) in acknowledged.iter().enumerate() {
        let loaded = runtime.block_on(store.load(&id(&format!("W{writer}"))?))?.context("a session is gone")?;
        let (kept, acknowledged) = (loaded.head.last_accessed.0, acknowledged.load(Ordering::SeqCst));
        // One more may have been written, whose answer was lost.
        ensure!((acknowledged..=acknowledged + 1).contains(&kept), "{kept} is kept, {acknowledged} was acknowledged");
        ensure!(loaded.data == save(&loaded.head.id, kept).record.data, "a session is not whole");
        println!("    writer {writer}: {acknowledged} acknowledged, {kept} kept");
    }
    Ok(())
}

/// A server that hangs costs each operation its limit and no more, and the same store works when the server does.
pub(crate) fn a_server_that_hangs_is_told(database: &dyn Database, open: Open<'_>) -> Result<()> {
    let runtime = runtime()?;
    let store = open("/Catalina/localhost/paused")?;
    ready(&runtime, &*store)?;
    let id = id("P.n1")?;
    runtime.block_on(store.save(&save(&id, 1)))?;
    database.pause()?;
    // Twice: on a connection that was good, and on a new one.
    for _ in 0..2 {
        let failed = runtime.block_on(store.save(&save(&id, 2))).err().context("a stopped server has saved")?;
        told(&failed, StoreFault::Unavailable)?;
    }
    database.resume()?;
    poll::until("the store works again", LIMIT, || {
        ensure!(matches!(runtime.block_on(store.save(&save(&id, 3)))?, Saved::Kept(_)), "not kept");
        Ok(())
    })?;
    let loaded = runtime.block_on(store.load(&id))?.context("the session is gone")?;
    ensure!(loaded.head.last_accessed.0 == 3, "{:?}", loaded.head);
    Ok(())
}

/// A fault is of its kind, in a sentence that is safe to log.
pub(crate) fn told(error: &StoreError, fault: StoreFault) -> Result<()> {
    let text = format!("{error} {error:?}");
    println!("    {fault:?}: {error}");
    ensure!(error.fault() == fault, "{:?}, not {fault:?}: {error}", error.fault());
    ensure!(!text.contains(PASSWORD) && !text.contains("k4tz3n"), "the password is told: {error}");
    ensure!(!error.to_string().contains(".n1"), "a whole id is told: {error}");
    Ok(())
}

/// A store that cannot be used says so.
pub(crate) fn refused(runtime: &Runtime, store: &dyn Store, fault: StoreFault) -> Result<String> {
    let error = runtime.block_on(store.check()).err().context("a store that cannot be used was found good")?;
    told(&error, fault)?;
    Ok(error.to_string())
}
