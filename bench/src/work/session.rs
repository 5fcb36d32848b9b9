//! Sessions alone: what a request that sets one number says, what that does elsewhere, and whole sessions in a block.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use outlive_serial::{Limits, Value};
use outlive_session::{
    DeltaRequest, Origin, Outgoing, SessionCell, SessionId, SessionMessage, SessionState, StateReader, StateWriter,
    Writer,
};

use super::{CONTEXT, NOW};

/// Sessions in a block.
const BLOCK: u8 = 250;
/// Blocks' worth of ids, so that a state has 1,000 sessions.
const BLOCKS: u8 = 4;
/// Who writes.
const WRITER: Writer = Writer(7);
/// Idle time.
const MAX_INACTIVE: i32 = 1800;

fn session(number: u8, block: u8) -> SessionCell {
    let mut random = [number; 16];
    random[0] = block;
    SessionCell::create(NOW, SessionId::generate(random, "node-a"), MAX_INACTIVE)
}

/// A request that sets the counter, as its message.
fn write(session: &mut SessionCell, counter: i32) -> Result<Outgoing> {
    session.access(NOW);
    session.set_attribute("counter", Value::integer(counter))?;
    session.complete(NOW, CONTEXT, WRITER, true).pop().context("a write that says nothing")
}

pub(super) fn encode(times: u64) -> Result<()> {
    let mut session = session(1, 1);
    write(&mut session, 0)?;
    for counter in 1..=times {
        black_box(write(&mut session, i32::try_from(counter)?)?);
    }
    Ok(())
}

pub(super) fn decode_and_apply(times: u64) -> Result<()> {
    let mut here = session(1, 1);
    let message = write(&mut here, 1)?.body;
    let message = write(&mut here, 2).map(|second| second.body).unwrap_or(message);
    let limits = Limits::default();
    let mut there = SessionCell::created_elsewhere(NOW, here.id().clone(), NOW.wall, MAX_INACTIVE);
    for time in 1..=times {
        let message = SessionMessage::decode(black_box(&message), &limits)?;
        let delta = DeltaRequest::decode(message.payload.as_deref().context("no payload")?, &limits)?;
        // Each time is later than the last one, or it would not be applied.
        let origin = Origin { writer: WRITER, stated: NOW.wall.0 + i64::try_from(time)?, hybrid: true };
        let applied = there.apply(NOW, delta, origin);
        ensure!(applied.stale == 0 && applied.unreadable.is_empty(), "not applied: {applied:?}");
    }
    ensure!(there.attribute("counter") == Some(&Value::integer(2)), "the counter did not arrive");
    Ok(())
}

/// 1,000 sessions, each with a text of 100 letters and a counter.
fn sessions() -> Result<Vec<SessionCell>> {
    let text = Value::string(&"x".repeat(100));
    let mut sessions = Vec::new();
    for (block, number) in (0..BLOCKS).flat_map(|block| (0..BLOCK).map(move |number| (block, number))) {
        let mut session = session(number, block);
        session.set_attribute("text", text.clone())?;
        write(&mut session, i32::from(number))?;
        sessions.push(session);
    }
    Ok(sessions)
}

fn state(sessions: &[SessionCell]) -> Vec<u8> {
    let states: Vec<SessionState> = sessions.iter().map(|session| session.to_state(NOW, false)).collect();
    let mut writer = StateWriter::new(states.len());
    states.iter().for_each(|state| writer.push(state));
    writer.finish()
}

pub(super) fn encode_state(times: u64) -> Result<()> {
    let sessions = sessions()?;
    for _ in 0..times {
        black_box(state(black_box(&sessions)));
    }
    Ok(())
}

pub(super) fn decode_state(times: u64) -> Result<()> {
    let sessions = sessions()?;
    let payload = state(&sessions);
    let limits = Limits::default();
    let origin = Origin { writer: WRITER, stated: NOW.wall.0, hybrid: true };
    for _ in 0..times {
        let mut decoded = 0;
        for state in StateReader::new(black_box(&payload), &limits)? {
            let state = state?;
            let id = SessionId::parse(&state.id)?;
            black_box(SessionCell::from_state(NOW, id, state, None, origin, std::time::Duration::ZERO));
            decoded += 1;
        }
        ensure!(decoded == sessions.len(), "{decoded} of {} sessions", sessions.len());
    }
    Ok(())
}
