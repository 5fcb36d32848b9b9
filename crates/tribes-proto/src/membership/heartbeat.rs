//! What this node says about itself.

use bytes::Bytes;

use crate::time::Monotonic;
use crate::wire::member::{Member, SHUTDOWN};

/// The local member, and its record as it was last built.
///
/// As in Tomcat the alive time is brought up to date for each multicast datagram; messages carry the record of the last
/// one, so their alive time lags by up to one heartbeat.
#[derive(Debug, Clone)]
pub struct Beacon {
    member: Member,
    since: Monotonic,
    record: Bytes,
}

impl Beacon {
    /// A node that has not started.
    pub fn new(member: Member) -> Beacon {
        let record = member.encode();
        Beacon { member, since: Monotonic::default(), record }
    }

    /// The local member, with the alive time of the last record.
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// The last record.
    pub const fn record(&self) -> &Bytes {
        &self.record
    }

    /// Counts the alive time from `since` on, beginning with the next record. Zero while `since` lies ahead.
    pub const fn count_alive_from(&mut self, since: Monotonic) {
        self.since = since;
    }

    /// Announces another payload from now on, beginning with the record as it stands.
    pub fn describe_as(&mut self, payload: Bytes) {
        self.member.payload = payload;
        self.record = self.member.encode();
    }

    /// Builds the record anew with the alive time of `now`, and gives it.
    pub fn beat(&mut self, now: Monotonic) -> Bytes {
        self.beat_as(i64::try_from(now.since(self.since).as_millis()).unwrap_or(i64::MAX))
    }

    /// Builds the record anew with that alive time, and gives it.
    pub fn beat_as(&mut self, alive_ms: i64) -> Bytes {
        self.member.alive_ms = alive_ms;
        self.record = self.member.encode();
        self.record.clone()
    }

    /// The record of a node that is leaving. What [`record`](Self::record) gives stays as it is.
    pub fn farewell(&self, now: Monotonic) -> Bytes {
        let mut leaving = self.clone();
        leaving.member.command = Bytes::from_static(SHUTDOWN);
        leaving.beat(now)
    }
}
