//! What this node has told of a session, told again: to peers that may have been told it under an id that they knew no more.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use outlive_tribes_proto::time::{Now, UnixMillis};

use super::{Outgoing, Role, SessionCell};
use crate::delta::{Action, DeltaRequest};
use crate::event::SessionEvent;
use crate::message::SessionMessage;
use crate::register::Register;
use crate::stamp::Writer;

impl SessionCell {
    /// Whether `writer` has told anything since `since` that nobody has overwritten.
    pub fn has_told(&self, writer: Writer, since: UnixMillis) -> bool {
        let stamps = [self.max_inactive.stamp, self.principal.stamp];
        let attributes = self.attributes.list().iter().map(|attribute| attribute.register.stamp);
        attributes.chain(stamps).any(|stamp| stamp.writer == writer && stamp.time >= since.0)
    }

    /// The same as one more delta, under the id that the session has now; `None`: there is nothing to say.
    ///
    /// Whoever sends a delta is the one that ends the session, so this node is from now on.
    pub fn tell_again(&mut self, now: Now, context: &str, writer: Writer, since: UnixMillis) -> Option<Outgoing> {
        if self.ended {
            return None;
        }
        let mut actions = Vec::new();
        let mut latest = i64::MIN;
        fn told<'a, T>(
            register: &'a Register<T>,
            writer: Writer,
            since: UnixMillis,
            latest: &mut i64,
        ) -> Option<&'a T> {
            let stamp = register.stamp;
            let is_told = stamp.writer == writer && stamp.time >= since.0;
            is_told.then(|| {
                *latest = stamp.time.max(*latest);
                register.known()
            })
        }
        if let Some(seconds) = told(&self.max_inactive, writer, since, &mut latest) {
            actions.push(Action::MaxInactive(*seconds));
        }
        if let Some(principal) = told(&self.principal, writer, since, &mut latest) {
            actions.push(Action::AuthType(self.rare.as_ref().and_then(|rare| rare.auth_type.clone())));
            let value = principal.as_ref().map(|principal| principal.value().clone());
            actions.push(Action::Principal { set: value.is_some(), value });
        }
        for attribute in self.attributes.list() {
            if let Some(value) = told(&attribute.register, writer, since, &mut latest) {
                let name = Cow::Owned(String::from(&*attribute.name));
                actions.push(match value {
                    Some(value) => Action::SetAttribute(name, value.clone()),
                    None => Action::RemoveAttribute(name),
                });
            }
        }
        if actions.is_empty() {
            return None;
        }
        let delta = DeltaRequest { session_id: Cow::Borrowed(self.id.as_str()), record_all_actions: false, actions };
        // Ids and names are bounded when they are set, so what is too long cannot stand here.
        let payload = delta.encode().ok()?;
        self.role = Role::Primary;
        let message = SessionMessage::of_session(SessionEvent::Delta, context, &self.id, UnixMillis(latest), now.wall);
        Some(Outgoing { event: SessionEvent::Delta, timestamp: now.wall, body: message.with_payload(payload).encode() })
    }
}
