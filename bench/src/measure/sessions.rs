//! Many sessions: the memory that each takes on each node, and how a node that comes anew gets all of them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use outlive_interop::{Server, poll};
use serde_json::Value;

use super::{JOIN, JOIN_WRONG, RESIDENT_A, RESIDENT_A_USED, RESIDENT_B, RESIDENT_STORE, many};
use crate::between::Traffic;
use crate::load::{self, Jar};
use crate::record::Record;
use crate::system::Cluster;

/// Sessions that are made before memory is looked at first, so that what a program needs once is not counted.
const WARM: usize = 2_000;
/// Length of the random text in each session. Random, as Java may share equal texts.
const TEXT: usize = 100;
/// How long a node may take until it holds all sessions.
const JOIN_LIMIT: Duration = Duration::from_secs(120);
/// How long a node may take until it misses another one that is dead.
const LEAVE_LIMIT: Duration = Duration::from_secs(30);

/// `count` sessions of a text and a counter: what each takes, after they have been left alone for `rest`. Then, where the nodes hold
/// them themselves, B is killed, comes anew and takes them over; `empty_start` is what it needs for a start without sessions.
///
/// # Errors
/// A node does not do what it must, or takes too long. What is wrong on B is a figure.
pub(crate) fn measure(
    cluster: &mut Cluster<'_>,
    count: usize,
    rest: Duration,
    empty_start: Duration,
    record: &mut Record,
) -> Result<()> {
    make(cluster, WARM, 0)?;
    cluster.idle()?;
    let before = resident(cluster)?;
    let jar = make(cluster, count, WARM)?;
    let group = many(count);
    let used = cluster.a.process()?.resident_bytes()? as f64;
    // Before comes A first.
    record.put(&group, RESIDENT_A_USED, (used - before[0].1) / count as f64);
    poll::time_passes(Instant::now() + rest);
    cluster.idle()?;
    let after = resident(cluster)?;
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        record.put(&group, name, (after - before) / count as f64);
    }
    let shared = cluster.store.is_some();
    match &mut cluster.b {
        Some(b) if !shared => {
            let held = [cluster.a.health()?.sessions, b.health()?.sessions];
            ensure!(held.iter().all(|held| *held == (WARM + count) as u64), "sessions held by A and B: {held:?}");
            join(cluster.a.as_ref(), b.as_mut(), &jar, count, empty_start, record)
        }
        _ => Ok(()),
    }
}

fn make(cluster: &Cluster<'_>, count: usize, seed: usize) -> Result<Jar> {
    load::create(cluster.a.http(), count, |index| {
        let mut random = fastrand::Rng::with_seed((seed + index) as u64);
        let text: String = (0..TEXT).map(|_| random.lowercase()).collect();
        vec![format!("set?name=text&value={text}"), "counter".to_owned()]
    })
}

/// Resident bytes of each process, of A first.
fn resident(cluster: &Cluster<'_>) -> Result<Vec<(&'static str, f64)>> {
    let mut resident = vec![(RESIDENT_A, cluster.a.process()?.resident_bytes()? as f64)];
    match (&cluster.store, &cluster.b) {
        (Some(store), _) => resident.push((RESIDENT_STORE, store.resident_bytes()? as f64)),
        (None, Some(b)) => resident.push((RESIDENT_B, b.process()?.resident_bytes()? as f64)),
        (None, None) => {}
    }
    Ok(resident)
}

fn join(
    a: &dyn Server,
    b: &mut dyn Server,
    jar: &Jar,
    count: usize,
    empty_start: Duration,
    record: &mut Record,
) -> Result<()> {
    b.kill()?;
    poll::until_equal("A misses B", LEAVE_LIMIT, &0, || Ok(a.health()?.members))?;
    let all = a.health()?.sessions;
    let traffic = Traffic::of_port(a.spec().receiver_port)?;
    let whole = time_to_join(b, all)?;
    let bytes = Traffic::of_port(a.spec().receiver_port)?.since(&traffic);
    let net = whole.saturating_sub(empty_start);
    let group = many(count);
    record.put(&group, JOIN, whole.as_secs_f64() * 1e3);
    record.put(&group, "… less a start without sessions, ms", net.as_secs_f64() * 1e3);
    record.put(&group, "… sessions/s in that time", all as f64 / net.as_secs_f64().max(1e-3));
    record.put(&group, "bytes between the nodes a session", bytes as f64 / all as f64);
    let wrong = different(&load::each(a.http(), jar, "session")?, &load::each(b.http(), jar, "session")?)?;
    record.put(&group, JOIN_WRONG, wrong as f64);
    Ok(())
}

/// Starts a node and gives the time until it answers and says that it holds `sessions`. Asked each millisecond.
///
/// # Errors
/// It ends, or takes too long.
pub(crate) fn time_to_join(node: &mut dyn Server, sessions: u64) -> Result<Duration> {
    let start = Instant::now();
    node.launch()?;
    loop {
        if node.health().is_ok_and(|health| health.sessions >= sessions) {
            return Ok(start.elapsed());
        }
        node.still_runs()?;
        if start.elapsed() > JOIN_LIMIT {
            bail!("{} does not hold {sessions} sessions within {JOIN_LIMIT:?}", node.name());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How many sessions have other attributes on B than on A, or none.
fn different(on_a: &[Vec<u8>], on_b: &[Vec<u8>]) -> Result<usize> {
    ensure!(on_a.len() == on_b.len(), "{} answers of A, {} of B", on_a.len(), on_b.len());
    let attributes = |answer: &[u8]| -> Result<Value> {
        Ok(serde_json::from_slice::<Value>(answer)?.get("attributes").cloned().unwrap_or(Value::Null))
    };
    let mut different = 0;
    for (on_a, on_b) in on_a.iter().zip(on_b) {
        let on_a = attributes(on_a)?;
        let text = on_a.get("text").and_then(Value::as_str).context("a session on A without its text")?;
        ensure!(text.len() == TEXT && on_a["counter"] == 1, "a session on A with {on_a}");
        different += usize::from(attributes(on_b)? != on_a);
    }
    Ok(different)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_b_does_not_hold_is_wrong() {
        let text = "x".repeat(TEXT);
        let good = format!(r#"{{"id":"A","attributes":{{"counter":1,"text":"{text}"}}}}"#).into_bytes();
        let other = format!(r#"{{"id":"A","attributes":{{"counter":2,"text":"{text}"}}}}"#).into_bytes();
        let none = br#"{"id":null}"#.to_vec();
        let on_a = vec![good.clone(), good.clone(), good.clone()];
        assert_eq!(different(&on_a, &[good, other, none]).unwrap(), 2);
    }
}
