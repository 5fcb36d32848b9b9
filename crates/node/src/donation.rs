//! Giving the state to a node that joins.
//!
//! The sessions are listed when the question comes, and encoded block by block when the lane has room, so a transfer
//! never holds more than one block in memory beside the sessions themselves. A session written meanwhile is in its
//! block in the newer form; its delta follows on the same lane and changes nothing more.

use std::sync::Arc;

use bytes::Bytes;
use outlive_session::{
    SessionCell, SessionEvent, SessionMessage, SessionState, StateStamps, StateWriter, TrailerWriter,
};
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::time::{Now, UnixMillis};

use crate::cell::Cell;
use crate::context::Context;
use crate::letter::Letter;

/// Bytes of values in one block, about: one session more than this, never two.
const BLOCK_BYTES: usize = 1 << 20;

/// The sessions of one context on their way to one peer.
#[derive(Debug)]
pub struct Donation {
    context: Arc<str>,
    id: UniqueId,
    now: Now,
    at: UnixMillis,
    for_tomcat: bool,
    cells: std::vec::IntoIter<Arc<Cell>>,
    /// Sessions in one block at most.
    block_sessions: usize,
    /// Bytes of the list as it was made.
    weight: usize,
    blocks: usize,
}

impl Context {
    /// Sessions of this context on their way to a peer, as of the moment `at`.
    pub(crate) fn donation(&self, now: Now, at: UnixMillis, for_tomcat: bool, cells: Vec<Arc<Cell>>) -> Donation {
        Donation {
            context: Arc::clone(&self.name),
            id: self.dispatch.next_id(),
            now,
            at,
            for_tomcat,
            block_sessions: self.config().state_block_sessions.max(1),
            weight: cells.len() * size_of::<Arc<Cell>>(),
            cells: cells.into_iter(),
            blocks: 0,
        }
    }
}

impl Donation {
    /// Bytes that it takes in memory beside the sessions themselves; the same from its beginning to its end.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// The next block; there is at least one, even of no session.
    pub fn next_block(&mut self) -> Option<Letter> {
        let mut states = Vec::new();
        let mut trailer = TrailerWriter::default();
        let mut bytes = 0;
        while states.len() < self.block_sessions && bytes < BLOCK_BYTES {
            let Some(cell) = self.cells.next() else { break };
            let cell = cell.lock();
            let session = cell.look();
            if wants(&session) {
                let state = session.to_state(self.now, self.for_tomcat);
                if !self.for_tomcat {
                    trailer.push(&StateStamps::of(&session));
                }
                bytes += weight(&state);
                states.push(state);
            }
        }
        if states.is_empty() && self.blocks > 0 {
            return None;
        }
        self.blocks += 1;
        let mut writer = StateWriter::new(states.len());
        states.iter().for_each(|state| writer.push(state));
        let message = SessionMessage::of_context(SessionEvent::AllData, &self.context, self.at);
        let message = message.with_payload(writer.finish()).encode();
        let body = if self.for_tomcat { message } else { Bytes::from([&message[..], &trailer.finish()].concat()) };
        Some(Letter::object(self.id, self.at, body))
    }
}

/// A session that no peer was told of yet goes out with its request, in a view that has the newcomer.
fn wants(session: &SessionCell) -> bool {
    session.is_announced() && !session.has_ended()
}

fn weight(state: &SessionState) -> usize {
    state.attributes.iter().map(|(name, value)| name.len() + value.byte_len()).sum()
}
