//! What a request costs: processor time of each node, bytes between them, latency, and whether B is right afterwards.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use outlive_interop::poll;
use serde_json::Value;

use super::{BYTES, COST, COST_A, COST_B, COST_STORE, HEALTH, READ, WRITE, WRONG};
use crate::cpu;
use crate::load::{self, Jar, Run};
use crate::record::Record;
use crate::system::{Cluster, Used};

/// How many sessions the load goes round.
const SESSIONS: usize = 1_000;
/// A run during which something else used more processors than this is made again.
const OTHERS_MOST: f64 = 0.3;
/// How often.
const TRIES: usize = 3;
/// One run of load to warm up.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long the machine is watched to see whether it is quiet.
const WATCH: Duration = Duration::from_millis(300);

/// How the load is applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Method {
    /// Length of one run of load.
    pub(crate) time: Duration,
    /// How long to wait for a quiet machine before a run; zero: never, and a run that was disturbed is not made again.
    pub(crate) patience: Duration,
    /// How long many sessions are left alone before their memory is looked at.
    pub(crate) rest: Duration,
}

/// One run of load, and what it took.
struct Loaded {
    run: Run,
    used: Used,
    bytes: u64,
    others: f64,
}

/// Requests until the system has seen as many as it needs to be warm.
///
/// # Errors
/// A request fails.
pub(crate) fn warm_up(cluster: &Cluster<'_>, requests: usize, with_sessions: bool) -> Result<()> {
    let (jar, path) = if with_sessions { (sessions(cluster)?, "counter") } else { (Jar::empty(), "health") };
    let mut warm = 0;
    while warm < requests {
        warm += load::run(cluster.a.http(), &jar, path, WARM_UP)?.requests();
    }
    Ok(())
}

/// A new session for each user.
fn sessions(cluster: &Cluster<'_>) -> Result<Jar> {
    load::create(cluster.a.http(), SESSIONS, |_| vec!["counter".to_owned()])
}

/// Asks for `/app/health`, which touches no session.
///
/// # Errors
/// A request fails.
pub(crate) fn health(cluster: &Cluster<'_>, method: Method, record: &mut Record) -> Result<()> {
    let loaded = quietest(method, || loaded(cluster, &Jar::empty(), "health", method.time))?;
    record_load(&loaded, HEALTH, false, record);
    Ok(())
}

/// Writes one attribute a request (`/app/counter`), then compares every session on both nodes with what the clients were told.
///
/// # Errors
/// A request fails, or a session on A is not what its clients were told. What is wrong on B is a figure.
pub(crate) fn write(cluster: &Cluster<'_>, method: Method, record: &mut Record) -> Result<()> {
    let mut wrong_on_b = 0;
    let best = quietest(method, || {
        let jar = sessions(cluster)?;
        let loaded = loaded(cluster, &jar, "counter", method.time)?;
        // The request that made the session counted, too.
        let expected: Vec<u32> = loaded.run.answers.iter().map(|count| count + 1).collect();
        let on_a = wrong(&load::each(cluster.a.http(), &jar, "read")?, &expected)?;
        ensure!(on_a == 0, "{on_a} sessions on A have not what its clients were told");
        if let Some(b) = &cluster.b {
            wrong_on_b += wrong(&load::each(b.http(), &jar, "read")?, &expected)?;
        }
        Ok(loaded)
    })?;
    record_load(&best, WRITE, true, record);
    if cluster.b.is_some() {
        record.put(WRITE, WRONG, wrong_on_b as f64);
    }
    Ok(())
}

/// Reads one attribute a request (`/app/read`).
///
/// # Errors
/// A request fails.
pub(crate) fn read(cluster: &Cluster<'_>, method: Method, record: &mut Record) -> Result<()> {
    let jar = sessions(cluster)?;
    let best = quietest(method, || loaded(cluster, &jar, "read", method.time))?;
    record_load(&best, READ, true, record);
    Ok(())
}

/// Load for `time`, and what the nodes used for it until they were idle again.
fn loaded(cluster: &Cluster<'_>, jar: &Jar, path: &str, time: Duration) -> Result<Loaded> {
    let before = cluster.idle()?;
    let (bytes, machine, own, start) = (cluster.traffic()?, cpu::machine_seconds()?, cpu::own_time()?, Instant::now());
    let run = load::run(cluster.a.http(), jar, path, time)?;
    let (ours, own) = (cluster.used()?.since(before).all(), cpu::own_time()? - own);
    let others = cpu::machine_seconds()? - machine - (ours + own).as_secs_f64();
    let others = (others / start.elapsed().as_secs_f64()).max(0.0);
    let used = cluster.idle()?.since(before);
    Ok(Loaded { bytes: cluster.traffic()?.since(&bytes), run, used, others })
}

/// The first run that had the machine to itself, or the quietest of a few.
fn quietest(method: Method, mut run: impl FnMut() -> Result<Loaded>) -> Result<Loaded> {
    let tries = if method.patience.is_zero() { 1 } else { TRIES };
    wait_until_quiet(method.patience)?;
    let mut best = run()?;
    for _ in 1..tries {
        if best.others <= OTHERS_MOST {
            break;
        }
        wait_until_quiet(method.patience)?;
        let next = run()?;
        if next.others < best.others {
            best = next;
        }
    }
    Ok(best)
}

/// Waits until the machine has little to do, or the patience ends: then what is measured tells how much was not ours.
fn wait_until_quiet(patience: Duration) -> Result<()> {
    if patience.is_zero() {
        return Ok(());
    }
    let quiet = poll::until("a quiet machine", patience, || {
        let before = cpu::machine_seconds()?;
        std::thread::sleep(WATCH);
        let busy = (cpu::machine_seconds()? - before) / WATCH.as_secs_f64();
        ensure!(busy <= OTHERS_MOST, "{busy:.1} processors are busy");
        Ok(())
    });
    if let Err(still_busy) = quiet {
        eprintln!("    {still_busy:#}");
    }
    Ok(())
}

fn record_load(loaded: &Loaded, group: &str, with_peer: bool, record: &mut Record) {
    let requests = loaded.run.requests() as f64;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    record.put(group, COST, micros(loaded.used.all()) / requests);
    if with_peer {
        record.put(group, COST_A, micros(loaded.used.a) / requests);
        for (name, used) in [(COST_B, loaded.used.b), (COST_STORE, loaded.used.store)] {
            if let Some(used) = used {
                record.put(group, name, micros(used) / requests);
            }
        }
        record.put(group, BYTES, loaded.bytes as f64 / requests);
    }
    record.put(group, "requests/s", requests / loaded.run.time.as_secs_f64());
    record.put(group, "p50 µs", micros(loaded.run.latency(0.50)));
    record.put(group, "p99 µs", micros(loaded.run.latency(0.99)));
    record.put(group, "processors that others used meanwhile", loaded.others);
}

/// How many answers of `/app/read` are not what was expected.
fn wrong(answers: &[Vec<u8>], expected: &[u32]) -> Result<usize> {
    ensure!(answers.len() == expected.len(), "{} answers for {} sessions", answers.len(), expected.len());
    let mut wrong = 0;
    for (answer, expected) in answers.iter().zip(expected) {
        let answer: Value = serde_json::from_slice(answer)?;
        wrong += usize::from(answer["counter"] != *expected);
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_session_is_wrong_too() {
        let answers = [&br#"{"counter":3}"#[..], br#"{"counter":2}"#, br#"{"counter":null}"#].map(<[u8]>::to_vec);
        assert_eq!(wrong(&answers, &[3, 3, 3]).unwrap(), 2);
    }
}
