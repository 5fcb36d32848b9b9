//! What hosts may make the receiver hold: connections, and bytes of frames that are not whole yet.
//!
//! A connection is *proven* once a frame that has at least begun on it names a member as its sender, and the member's own
//! host is at its other end. All others are *strangers*: they share a small part of everything, and where something runs
//! out, the host that has most of it pays first. So a host that opens connections or begins frames without end takes room
//! from itself alone, and members are served whatever it does.
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
//! It proves nothing about who is at the other end: whoever can announce a member can be taken for one. Then the limits
//! of members hold.

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
    /// Bytes of frames that are not whole yet, of all members: 128 MiB, two frames of the largest size. Past that, whoever
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
            unfinished_bytes_max: 128 << 20,
            stranger_patience: Duration::from_secs(10),
            frame_patience: Duration::from_secs(30),
            frame_progress_min: 64 << 10,
        }
    }
}

impl ReceiverLimits {
    /// How long a frame may go without progress.
    pub fn frame_time(&self, proven: bool) -> Duration {
        if proven { self.frame_patience } else { self.frame_patience.min(self.stranger_patience) }
    }
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
    strangers_bytes: usize,
    proven_bytes: usize,
}

#[derive(Debug)]
struct Connection<H> {
    host: IpAddr,
    proven: bool,
    /// Bytes of a frame that is not whole.
    held: usize,
    handle: H,
}

impl<H> Intake<H> {
    /// No connection yet.
    pub fn new(limits: ReceiverLimits) -> Self {
        Intake { limits, connections: BTreeMap::new(), opened: 0, strangers_bytes: 0, proven_bytes: 0 }
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
        let strangers = self.connections.values().filter(|connection| !connection.proven).count();
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
        self.connections.insert(id, Connection { host, proven: false, held: 0, handle: open(id) });
        Ok(closed)
    }

    /// It is a member's, as it turns out.
    pub fn prove(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id)
            && !core::mem::replace(&mut connection.proven, true)
        {
            self.strangers_bytes -= connection.held;
            self.proven_bytes += connection.held;
        }
    }

    /// It has set aside so many bytes for a frame that is not whole. Gives the one to be closed for that, maybe itself.
    pub fn hold(&mut self, id: ConnectionId, bytes: usize) -> Option<H> {
        let connection = self.connections.get_mut(&id)?;
        let (proven, before) = (connection.proven, core::mem::replace(&mut connection.held, bytes));
        let (sum, limit) = if proven {
            (&mut self.proven_bytes, self.limits.unfinished_bytes_max)
        } else {
            (&mut self.strangers_bytes, self.limits.strangers_bytes_max)
        };
        *sum = *sum - before + bytes;
        if bytes <= before || *sum <= limit {
            return None;
        }
        let largest = self.largest(proven)?;
        self.remove(largest)
    }

    /// It is closed.
    pub fn release(&mut self, id: ConnectionId) {
        self.remove(id);
    }

    fn remove(&mut self, id: ConnectionId) -> Option<H> {
        let Connection { proven, held, handle, .. } = self.connections.remove(&id)?;
        *(if proven { &mut self.proven_bytes } else { &mut self.strangers_bytes }) -= held;
        Some(handle)
    }

    /// The host that has most strangers.
    fn crowd(&self) -> Option<IpAddr> {
        most(self.connections.values().filter(|connection| !connection.proven).map(|connection| (connection.host, 1)))
    }

    fn oldest_stranger_of(&self, host: IpAddr) -> Option<ConnectionId> {
        let is_one = |connection: &Connection<H>| !connection.proven && connection.host == host;
        self.connections.iter().find(|(_, connection)| is_one(connection)).map(|(id, _)| *id)
    }

    /// What holds most bytes, of the host that holds most; either of members or of strangers.
    fn largest(&self, proven: bool) -> Option<ConnectionId> {
        let connections = || self.connections.iter().filter(|(_, connection)| connection.proven == proven);
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
