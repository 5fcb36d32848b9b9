//! Listed members that look after each other by messages: Tomcat's StaticMembershipService.

use alloc::sync::Arc;

use bytes::Bytes;

use super::{GroupCore, Membership, Output};
use crate::interceptor::ControlMessage;
use crate::membership::static_service::{MemberClass, MemberMessage, StaticService, Word};
use crate::time::Monotonic;
use crate::unique_id::MemberId;
use crate::wire::member::Member;

impl GroupCore {
    pub(super) fn service(&self) -> Option<&StaticService> {
        match &self.config.membership {
            Membership::Static { service, .. } => service.as_ref(),
            Membership::Multicast { .. } => None,
        }
    }

    /// A message of such a member. Each one says that it lives, and what asks is answered at once: a Tomcat waits for it.
    pub(super) fn serve(&mut self, now: Monotonic, from: &MemberId, message: &MemberMessage, request: Option<&Bytes>) {
        let Some(expiration) = self.service().map(|service| service.expiration_time) else { return };
        let Some(entry) = self.table.get_mut(from) else { return };
        entry.class = message.class;
        entry.has_spoken = true;
        if message.word == Word::Stop {
            let member = entry.member.clone();
            self.control(now, &member, ControlMessage::StaticStop);
            return;
        }
        self.table.refresh(now, from, expiration);
        if let (Some(uuid), Some(member)) = (request, self.view.get(from).cloned()) {
            let answer = self.message(from, message.word);
            let message = answer.in_rpc(true, uuid.clone(), self.beacon.record()).encode();
            self.outputs.push_back(Output::Tell { to: member, message });
        }
    }

    /// A member has come into the view: from now on its silence counts.
    pub(super) fn begins_to_be_heard(&mut self, now: Monotonic, id: &MemberId) {
        let Some(expiration) = self.service().map(|service| service.expiration_time) else { return };
        self.table.refresh(now, id, expiration);
        if let Some(entry) = self.table.get_mut(id) {
            entry.has_spoken = false;
        }
    }

    /// Whether each member of the view has said something: after the start that is its answer, and it knows this node.
    pub(super) fn all_have_spoken(&self) -> bool {
        self.table.entries().all(|(_, entry)| entry.has_spoken || !entry.health.in_view())
    }

    /// Pings when it is time to, and doubts whoever has said nothing for too long.
    pub(super) fn ask_around(&mut self, now: Monotonic) {
        let Some(service) = self.service() else { return };
        let (expiration, next) = (service.expiration_time, now + service.ping_every);
        if self.service_at.is_some_and(|at| at <= now) {
            self.service_at = Some(next);
            self.say_to_all(now, Word::Ping);
        }
        self.table.doubt_silent(now, expiration);
    }

    pub(super) fn say_to_all(&mut self, now: Monotonic, word: Word) {
        let view = self.view.clone();
        for member in &view.members {
            self.say(now, member.clone(), word);
        }
    }

    /// Asks a member whether it lives, or tells it that this node stops.
    pub(super) fn say(&mut self, now: Monotonic, to: Arc<Member>, word: Word) {
        let message = self.message(&to.id, word);
        let message = match word {
            Word::Start | Word::Ping => {
                let uuid = Bytes::copy_from_slice(&self.ids.next().0);
                message.in_rpc(false, uuid, self.beacon.record()).encode()
            }
            Word::Stop => message.alone(&self.beacon.farewell(now)),
        };
        self.outputs.push_back(Output::Tell { to, message });
    }

    fn message(&self, to: &MemberId, word: Word) -> MemberMessage {
        let class = self.table.get(to).map_or(MemberClass::default(), |entry| entry.class);
        let membership_id = self.service().map(|service| service.membership_id.clone()).unwrap_or_default();
        MemberMessage { word, membership_id, class }
    }
}
