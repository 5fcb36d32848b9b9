//! Session replication: `SessionMessageImpl` and what it carries.

use std::borrow::Cow;

use outlive_serial::ObjectInput;
use outlive_session::{SessionEvent, SessionMessage, StateReader};

use super::{Decoding, limits, unreadable};
use crate::record::{SessionBody, SessionRecord};

impl Decoding {
    pub(super) fn session(&mut self, message: &SessionMessage<'_>) -> SessionBody {
        let mut body = SessionBody {
            event: event(message.event),
            context: message.context.as_deref().map(str::to_owned),
            session: is_of_session(message.event).then(|| message.session_id.clone().into_owned()),
            time: message.timestamp.map(|at| at.0),
            ..SessionBody::default()
        };
        let payload = message.payload.as_deref();
        match message.event {
            SessionEvent::Delta => body.actions = Some(self.delta(payload.unwrap_or_default(), "the delta")),
            SessionEvent::AllData => body.sessions = Some(self.sessions(payload.unwrap_or_default())),
            SessionEvent::ChangeId => {
                let payload = payload.unwrap_or_default();
                let id = ObjectInput::new(payload, limits(payload)).and_then(|mut input| input.read_utf());
                body.new_id = id.map_err(|error| self.fault("the new id", &error)).ok();
            }
            _ => {}
        }
        body
    }

    /// The sessions of a state transfer, as far as they can be read. A value that is refused costs its attribute.
    pub(super) fn sessions(&mut self, payload: &[u8]) -> Vec<SessionRecord> {
        let mut sessions = Vec::new();
        let mut reader = match StateReader::new(payload, &limits(payload)) {
            Ok(reader) => reader.tolerant(),
            Err(error) => {
                self.fault("the sessions", &error);
                return sessions;
            }
        };
        for session in reader.by_ref() {
            match session {
                Ok(session) => {
                    let place = format!("the session {:?}", session.id);
                    self.faults.extend(unreadable::sentences(&place, &session.unreadable));
                    sessions.push(SessionRecord::of_state(session, &mut self.budget));
                }
                Err(error) => self.fault("the sessions", &error),
            }
        }
        if reader.lost() > 0 {
            self.faults.push(format!("in the sessions: expected {} more, found none of them", reader.lost()));
        }
        sessions
    }
}

fn event(event: SessionEvent) -> Cow<'static, str> {
    Cow::Borrowed(match event {
        SessionEvent::Created => "created",
        SessionEvent::Expired => "expired",
        SessionEvent::Accessed => "accessed",
        SessionEvent::GetAll => "get-all-sessions",
        SessionEvent::AllData => "all-sessions",
        SessionEvent::Delta => "delta",
        SessionEvent::TransferComplete => "transfer-complete",
        SessionEvent::ChangeId => "change-id",
        SessionEvent::NoContextManager => "no-context-manager",
        SessionEvent::Other(number) => return Cow::Owned(format!("event-{number}")),
    })
}

/// Whether the message names a session. The others have a word in that place.
fn is_of_session(event: SessionEvent) -> bool {
    use SessionEvent as E;
    !matches!(event, E::GetAll | E::AllData | E::TransferComplete | E::NoContextManager)
}
