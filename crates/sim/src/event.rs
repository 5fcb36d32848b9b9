//! What happens next, in the order in which it happens.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use bytes::Bytes;
use outlive_tribes_proto::MemberId;

use crate::clock::Instant;
use crate::faults::Fault;
use crate::network::{ConnectionId, End};

/// A machine, by its number from 0.
pub type HostId = usize;

/// One start of the program on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId {
    /// Where it runs.
    pub host: HostId,
    /// The how many-th start it is, over all hosts.
    pub start: u32,
}

/// What empties the lane of one peer, numbered within its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SenderId(pub u32);

/// A browser, by its number from 0.
pub type ClientId = usize;

/// Something that happens at a moment.
#[derive(Debug)]
pub enum Event {
    /// A process gets to run one of its tasks. Waits while the process is paused; is nothing once it is gone.
    Task(ProcessId, Task),
    /// The first packet of a connection reaches the other host.
    Syn(ConnectionId),
    /// The first packet of a probe's connection reaches the other host.
    ProbeSyn(ProbeCall),
    /// A client asks for a page.
    Ask(ClientId),
    /// A fault begins, if it can now, or is tried again.
    Fault(Fault),
    /// A paused host goes on.
    Resume(HostId),
    /// A new process begins on a host that has none.
    Start(HostId),
    /// A one-way cut is mended.
    Heal(HostId, HostId),
}

/// A probe on its way.
#[derive(Debug)]
pub struct ProbeCall {
    /// Who probes.
    pub from: ProcessId,
    /// Whom.
    pub member: MemberId,
    /// What it writes.
    pub frame: Bytes,
    /// When it gives up.
    pub until: Instant,
}

/// What one of a process's tasks is woken for.
#[derive(Debug)]
pub enum Task {
    /// The node's deadline.
    Deadline,
    /// The driver performs what the node asked for.
    Effects,
    /// A datagram of the group.
    Datagram {
        /// Its sender.
        from: HostId,
        /// The whole of it.
        bytes: Bytes,
    },
    /// Bytes, or the end, lie ready on a connection.
    Readable(ConnectionId, End),
    /// A connection that this process asked for stands (`true`) or was refused.
    Connected(SenderId, ConnectionId, bool),
    /// A sender looks at its lane and its connection.
    Pump(SenderId),
    /// A sender's time limit.
    Timer(SenderId),
    /// A probe has ended.
    ProbeEnd {
        /// Who was probed.
        member: MemberId,
        /// Whether it could be connected to.
        alive: bool,
    },
    /// Another node's probe was written to a connection of its own.
    ProbeFrame {
        /// Its sender.
        from: HostId,
        /// The frame.
        frame: Bytes,
    },
    /// A request of this client comes in, or its next step.
    Request(ClientId),
    /// A request has waited long enough for its peers.
    WaitedEnough(ClientId, u32),
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    number: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// All that is going to happen. What falls on one microsecond happens in the order in which it was put in.
#[derive(Debug, Default)]
pub struct Agenda {
    entries: BinaryHeap<Reverse<Entry>>,
    count: u64,
}

impl Agenda {
    /// Puts `event` in.
    pub fn put(&mut self, at: Instant, event: Event) {
        self.count += 1;
        self.entries.push(Reverse(Entry { at, number: self.count, event }));
    }

    /// Takes the next event out, if it happens before `end`.
    pub fn next(&mut self, end: Instant) -> Option<(Instant, Event)> {
        let first = self.entries.peek_mut()?;
        if first.0.at >= end {
            return None;
        }
        let Reverse(entry) = PeekMut::pop(first);
        Some((entry.at, entry.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_at_one_moment_keeps_its_order() {
        let mut agenda = Agenda::default();
        for (at, client) in [(5, 0), (3, 1), (5, 2), (9, 3)] {
            agenda.put(Instant(at), Event::Ask(client));
        }
        let order: Vec<_> = std::iter::from_fn(|| agenda.next(Instant(9)))
            .map(|(at, event)| match event {
                Event::Ask(client) => (at.0, client),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(order, [(3, 1), (5, 0), (5, 2)]);
    }
}
