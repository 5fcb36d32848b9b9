//! The objects that members send: messages about sessions, questions of somebody's RPC, and what listed members tell each other.

use std::sync::Arc;

use bytes::Bytes;
use outlive_serial::Limits;
use outlive_session::{MessageFault, SessionEvent, SessionMessage};
use outlive_tribes_proto::group::Input;
use outlive_tribes_proto::membership::static_service::{MESSAGE_CLASS, MemberMessage};
use outlive_tribes_proto::rpc::Rpc;
use outlive_tribes_proto::time::Now;

use super::Node;
use crate::context::{Context, ContextConfig};
use crate::effect::Effect;
use crate::letter::Letter;
use crate::log;
use crate::peer::Peer;

impl Node {
    /// Whether an object of a member is taken; if not, one of ours gets a negative acknowledgement.
    pub(super) fn object_received(&self, now: Now, peer: &Arc<Peer>, body: &Bytes) -> bool {
        peer.counters.received.add(1);
        let fault = match SessionMessage::decode(body, &Limits::default()) {
            Ok(message) => match self.session_message(now, peer, body, &message) {
                Ok(()) => return true,
                Err(fault) => fault.to_string(),
            },
            Err(MessageFault::Class(class)) => {
                self.other_object(now, peer, body, class.as_deref());
                return true;
            }
            Err(fault) => fault.to_string(),
        };
        tracing::warn!(target: log::LISTENER, peer = %peer.id().address(), "a message is dropped: {fault}");
        // A Tomcat takes a negative ack for a reason to send the same again.
        !peer.is_ours()
    }

    fn session_message(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        body: &Bytes,
        message: &SessionMessage<'_>,
    ) -> Result<(), crate::SessionFault> {
        // As in a Tomcat without that listener: acknowledged, and not even a question is answered.
        if !self.config.hears_sessions {
            return Ok(());
        }
        if message.event == SessionEvent::GetAll && peer.lane().is_closed() {
            // A static member keeps its identity over a restart: this is the new one, which is not a member yet, and not
            // the one that left. Its question is answered as soon as there is a lane to it.
            self.keep_stranger(now, peer.id().host, peer.id(), body);
            return Ok(());
        }
        let Some(name) = message.context.as_deref() else {
            self.unnamed_message(now, peer, message.event);
            return Ok(());
        };
        let open = self.contexts.load().iter().find(|context| context.name() == name).cloned();
        if let Some(context) = open.or_else(|| self.hear_of(now, peer, name, message.event)) {
            let (was_ready, deadline) = (context.is_ready(), context.retelling_deadline());
            let result = context.receive(now, peer, body, message);
            if context.retelling_deadline() != deadline {
                self.effect(Effect::DeadlineMoved);
            }
            if context.is_ready() != was_ready {
                self.effect(Effect::Ready);
            }
            return result;
        }
        if message.event == SessionEvent::GetAll {
            // Whoever asks waits for a minute without an answer; and "no such context" would keep a Tomcat from asking
            // anybody ever again. So it gets the state of a context without sessions.
            let dispatch = Arc::clone(&self.dispatch);
            let nothing = Context::new(name.into(), ContextConfig::default(), String::new(), dispatch);
            return nothing.receive(now, peer, body, message);
        }
        tracing::debug!(target: log::LISTENER, context = name, event = ?message.event, "a message for a context that this node has no part in");
        Ok(())
    }

    /// An object that is no session message: a question of somebody's RPC, or a class that this node has no use for.
    fn other_object(&self, now: Now, peer: &Arc<Peer>, body: &Bytes, class: Option<&str>) {
        if self.membership_message(now, peer, body, class) {
            return;
        }
        match Rpc::decode(body) {
            Ok(Some(Rpc::Message(rpc))) if !rpc.reply => {
                let letter = Letter::object(self.dispatch.next_id(), now.wall, rpc.no_channel().encode());
                self.dispatch.send(peer, letter);
            }
            Ok(_) => {
                tracing::debug!(target: log::CHANNEL, peer = %peer.id().address(), class, "an object that this node has no use for")
            }
            Err(fault) => {
                tracing::warn!(target: log::CHANNEL, peer = %peer.id().address(), %fault, "an RPC message is dropped")
            }
        }
    }

    /// Whether an object is one by which listed members look after each other.
    fn membership_message(&self, now: Now, peer: &Peer, body: &Bytes, class: Option<&str>) -> bool {
        let Some(service) = &self.config.static_service else { return false };
        let rpc = match Rpc::decode(body) {
            Ok(Some(Rpc::Message(rpc))) if rpc.rpc_id == service.membership_id => Some(rpc),
            _ if class == Some(MESSAGE_CLASS) => None,
            _ => return false,
        };
        let message = rpc.as_ref().map_or_else(|| MemberMessage::decode_alone(body), MemberMessage::decode_body);
        let request = rpc.as_ref().filter(|rpc| !rpc.reply);
        match message {
            Ok(message) if message.membership_id != service.membership_id => return false,
            // It was started again under the same name, and is no member yet: it gets its answer when it is.
            Ok(_) if request.is_some() && peer.lane().is_closed() => {
                self.keep_stranger(now, peer.id().host, peer.id(), body);
            }
            Ok(message) => {
                let request = request.map(|rpc| &rpc.uuid);
                self.group_input(now, Input::Service { from: *peer.id(), message: &message, request });
            }
            Err(fault) => {
                tracing::warn!(target: log::MEMBERSHIP, peer = %peer.id().address(), %fault, "a message of the static membership is dropped");
                // A Tomcat waits for an answer.
                return request.is_none();
            }
        }
        true
    }
}
