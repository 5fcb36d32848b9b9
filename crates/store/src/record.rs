//! One session as a store keeps it.

use bytes::Bytes;
use outlive_session::SessionId;
use outlive_tribes_proto::time::UnixMillis;

/// Which of the states of a session a store holds, for stores that can tell: compared, never looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub Bytes);

/// What a store tells of a session without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHead {
    /// The whole id, with its route.
    pub id: SessionId,
    /// Whether it had not ended when it was saved.
    pub is_valid: bool,
    /// Seconds of idleness after which it ends; zero and less: never.
    pub max_inactive_seconds: i32,
    /// When it was last accessed, as Tomcat's stores keep it: the end of the last request, or its begin with `sessionLastAccessAtStart`.
    pub last_accessed: UnixMillis,
}

impl SessionHead {
    /// Whether its idle time is over.
    pub fn is_expired(&self, now: UnixMillis) -> bool {
        let idle_max = i64::from(self.max_inactive_seconds) * 1000;
        idle_max > 0 && now.0.saturating_sub(self.last_accessed.0) >= idle_max
    }
}

/// A session as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// What is told without the values.
    pub head: SessionHead,
    /// Tomcat's stored form, see [`outlive_session::stored`]. What the head tells stands in it as well, and must be the same: a store may
    /// keep the data alone.
    pub data: Bytes,
    /// `None` where the store cannot tell one state from another.
    pub version: Option<Version>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_expires_with_its_last_second_and_never_without_a_limit() {
        let head = |max_inactive_seconds| SessionHead {
            id: SessionId::parse("A.n").unwrap(),
            is_valid: true,
            max_inactive_seconds,
            last_accessed: UnixMillis(1_000),
        };
        assert!(!head(60).is_expired(UnixMillis(60_999)));
        assert!(head(60).is_expired(UnixMillis(61_000)));
        assert!(!head(0).is_expired(UnixMillis(i64::MAX)));
        assert!(!head(-1).is_expired(UnixMillis(i64::MAX)));
        assert!(head(i32::MAX).is_expired(UnixMillis(i64::MAX)));
    }
}
