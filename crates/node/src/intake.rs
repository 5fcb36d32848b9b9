//! What hosts may make the receiver hold: connections, and bytes of frames that are not whole yet.
//!
//! A connection is a *member's* once a frame that has at least begun on it names a member as its sender, and the member's own
//! host is at its other end. All others are *strangers*: they share a small part of everything, and where something runs
//! out, the host that has most of it pays first. So a host that opens connections or begins frames without end takes room
//! from itself alone, and members are served whatever it does.
//!
//! Where nothing is signed, whoever sends a datagram is announced as a member. A member is *confirmed* when it has acknowledged a message;
//! the others have a part of the memory for themselves.
//!
//! ```
//! use outlive_node::{Intake, ReceiverLimits};
//!
//! let mut intake = Intake::new(ReceiverLimits { strangers_max: 2, ..ReceiverLimits::default() });
//! let host = [10, 0, 0, 9].into();
//! assert_eq!(intake.admit(host, |_| "first"), Ok(None));
//! assert_eq!(intake.admit(host, |_| "second"), Ok(None));
//! assert_eq!(intake.admit(host, |_| "third"), Ok(Some("first")));    // the oldest makes room: close it
//! ```
//!
//! That proves nothing about who is at the other end: who announces members and acknowledges what they are sent is one. Then the limits of
//! members hold.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// What hosts may make the receiver hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverLimits {
    /// Connections at most, in all: 1,024.
    pub connections_max: usize,
    /// Connections of one host at most: 256. A Tomcat opens up to 25 to each member.
    pub connections_per_host_max: usize,
    /// Connections of strangers at most, in all: 128. The oldest of the host that has most makes room for the next.
    pub strangers_max: usize,
    /// Bytes of one frame at most whose head names no member: 256 KiB. Little more could be kept aside until its sender is one.
    pub strangers_frame_max: usize,
    /// Bytes of frames that are not whole yet, of all strangers: 4 MiB. Past that, whoever holds most is closed. Their whole
    /// messages wait in 4 MiB, too; and what an allocator needs for many buffers that grow is several times as much.
    pub strangers_bytes_max: usize,
    /// The same of all members that have never acknowledged anything: 4 MiB. No frame of theirs may be longer.
    pub unconfirmed_bytes_max: usize,
    /// Bytes of frames that are not whole yet, of all other members: 128 MiB, two frames of the largest size. Past that, whoever
    /// holds most is closed, and its sender sends again. A state that was asked for does not count.
    pub unfinished_bytes_max: usize,
    /// How long a connection without a word may stand that comes from the host of no member and was never a member's: 10 s.
    pub stranger_patience: Duration,
    /// How long a frame may take to be whole, or to have [`frame_progress_min`](Self::frame_progress_min) bytes more: 30 s, and no
    /// longer than `stranger_patience` for strangers.
    pub frame_patience: Duration,
    /// Bytes that count as progress: 64 KiB.
    pub frame_progress_min: usize,
}

impl Default for ReceiverLimits {
    fn default() -> Self {
        ReceiverLimits {
            connections_max: 1024,
            connections_per_host_max: 256,
            strangers_max: 128,
            strangers_frame_max: 256 << 10,
            strangers_bytes_max: 4 << 20,
            unconfirmed_bytes_max: 4 << 20,
            unfinished_bytes_max: 128 << 20,
            stranger_patience: Duration::from_secs(10),
            frame_patience: Duration::from_secs(30),
            frame_progress_min: 64 << 10,
        }
    }
}

impl ReceiverLimits {
    /// How long a frame may go without progress.
    pub fn frame_time(&self, trust: Trust) -> Duration {
        match trust {
            Trust::Stranger => self.frame_patience.min(self.stranger_patience),
            Trust::Member | Trust::Confirmed => self.frame_patience,
        }
    }

    /// Bytes of frames that are not whole, of all connections of which so much is known.
    fn bytes_max(&self, trust: Trust) -> usize {
        match trust {
            Trust::Stranger => self.strangers_bytes_max,
            Trust::Member => self.unconfirmed_bytes_max,
            Trust::Confirmed => self.unfinished_bytes_max,
        }
    }
}

/// What is known of the other end of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Nothing.
    #[default]
    Stranger,
    /// It names a member, and comes from that member's host.
    Member,
    /// The same of a member that has acknowledged something.
    Confirmed,
}

/// Names one connection: a later one has a larger number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(u64);

/// There are too many connections, and none of them is worth less than this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many connections, all of them of members")]
pub struct TooManyConnections;

/// All connections of the receiver. `H`: what ends one.
#[derive(Debug)]
pub struct Intake<H> {
    limits: ReceiverLimits,
    connections: BTreeMap<ConnectionId, Connection<H>>,
    opened: u64,
    /// Bytes of frames that are not whole, by what is known of their connections.
    bytes: [usize; 3],
}

#[derive(Debug)]
struct Connection<H> {
    host: IpAddr,
    trust: Trust,
    /// Bytes of a frame that is not whole.
    held: usize,
    handle: H,
}

impl<H> Intake<H> {
    /// No connection yet.
    pub fn new(limits: ReceiverLimits) -> Self {
        Intake { limits, connections: BTreeMap::new(), opened: 0, bytes: [0; 3] }
    }

    /// The limits.
    pub fn limits(&self) -> &ReceiverLimits {
        &self.limits
    }

    /// A connection from `host` was accepted: `open` begins to serve it. Gives the one to be closed in its place.
    ///
    /// # Errors
    /// [`TooManyConnections`]: close the new one. Nothing has changed, and `open` was not called.
    pub fn admit(
        &mut self,
        host: IpAddr,
        open: impl FnOnce(ConnectionId) -> H,
    ) -> Result<Option<H>, TooManyConnections> {
        let host = host.to_canonical();
        let of_host = self.connections.values().filter(|connection| connection.host == host).count();
        let strangers = self.connections.values().filter(|connection| connection.trust == Trust::Stranger).count();
        let in_place_of = if of_host >= self.limits.connections_per_host_max {
            Some(self.oldest_stranger_of(host))
        } else if strangers >= self.limits.strangers_max || self.connections.len() >= self.limits.connections_max {
            Some(self.crowd().and_then(|host| self.oldest_stranger_of(host)))
        } else {
            None
        };
        let closed = match in_place_of {
            Some(None) => return Err(TooManyConnections),
            Some(Some(id)) => self.remove(id),
            None => None,
        };
        self.opened += 1;
        let id = ConnectionId(self.opened);
        self.connections.insert(id, Connection { host, trust: Trust::Stranger, held: 0, handle: open(id) });
        Ok(closed)
    }

    /// More is known of it, as it turns out. What is known is never forgotten.
    pub fn trust(&mut self, id: ConnectionId, trust: Trust) {
        if let Some(connection) = self.connections.get_mut(&id)
            && trust > connection.trust
        {
            self.bytes[connection.trust as usize] -= connection.held;
            self.bytes[trust as usize] += connection.held;
            connection.trust = trust;
        }
    }

    /// It has set aside so many bytes for a frame that is not whole. Gives the one to be closed for that, maybe itself.
    pub fn hold(&mut self, id: ConnectionId, bytes: usize) -> Option<H> {
        let connection = self.connections.get_mut(&id)?;
        let (trust, before) = (connection.trust, core::mem::replace(&mut connection.held, bytes));
        let sum = &mut self.bytes[trust as usize];
        *sum = *sum - before + bytes;
        if bytes <= before || *sum <= self.limits.bytes_max(trust) {
            return None;
        }
        let largest = self.largest(trust)?;
        self.remove(largest)
    }

    /// It is closed.
    pub fn release(&mut self, id: ConnectionId) {
        self.remove(id);
    }

    fn remove(&mut self, id: ConnectionId) -> Option<H> {
        let Connection { trust, held, handle, .. } = self.connections.remove(&id)?;
        self.bytes[trust as usize] -= held;
        Some(handle)
    }

    /// The host that has most strangers.
    fn crowd(&self) -> Option<IpAddr> {
        let strangers = self.connections.values().filter(|connection| connection.trust == Trust::Stranger);
        most(strangers.map(|connection| (connection.host, 1)))
    }

    fn oldest_stranger_of(&self, host: IpAddr) -> Option<ConnectionId> {
        let is_one = |connection: &Connection<H>| connection.trust == Trust::Stranger && connection.host == host;
        self.connections.iter().find(|(_, connection)| is_one(connection)).map(|(id, _)| *id)
    }

    /// What holds most bytes, of the host that holds most, among those of which as much is known.
    fn largest(&self, trust: Trust) -> Option<ConnectionId> {
        let connections = || self.connections.iter().filter(|(_, connection)| connection.trust == trust);
        let host = most(connections().map(|(_, connection)| (connection.host, connection.held)))?;
        let of_host = connections().filter(|(_, connection)| connection.host == host);
        of_host.max_by_key(|(_, connection)| connection.held).map(|(id, _)| *id)
    }
}

/// The host with the largest sum.
fn most(shares: impl Iterator<Item = (IpAddr, usize)>) -> Option<IpAddr> {
    let mut sums = BTreeMap::<IpAddr, usize>::new();
    shares.for_each(|(host, share)| *sums.entry(host).or_default() += share);
    sums.into_iter().max_by_key(|(_, sum)| *sum).map(|(host, _)| host)
}

#[cfg(test)]
mod tests;
