//! Changes that came before the session they belong to.
//!
//! A Tomcat sends a session's creation, its new id and its first change from several threads, and drops what names a
//! session it does not know. Here such a message waits for what it needs, bounded in bytes and in time.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use outlive_tribes_proto::time::Monotonic;

use crate::id::BaseId;

/// Bytes of all messages that wait.
pub const WAITING_BYTES_MAX: usize = 1 << 20;

/// How long a message waits.
pub const WAITING_TIME_MAX: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
struct Wait<M> {
    since: Monotonic,
    bytes: usize,
    message: M,
}

/// Messages that wait, by the session that they name.
#[derive(Clone, Debug)]
pub struct Waiting<M> {
    sessions: BTreeMap<BaseId, Vec<Wait<M>>>,
    /// By a new id, the ids of which a message that waits tells that they became it: where the session comes by another way,
    /// that message says who it is.
    becoming: BTreeMap<BaseId, Vec<BaseId>>,
    bytes: usize,
}

impl<M> Default for Waiting<M> {
    fn default() -> Self {
        Waiting { sessions: BTreeMap::new(), becoming: BTreeMap::new(), bytes: 0 }
    }
}

impl<M> Waiting<M> {
    /// Lets a message wait for its session.
    ///
    /// # Errors
    /// Gives it back if too much waits already: it is lost, and to be counted.
    pub fn wait(&mut self, session: BaseId, since: Monotonic, message: M, bytes: usize) -> Result<(), M> {
        if self.bytes.saturating_add(bytes) > WAITING_BYTES_MAX {
            return Err(message);
        }
        self.bytes += bytes;
        self.sessions.entry(session).or_default().push(Wait { since, bytes, message });
        Ok(())
    }

    /// Notes that a message that waits for `old` tells that its id is `new` now.
    pub fn becomes(&mut self, old: BaseId, new: BaseId) {
        let olds = self.becoming.entry(new).or_default();
        if !olds.contains(&old) {
            olds.push(old);
        }
    }

    /// The ids for which messages wait that tell that they became `new`.
    pub fn take_becoming(&mut self, new: &BaseId) -> Vec<BaseId> {
        self.becoming.remove(new).unwrap_or_default()
    }

    /// What waited for `session`, in order of arrival.
    pub fn take(&mut self, session: &BaseId) -> Vec<M> {
        let waits = self.sessions.remove(session).unwrap_or_default();
        self.bytes -= waits.iter().map(|wait| wait.bytes).sum::<usize>();
        waits.into_iter().map(|wait| wait.message).collect()
    }

    /// Drops what has waited too long, and gives it: those changes are lost, and to be counted.
    pub fn expire(&mut self, now: Monotonic) -> Vec<(BaseId, M)> {
        let mut dropped = Vec::new();
        let late = |wait: &mut Wait<M>| now.0.saturating_sub(wait.since.0) >= WAITING_TIME_MAX;
        self.sessions.retain(|session, waits| {
            for wait in waits.extract_if(.., late) {
                self.bytes -= wait.bytes;
                dropped.push((session.clone(), wait.message));
            }
            !waits.is_empty()
        });
        self.becoming.retain(|_, olds| {
            olds.retain(|old| self.sessions.contains_key(old));
            !olds.is_empty()
        });
        dropped
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SessionId;

    fn base(text: &str) -> BaseId {
        SessionId::parse(text).unwrap().base()
    }

    #[test]
    fn messages_wait_for_their_own_session_and_in_order() {
        let mut waiting = Waiting::default();
        for (session, message) in [("a", 1), ("b", 2), ("a", 3)] {
            waiting.wait(base(session), Monotonic::default(), message, 1).unwrap();
        }
        assert_eq!(waiting.take(&base("a")), [1, 3]);
        assert_eq!(waiting.take(&base("a")), [] as [i32; 0]);
        assert_eq!(waiting.take(&base("b")), [2]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn what_waits_for_an_old_id_is_found_by_the_new_one() {
        let mut waiting = Waiting::default();
        for old in ["a", "b", "a"] {
            waiting.wait(base(old), Monotonic::default(), 1, 1).unwrap();
            waiting.becomes(base(old), base("c"));
        }
        assert_eq!(waiting.take_becoming(&base("c")), [base("a"), base("b")]);
        assert_eq!(waiting.take_becoming(&base("c")), []);
        waiting.becomes(base("a"), base("c"));
        waiting.take(&base("a"));
        waiting.expire(Monotonic::default());
        assert_eq!(waiting.take_becoming(&base("c")), [], "nothing waits for it any more");
    }

    #[test]
    fn waiting_is_bounded_in_bytes_and_time() {
        let mut waiting = Waiting::default();
        waiting.wait(base("a"), Monotonic(Duration::from_secs(1)), 1, WAITING_BYTES_MAX).unwrap();
        assert_eq!(waiting.wait(base("b"), Monotonic::default(), 2, 1), Err(2));
        assert_eq!(waiting.expire(Monotonic(Duration::from_secs(10))), []);
        assert_eq!(waiting.expire(Monotonic(Duration::from_secs(11))), [(base("a"), 1)]);
        assert_eq!(waiting.wait(base("b"), Monotonic::default(), 2, 1), Ok(()));
    }
}
