//! Whole nodes, from a request's session id to what the other node made of it.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use outlive_node::Delivery;
use outlive_serial::Value;

use super::pair::Pair;

/// Sessions that the requests go round.
const SESSIONS: u8 = 50;

fn pair_with_sessions() -> Result<(Pair, Vec<String>)> {
    let mut pair = Pair::new()?;
    let sessions = (0..SESSIONS).map(|number| pair.session([number; 16])).collect::<Result<_>>()?;
    Ok((pair, sessions))
}

/// Finding a session, reading from it, and finding that there is nothing to tell.
pub(super) fn read(times: u64) -> Result<()> {
    let (pair, sessions) = pair_with_sessions()?;
    let context = &pair.sides[0].context;
    for id in sessions.iter().cycle().take(usize::try_from(times)?) {
        let session = context.find(pair.now, id).context("A does not know its session")?;
        context.take_over(pair.now, &session, id);
        black_box(session.get("counter"));
        ensure!(matches!(context.complete(pair.now, &session), Delivery::Nothing), "a read has told something");
    }
    Ok(())
}

/// A write on A, up to the bytes for B's connection.
pub(super) fn write(times: u64) -> Result<()> {
    let (mut pair, sessions) = pair_with_sessions()?;
    for (counter, id) in (1..).zip(sessions.iter().cycle().take(usize::try_from(times)?)) {
        pair.write_on_a(id, counter)?;
        black_box(pair.take(0)?.context("a write that says nothing")?);
    }
    Ok(())
}

/// The same, and what B does with those bytes.
pub(super) fn write_and_receive(times: u64) -> Result<()> {
    let (mut pair, sessions) = pair_with_sessions()?;
    let mut last = None;
    for (counter, id) in (1..).zip(sessions.iter().cycle().take(usize::try_from(times)?)) {
        pair.write_on_a(id, counter)?;
        ensure!(pair.deliver(0)?, "a write that says nothing");
        last = Some((counter, id));
    }
    let (counter, id) = last.context("no time at all")?;
    let there = pair.sides[1].context.find(pair.now, id).context("B does not know the session")?;
    ensure!(there.get("counter") == Some(Value::integer(counter)), "B has {:?}", there.get("counter"));
    Ok(())
}
