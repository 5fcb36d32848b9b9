//! A session as a store keeps it: written, and taken out again.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use outlive_tribes_proto::time::Now;

use super::{Role, SessionCell, principal_of};
use crate::attributes::{Attribute, Attributes};
use crate::cell::NAME_BYTES_MAX;
use crate::id::{IdFault, SessionId};
use crate::register::{Register, Wanted};
use crate::state::{NOTE_REQUEST, NOTE_SESSION_ID, SessionState};
use crate::stored::StoredSession;
use crate::unreadable::Unreadable;

impl SessionCell {
    /// The session as a store keeps it at the moment `at`, with its user; what the application changed and no peer knows yet is in it.
    ///
    /// Both times of access are that of the last one, as they are in a Tomcat when a request has ended. Values in
    /// [quarantine](Self::quarantined), stamps and removed names are not kept.
    pub fn stored(&self, at: Now) -> StoredSession {
        let mut state = SessionState { listeners: Vec::new(), ..self.whole(at, Wanted::Current) };
        state.last_accessed = state.this_accessed;
        StoredSession { state, auth_type: self.rare.as_ref().and_then(|rare| rare.auth_type.clone()) }
    }

    /// A session out of a store, as if a request of this node had made it just now with all its values: none was told to any peer, and
    /// the next [`complete`](Self::complete) tells them all. It was idle since its last access, also while no node was up.
    ///
    /// `max_inactive` is checked by nobody here: ask [`expiry`](Self::expiry). A session that was not valid any more [has
    /// ended](Self::has_ended). What could not be read is given beside the session: it is missing in it, or kept in
    /// [quarantine](Self::quarantined).
    ///
    /// # Errors
    /// [`IdFault`]: its id is none.
    pub fn from_stored(now: Now, stored: StoredSession) -> Result<(Self, Vec<Unreadable>), IdFault> {
        let StoredSession { state, auth_type } = stored;
        let id = SessionId::parse(&state.id)?;
        let idle = now.wall.0.saturating_sub(state.this_accessed.0);
        let idle = Duration::from_millis(u64::try_from(idle).unwrap_or(0));
        let mut cell = Self::blank(now, id, state.created, state.max_inactive, true);
        cell.last_accessed = state.last_accessed;
        cell.this_accessed = state.this_accessed;
        cell.touched = now.monotonic.0.saturating_sub(idle);
        cell.role = Role::Primary;
        cell.is_new = state.is_new;
        cell.ended = !state.is_valid;
        if let Some(principal) = state.principal {
            cell.principal.set(Some(principal_of(principal)));
        }
        let mut list: Vec<Attribute> = Vec::with_capacity(state.attributes.len());
        // A name that no delta has room for cannot come from a Java peer's store by any ordinary way.
        let fitting = state.attributes.into_iter().filter(|(name, _)| name.len() <= NAME_BYTES_MAX);
        list.extend(fitting.map(|(name, value)| {
            let name: Box<str> = name.into();
            Attribute { name, register: Register::untold(Some(value)) }
        }));
        // Of two with one name the later one counts, as if they had been set in this order.
        list.reverse();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        list.dedup_by(|later, kept| later.name == kept.name);
        cell.attributes = Attributes::restored(list, 0);
        if auth_type.is_some() {
            cell.rare_mut().auth_type = auth_type;
        }
        for (name, note) in [(NOTE_SESSION_ID, state.note_session_id), (NOTE_REQUEST, state.note_request)] {
            if note.is_some() {
                cell.set_note(String::from(name), note);
            }
        }
        state.unreadable.iter().for_each(|unreadable| cell.quarantine(unreadable));
        Ok((cell, state.unreadable))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use outlive_serial::{Limits, Value};
    use outlive_tribes_proto::time::{Monotonic, UnixMillis};

    use super::*;
    use crate::{Action, DeltaRequest, Expiry, SessionEvent, SessionMessage, User, Writer};

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

    #[test]
    fn peers_are_told_everything_by_the_next_request() {
        let (mut back, _) = SessionCell::from_stored(at(40), session().stored(at(30))).unwrap();
        back.access(at(41));
        let [created, delta] = &back.complete(at(41), "c", Writer(1), true)[..] else { panic!("two messages") };
        assert_eq!((created.event, delta.event), (SessionEvent::Created, SessionEvent::Delta));
        let message = SessionMessage::decode(&delta.body, &Limits::default()).unwrap();
        let delta = DeltaRequest::decode(message.payload.as_deref().unwrap(), &Limits::default()).unwrap();
        let told: Vec<&Action<'_>> = delta.actions.iter().collect();
        assert!(told.contains(&&Action::MaxInactive(60)));
        assert!(told.contains(&&Action::AuthType(Some(Value::string("NONE")))));
        assert!(told.iter().any(|action| matches!(action, Action::Principal { value: Some(_), set: true })));
        assert!(told.contains(&&Action::SetAttribute("a".into(), Value::string("one"))));
        assert!(told.contains(&&Action::SetAttribute("b".into(), Value::integer(2))));
    }

    #[test]
    fn time_passes_while_no_node_is_up_and_never_backwards() {
        let stored = session().stored(at(30));
        let fresh_boot = Now { monotonic: Monotonic(Duration::from_secs(3)), ..at(100) };
        let (late, _) = SessionCell::from_stored(fresh_boot, stored.clone()).unwrap();
        // No moment lies before the start of the monotonic clock; the shell gives that a head start.
        assert_eq!(late.idle(fresh_boot), Duration::from_secs(3));
        assert_eq!(late.stored(fresh_boot).state.this_accessed, UnixMillis(fresh_boot.wall.0 - 3000));
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
