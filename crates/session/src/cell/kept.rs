//! A session as a store keeps it: written, taken out again, and joined with what others have written there.

use alloc::vec::Vec;
use core::time::Duration;

use outlive_tribes_proto::time::{Now, UnixMillis};

use super::{Role, SessionCell};
use crate::id::{IdFault, SessionId};
use crate::register::Wanted;
use crate::stamp::{Origin, Writer};
use crate::state::SessionState;
use crate::stored::StoredSession;
use crate::unreadable::Unreadable;

impl SessionCell {
    /// The last touch by the clock of the node that served it.
    pub fn this_accessed(&self) -> UnixMillis {
        self.this_accessed
    }

    /// The session as a store keeps it at the moment `at`, with its user; what the application changed and no peer knows yet is in it.
    ///
    /// Both times of access are that of the last one, as they are in a Tomcat when a request has ended. Values in
    /// [quarantine](Self::quarantined), stamps and removed names are not kept.
    pub fn stored(&self, at: Now) -> StoredSession {
        let mut state = SessionState { listeners: Vec::new(), ..self.whole(at, Wanted::Current) };
        (state.this_accessed, state.last_accessed) = (self.this_accessed, self.this_accessed);
        StoredSession { state, auth_type: self.rare.as_ref().and_then(|rare| rare.auth_type.clone()) }
    }

    /// A session out of a store, which this node is the one to end. It was idle since its last access, also while no node was up.
    ///
    /// All of it has the stamp of that access: who has the session in memory has changed it since, or has the same. Peers have to be
    /// told of it whole.
    ///
    /// `max_inactive` is checked by nobody here: ask [`expiry`](Self::expiry). A session that was not valid any more [has
    /// ended](Self::has_ended). What could not be read is given beside the session: it is missing in it, or kept in
    /// [quarantine](Self::quarantined).
    ///
    /// # Errors
    /// [`IdFault`]: its id is none.
    pub fn from_stored(now: Now, stored: StoredSession) -> Result<(Self, Vec<Unreadable>), IdFault> {
        let StoredSession { mut state, auth_type } = stored;
        let id = SessionId::parse(&state.id)?;
        let unreadable = state.unreadable.clone();
        // Of two with one name the later one counts, as if they had been set in this order.
        state.attributes.reverse();
        state.attributes.sort_by(|(one, _), (other, _)| one.cmp(other));
        state.attributes.dedup_by(|(later, _), (kept, _)| later == kept);
        let (ended, idle) = (!state.is_valid, idle_since(now, state.this_accessed));
        let origin = Origin { writer: Writer(0), stated: state.this_accessed.0, hybrid: true };
        let mut cell = Self::from_state(now, id, state, None, origin, idle);
        if auth_type.is_some() {
            cell.rare_mut().auth_type = auth_type;
        }
        (cell.role, cell.ended) = (Role::Primary, ended);
        Ok((cell, unreadable))
    }

    /// Takes from the store what was not written here since the moment when the session's clock stood at `saved`.
    pub fn merge_stored(&mut self, now: Now, stored: StoredSession, saved: i64) {
        // Between what was known then, whoever wrote it, and what was written since.
        let origin = Origin { writer: Writer(u64::MAX), stated: saved, hybrid: true };
        let (before, role) = (self.principal.stamp, self.role);
        let idle = idle_since(now, stored.state.this_accessed);
        self.merge(now, stored.state, None, origin, idle);
        if self.principal.stamp != before && (stored.auth_type.is_some() || self.rare.is_some()) {
            self.rare_mut().auth_type = stored.auth_type;
        }
        self.role = role;
    }
}

/// How long ago that was, by the wall clock.
fn idle_since(now: Now, then: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(now.wall.0.saturating_sub(then.0)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use outlive_serial::{Limits, Value};
    use outlive_tribes_proto::time::{Monotonic, UnixMillis};

    use super::*;
    use crate::{Expiry, User};

    const START: i64 = 1_700_000_000_000;

    /// So many seconds after the start; the process came up 1000 s before.
    fn at(seconds: u64) -> Now {
        Now {
            monotonic: Monotonic(Duration::from_secs(1000 + seconds)),
            wall: UnixMillis(START + seconds as i64 * 1000),
        }
    }

    fn session() -> SessionCell {
        let mut cell = SessionCell::create(at(0), SessionId::parse("AB.n1").unwrap(), 60);
        cell.set_attribute("b", Value::integer(2)).unwrap();
        cell.set_attribute("a", Value::string("one")).unwrap();
        cell.set_attribute("gone", Value::string("x")).unwrap();
        cell.complete(at(0), "c", Writer(1), true);
        cell.access(at(10));
        cell.remove_attribute("gone").unwrap();
        cell.set_user(Some(User::new("bob", ["user", "admin"]))).unwrap();
        cell
    }

    #[test]
    fn a_session_comes_back_as_it_was() {
        let cell = session();
        let stored = cell.stored(at(30));
        assert_eq!((stored.state.last_accessed, stored.state.this_accessed), (at(10).wall, at(10).wall));
        let read = StoredSession::decode(&stored.encode(), &Limits::default()).unwrap();
        assert_eq!(read, stored);
        let (back, unreadable) = SessionCell::from_stored(at(40), read).unwrap();
        assert_eq!(unreadable, []);
        assert_eq!(back.attributes().collect::<Vec<_>>(), [("a", &Value::string("one")), ("b", &Value::integer(2))]);
        assert_eq!((back.user(), back.id(), back.max_inactive()), (cell.user(), cell.id(), 60));
        assert_eq!(back.created(), cell.created());
        assert_eq!(back.stored(at(40)), stored);
        assert_eq!(back.idle(at(40)), Duration::from_secs(30));
        assert_eq!((back.expiry(at(69)), back.expiry(at(70))), (Expiry::Alive, Expiry::Expire));
    }

    /// Two nodes over one store: each wins for what it has written itself since they last met there.
    #[test]
    fn what_was_written_here_since_the_last_save_wins_and_all_else_is_the_stores() {
        let mut here = session();
        here.complete(at(10), "c", Writer(1), true);
        let saved = here.clock();
        let (mut there, _) = SessionCell::from_stored(at(20), here.stored(at(20))).unwrap();
        here.set_attribute("a", Value::string("here")).unwrap();
        here.complete(at(21), "c", Writer(1), true);
        there.set_attribute("a", Value::string("there")).unwrap();
        there.remove_attribute("b").unwrap();
        there.set_attribute("new", Value::string("there")).unwrap();
        there.set_user(None).unwrap();
        there.complete(at(22), "c", Writer(2), true);
        here.merge_stored(at(23), there.stored(at(23)), saved);
        let attributes: Vec<_> = here.attributes().collect();
        assert_eq!(attributes, [("a", &Value::string("here")), ("new", &Value::string("there"))]);
        assert_eq!(here.user(), None);
    }

    #[test]
    fn what_comes_out_of_a_store_is_older_than_what_anybody_has_in_memory() {
        let mut known = session();
        known.complete(at(10), "c", Writer(1), true);
        let stale = known.stored(at(10));
        known.access(at(12));
        known.set_attribute("a", Value::string("two")).unwrap();
        known.complete(at(12), "c", Writer(1), true);
        let (back, _) = SessionCell::from_stored(at(40), stale).unwrap();
        let origin = Origin { writer: Writer(2), stated: back.clock(), hybrid: true };
        let stamps = Some(crate::StateStamps::of(&back));
        known.merge(at(40), back.to_state(at(40), false), stamps, origin, Duration::from_secs(30));
        assert_eq!(known.attribute("a"), Some(&Value::string("two")));
    }

    #[test]
    fn time_passes_while_no_node_is_up_and_never_backwards() {
        let stored = session().stored(at(30));
        let fresh_boot = Now { monotonic: Monotonic(Duration::from_secs(3)), ..at(100) };
        let (late, _) = SessionCell::from_stored(fresh_boot, stored.clone()).unwrap();
        // No moment lies before the start of the monotonic clock; the shell gives that a head start.
        assert_eq!(late.idle(fresh_boot), Duration::from_secs(3));
        assert_eq!(late.stored(fresh_boot), stored, "the store's time does not change by being read");
        let (early, _) = SessionCell::from_stored(at(5), stored).unwrap();
        assert_eq!(early.idle(at(5)), Duration::ZERO);
    }

    #[test]
    fn of_two_values_of_one_name_the_later_counts() {
        let mut stored = session().stored(at(30));
        let twice = |text: &str| ("twice".to_string(), Value::string(text));
        stored.state.attributes = vec![twice("first"), ("a".to_string(), Value::integer(1)), twice("last")];
        let (back, _) = SessionCell::from_stored(at(40), stored).unwrap();
        assert_eq!(
            back.attributes().collect::<Vec<_>>(),
            [("a", &Value::integer(1)), ("twice", &Value::string("last"))]
        );
    }

    #[test]
    fn what_had_ended_stays_ended_and_an_id_is_checked() {
        let mut stored = session().stored(at(30));
        stored.state.is_valid = false;
        assert!(SessionCell::from_stored(at(40), stored.clone()).unwrap().0.has_ended());
        stored.state.id = "../x".into();
        assert_eq!(SessionCell::from_stored(at(40), stored).unwrap_err(), IdFault::Byte(b'/'));
    }
}
