//! What peers say: session messages that are well-formed, and mean anything.

use std::borrow::Cow;

use arbitrary::Arbitrary;
use bytes::Bytes;
use outlive_serial::{ObjectOutput, Value};
use outlive_session::{Action, DeltaRequest, SessionEvent, SessionMessage, SessionState, StateWriter};
use outlive_tribes_proto::time::UnixMillis;

/// One message about one of the few sessions.
#[derive(Debug, Arbitrary)]
pub(crate) struct Message {
    event: Event,
    session: Named,
    /// Before or after now.
    late_ms: i16,
    other_context: u8,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
struct Named {
    number: u8,
    route: u8,
}

#[derive(Debug, Arbitrary)]
enum Event {
    Created,
    Accessed,
    Expired,
    Delta(Vec<Change>),
    ChangeId(Named),
    GetAll,
    AllData(Vec<Whole>),
    TransferComplete,
    NoContextManager,
    Other(i32),
    Damaged { number: u8, payload: Vec<u8> },
}

#[derive(Debug, Arbitrary)]
enum Change {
    Set(u8, i32),
    Remove(u8),
    MaxInactive(i16),
    User(Option<u8>),
    Note(u8, Option<i8>),
    Listener(bool),
}

#[derive(Debug, Arbitrary)]
struct Whole {
    session: Named,
    attributes: Vec<(u8, i32)>,
    max_inactive: i16,
    is_valid: bool,
    version: i16,
}

impl Named {
    fn id(self) -> String {
        super::id(self.number, self.route)
    }
}

pub(crate) fn attribute(number: u8) -> String {
    format!("name{}", number % 4)
}

impl Message {
    /// A creation, a whole session, a new id that is this one, and a change.
    pub(crate) fn that_revive(number: u8) -> [Message; 4] {
        let session = Named { number, route: 1 };
        let whole = Whole { session, attributes: vec![(0, 1)], max_inactive: 1800, is_valid: true, version: 1 };
        let other = Named { number: number + 1, route: 1 };
        [
            (session, Event::Created),
            (session, Event::AllData(vec![whole])),
            (other, Event::ChangeId(session)),
            (session, Event::Delta(vec![Change::Set(0, 1)])),
        ]
        .map(|(session, event)| Message { event, session, late_ms: 1, other_context: 0 })
    }

    pub(crate) fn encode(self, now: UnixMillis) -> Bytes {
        let at = UnixMillis(now.0 + i64::from(self.late_ms));
        let session = self.session.id();
        let (event, payload) = self.event.payload(&session, at);
        let message = SessionMessage {
            event,
            timestamp: Some(at),
            context: Some(if self.other_context > 240 { "localhost#/other" } else { super::CONTEXT }.into()),
            payload: payload.map(Cow::Owned),
            session_id: session.into(),
            unique_id: "".into(),
        };
        message.encode()
    }
}

impl Event {
    fn payload(self, session: &str, at: UnixMillis) -> (SessionEvent, Option<Vec<u8>>) {
        match self {
            Event::Created => (SessionEvent::Created, None),
            Event::Accessed => (SessionEvent::Accessed, None),
            Event::Expired => (SessionEvent::Expired, None),
            Event::GetAll => (SessionEvent::GetAll, None),
            Event::TransferComplete => (SessionEvent::TransferComplete, None),
            Event::NoContextManager => (SessionEvent::NoContextManager, None),
            Event::Other(number) => (SessionEvent::from(number), None),
            Event::Damaged { number, payload } => (SessionEvent::from(i32::from(number % 17)), Some(payload)),
            Event::ChangeId(new) => {
                let mut output = ObjectOutput::new();
                output.write_utf(&new.id()).expect("an id is short");
                (SessionEvent::ChangeId, Some(output.finish()))
            }
            Event::Delta(changes) => {
                let actions = changes.into_iter().map(Change::action).collect();
                let delta = DeltaRequest { session_id: session.into(), record_all_actions: false, actions };
                (SessionEvent::Delta, Some(delta.encode().expect("names are short")))
            }
            Event::AllData(sessions) => {
                let mut writer = StateWriter::new(sessions.len());
                sessions.into_iter().for_each(|whole| writer.push(&whole.state(at)));
                (SessionEvent::AllData, Some(writer.finish()))
            }
        }
    }
}

impl Change {
    fn action(self) -> Action<'static> {
        match self {
            Change::Set(name, value) => Action::SetAttribute(attribute(name).into(), Value::integer(value)),
            Change::Remove(name) => Action::RemoveAttribute(attribute(name).into()),
            Change::MaxInactive(seconds) => Action::MaxInactive(seconds.into()),
            Change::User(user) => {
                Action::Principal { value: user.map(|user| Value::integer(user.into())), set: user.is_some() }
            }
            Change::Note(name, value) => {
                Action::Note { name: attribute(name).into(), value: value.map(|value| Value::integer(value.into())) }
            }
            Change::Listener(added) => {
                Action::Listener { name: "listener".into(), value: Some(Value::string("listener")), added }
            }
        }
    }
}

impl Whole {
    fn state(self, at: UnixMillis) -> SessionState {
        SessionState {
            created: at,
            last_accessed: at,
            max_inactive: self.max_inactive.into(),
            is_new: false,
            is_valid: self.is_valid,
            this_accessed: at,
            version: if self.version > 0 { at.0 + i64::from(self.version) } else { 0 },
            principal: None,
            id: self.session.id(),
            note_session_id: None,
            note_request: None,
            attributes: self
                .attributes
                .iter()
                .map(|(name, value)| (attribute(*name), Value::integer(*value)))
                .collect(),
            listeners: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}
